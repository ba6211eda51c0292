#!/usr/bin/env bash
set -euo pipefail

region=cn-beijing
connection=vco-2zes3d5f7g9h1j3k5l7m9

for network in 10.80.0.0/16 10.81.0.0/16; do
  aliyun vpc CreateVcoRouteEntry --RegionId "$region" --VpnConnectionId "$connection" --NextHop "$connection" \
    --RouteDest "$network" --Weight 100
done

aliyun vpc CreateVcoRouteEntry --RegionId "$region" --VpnConnectionId "$connection" --NextHop "$connection" \
  --RouteDest 10.82.0.0/33 --Weight 100

# vcolint: ignore[VCO106] the test lab really lives there
aliyun vpc CreateVcoRouteEntry --RegionId "$region" --VpnConnectionId "$connection" --NextHop "$connection" \
  --RouteDest 198.18.4.0/24 --Weight 100

aliyun vpc CreateVcoRouteEntry --region "$region" --VpnConnectionId vco-xxx --NextHop vco-xxx \
  --RouteDest 10.83.0.0/16 --Weight 100 --Description http://wiki/routes
