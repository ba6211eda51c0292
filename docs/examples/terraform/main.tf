terraform {
  required_providers {
    alicloud = { source = "aliyun/alicloud" }
  }
}

provider "alicloud" {
  region = "cn-shanghai"
}

variable "partner_network" {
  description = "Comes from the pipeline, so the files alone do not tell."
  type        = string
}

locals {
  offices = {
    pudong   = "10.50.0.0/16"
    hongqiao = "10.51.0.0/16"
    test_lab = "10.50.7.0/24"
    cloud    = "100.100.0.0/16"
  }
}

resource "alicloud_vpc" "prod" {
  vpc_name   = "prod"
  cidr_block = "10.51.128.0/17"
}

resource "alicloud_vpn_customer_gateway" "dc" {
  customer_gateway_name = "dc"
  ip_address            = "203.119.24.8"
}

resource "alicloud_vpn_gateway_vpn_attachment" "dc" {
  customer_gateway_id = alicloud_vpn_customer_gateway.dc.id
  local_subnet        = "0.0.0.0/0"
  remote_subnet       = "0.0.0.0/0"
}

module "site" {
  source   = "./modules/site"
  for_each = local.offices

  connection_id = alicloud_vpn_gateway_vpn_attachment.dc.id
  network       = each.value
}

resource "alicloud_vpn_gateway_vco_route" "partner" {
  vpn_connection_id = alicloud_vpn_gateway_vpn_attachment.dc.id
  next_hop          = alicloud_vpn_gateway_vpn_attachment.dc.id
  route_dest        = var.partner_network
  weight            = 100
}
