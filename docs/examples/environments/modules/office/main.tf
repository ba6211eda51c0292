variable "network" { type = string }

variable "lines" { type = map(string) }

resource "alicloud_vpn_gateway_vco_route" "this" {
  for_each = { primary = 100, backup = 0 }

  vpn_connection_id = var.lines[each.key]
  next_hop          = var.lines[each.key]
  route_dest        = var.network
  weight            = each.value
}
