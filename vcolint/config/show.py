"""Shows the settings in effect as a config."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from vcolint.engine.rule import effective_options
from vcolint.locale import tr
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
    shown = config._replace(
        files=config.files or (".",),
        select=tuple(sorted(selected)),
        options={
            rules[code].name: values for code, values in effective_options(rules, config.options).items()
        },
    )
    settings = _written(shown, "source", "content", "folder", "place_of") | {
        "facts": _written(facts, "customer_gateways_of")
        | {"customer-gateway-ips": facts.customer_gateways_of or facts.customer_gateway_ips},
        "domains": {
            name: _written(one._replace(redundancy=one.redundancy or config.redundancy), "name")
            for name, one in config.domains.items()
        },
        "terraform": _written(terraform)
        | {
            "environments": {
                one.name: _written(one._replace(workspace=one.workspace or terraform.workspace), "name")
                for one in terraform.environments
            }
        },
        "promises": [_written(one, "location", "dropped") for one in config.promises],
    }
    source = (
        tr("from {file}", file=quoted(config.source)[1:-1])
        if config.source
        else tr("no config file: the defaults")
    )

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    # Quote texts that are numbers in YAML 1.2 only.
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


def _written(given: Any, *left_out: str) -> dict[str, Any]:
    """A group of settings by their keys in the file, without those that are not set."""
    return {
        name.replace("_", "-"): value
        for name, value in given._asdict().items()
        if name not in left_out and value is not None
    }
