"""The settings in effect, as a config that says the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vcolint.engine.rule import effective_options
from vcolint.model.settings import Config
from vcolint.text.wording import quoted

if TYPE_CHECKING:
    from vcolint.engine.rule import Rule


def show_settings(config: Config, rules: Mapping[str, Rule], selected: Collection[str]) -> str:
    """Every setting with its value in effect, as a config that says the same: YAML.

    `selected` holds the codes of the rules that run.
    """
    import yaml

    facts, terraform = config.facts, config.terraform
    settings: dict[str, Any] = {
        "files": config.files or (".",),
        "exclude": config.exclude,
        "select": sorted(selected),
        "ignore": config.ignore,
        "per-file-ignores": config.per_file_ignores,
        "ignore-entries": config.ignore_entries,
        "severity": config.severity,
        "options": {
            rules[code].name: values for code, values in effective_options(rules, config.options).items()
        },
        "fail-on": config.fail_on,
        "rules": config.rules,
        "live": config.live,
        "live-mode": config.live_mode,
        "redundancy": config.redundancy,
        "language": config.language,
        "quotas": config.quotas,
        "facts": {
            "vpc-cidrs": facts.vpc_cidrs,
            "ssl-client-pools": facts.ssl_client_pools,
            "customer-gateway-ips": facts.customer_gateways_of or facts.customer_gateway_ips,
            "bgp-tunnel-cidrs": facts.bgp_tunnel_cidrs,
            "keeps-routes": facts.keeps_routes,
            "remote-subnets": facts.remote_subnets,
            "forbidden-destinations": facts.forbidden_destinations,
            "allowed-destinations": facts.allowed_destinations,
            "connections": facts.connections,
        },
        "domains": {
            domain.name: {
                "connections": domain.connections,
                "redundancy": domain.redundancy or config.redundancy,
            }
            for domain in config.domains.values()
        },
        "terraform": {
            "var-files": terraform.var_files,
            "workspace": terraform.workspace,
            "environments": {
                one.name: {
                    "root": one.root,
                    "var-files": one.var_files,
                    "workspace": one.workspace or terraform.workspace,
                }
                for one in terraform.environments
            },
        },
        "promises": [
            {
                "network": one.network,
                **({} if one.carried_by is None else {"carried-by": one.carried_by}),
                "survives": one.survives,
                **({} if one.name is None else {"name": one.name}),
            }
            for one in config.promises
        ],
    }
    source = f"from {quoted(config.source)[1:-1]}" if config.source else "no config file: the defaults"

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    # Texts that only YAML 1.2 takes for numbers need their quotes too.
    Dumper.add_implicit_resolver(
        "tag:yaml.org,2002:int", re.compile(r"([-+]?[0-9]+|0o[0-7]+)\Z"), list("-+0123456789")
    )
    Dumper.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z"),
        list("-+.0123456789"),
    )
    Dumper.add_representer(tuple, Dumper.represent_list)
    Dumper.add_representer(MappingProxyType, Dumper.represent_dict)

    def dumped(*, allow_unicode: bool) -> str:
        text: str = yaml.dump(
            settings,
            Dumper=Dumper,
            default_flow_style=None,  # lists and mappings of scalars on one line
            sort_keys=False,
            width=100,
            allow_unicode=allow_unicode,
        )
        return text

    text = dumped(allow_unicode=True)
    if not text.replace("\n", "").isprintable():  # such as controls that turn the writing direction
        text = dumped(allow_unicode=False)
    return f"# {source}\n{text}"
