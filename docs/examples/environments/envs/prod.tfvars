lines = { primary = "vco-bp1h7k2m9q4t6w8y0a3c5", backup = "vco-bp1r5t7v9x2z4b6d8f1h3" }

offices = {
  binjiang = "10.60.0.0/16"
  xixi     = "10.61.0.0/16"
}
