terraform {
  required_providers {
    alicloud = { source = "aliyun/alicloud" }
  }
}

provider "alicloud" {
  region = "cn-chengdu"
}

resource "alicloud_cen_instance" "backbone" {
  cen_instance_name = "backbone"
}

resource "alicloud_cen_transit_router" "chengdu" {
  cen_id              = alicloud_cen_instance.backbone.id
  transit_router_name = "chengdu"
}

resource "alicloud_vpn_customer_gateway" "plant" {
  ip_address = "203.119.24.8"
}

resource "alicloud_vpn_gateway_vpn_attachment" "plant" {
  customer_gateway_id = alicloud_vpn_customer_gateway.plant.id
  local_subnet        = "0.0.0.0/0"
  remote_subnet       = "0.0.0.0/0"
}

resource "alicloud_cen_transit_router_vpn_attachment" "plant" {
  cen_id            = alicloud_cen_transit_router.chengdu.cen_id
  transit_router_id = alicloud_cen_transit_router.chengdu.transit_router_id
  vpn_id            = alicloud_vpn_gateway_vpn_attachment.plant.id
  zone {
    zone_id = "cn-chengdu-a"
  }
}

resource "alicloud_vpn_gateway_vco_route" "plant" {
  for_each = toset(["10.95.0.0/16", "10.96.0.0/16"])

  vpn_connection_id = alicloud_cen_transit_router_vpn_attachment.plant.vpn_id
  next_hop          = alicloud_cen_transit_router_vpn_attachment.plant.vpn_id
  route_dest        = each.value
  weight            = 100
}
