variable "connection_id" {
  type = string
}

variable "network" {
  type = string
}

resource "alicloud_vpn_gateway_vco_route" "this" {
  vpn_connection_id = var.connection_id
  next_hop          = var.connection_id
  route_dest        = var.network
  weight            = 100

  timeouts {
    create = "10m"
  }
}
