terraform {
  required_providers {
    alicloud = { source = "aliyun/alicloud" }
  }
}

provider "alicloud" {
  region = "cn-hangzhou"
}

variable "offices" {
  description = "The offices: name -> network."
  type        = map(string)
}

variable "lines" {
  description = "The IPsec connections to the offices."
  type        = object({ primary = string, backup = string })
}

module "office" {
  source   = "./modules/office"
  for_each = var.offices

  network = each.value
  lines   = var.lines
}

resource "alicloud_vpn_gateway_vco_route" "head_office" {
  vpn_connection_id = var.lines.primary
  next_hop          = var.lines.primary
  route_dest        = "172.16.1.0/16"
  weight            = 100
}
