lines = { primary = "vco-bp1c3e5g7i9k1m3o5q7s9", backup = "vco-bp1d4f6h8j0l2n4p6r8t0" }

offices = {
  lab = "100.100.60.0/24"
}
