"""Shows the settings in effect as a config."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from vcolint.locale import tr
from vcolint.model.settings import Config
from vcolint.text.wording import quoted

if TYPE_CHECKING:
    from vcolint.engine.rule import Rule

# Fields of the settings that are not keys of the config.
_INTERNAL = {"source", "content", "folder", "place_of", "location", "dropped", "customer_gateways_of"}


class _Dumper(yaml.SafeDumper):
    """Quotes every text that may be a number in YAML 1.2."""

    def represent_text(self, text: str) -> yaml.Node:
        style = None if re.match("[A-Za-z/]", text) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_text)


def show_settings(config: Config, rules: Mapping[str, Rule], selected: Collection[str]) -> str:
    """Every setting with its value in effect, as a config that says the same: YAML.

    `rules` are all rules with the config's options, `selected` the codes of those that run.
    """
    facts, terraform = config.facts, config.terraform
    gateways = facts.customer_gateways_of or facts.customer_gateway_ips
    settings = _plain(config._replace(files=config.files or (".",), select=tuple(sorted(selected)))) | {
        "options": {
            rule.name: {option: rule.parameters[name] for option, name in rule.options.items()}
            for rule in rules.values()
            if rule.options
        },
        "facts": _plain(facts) | {"customer-gateway-ips": _plain(gateways)},
        "domains": _by_name(config.domains.values()),
        "terraform": _plain(terraform) | {"environments": _by_name(terraform.environments)},
    }
    origin = tr("no config file: the defaults")
    if config.source is not None:
        origin = tr("from {file}", file=quoted(config.source)[1:-1])
    text = ""
    for allow_unicode in (True, False):
        # The style None puts lists and mappings of scalars on one line.
        style: dict[str, Any] = {"default_flow_style": None, "sort_keys": False, "width": 100}
        text = str(yaml.dump(settings, None, _Dumper, allow_unicode=allow_unicode, **style))
        if text.replace("\n", "").isprintable():  # no controls that change the writing direction
            break
    return f"# {origin}\n{text}"


def _by_name(given: Iterable[Any]) -> dict[str, Any]:
    return {one.name: {key: value for key, value in _plain(one).items() if key != "name"} for one in given}


def _plain(value: Any) -> Any:
    """Settings as plain data: by their keys in the file, without those that are not set."""
    if hasattr(value, "_asdict"):
        named = value._asdict().items()
        return {
            key.replace("_", "-"): _plain(one)
            for key, one in named
            if key not in _INTERNAL and one is not None
        }
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return list(map(_plain, value)) if isinstance(value, tuple) else value
