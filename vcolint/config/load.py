"""The config: `vcolint.yaml`, read strictly."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from vcolint.errors import ConfigError
from vcolint.locale import LANGUAGES, say
from vcolint.model import network
from vcolint.model.settings import (
    KINDS,
    Config,
    Domain,
    Environment,
    Expectation,
    Facts,
    Promise,
    Terraform,
    Texts,
)
from vcolint.text.source import MappingNode, Node, ScalarNode, SequenceNode, Source, SyntaxFault, decode
from vcolint.text.wording import described, did_you_mean, quoted

if TYPE_CHECKING:
    from vcolint.engine.rule import Rule

NAMES = ("vcolint.yaml", ".vcolint.yaml")

FAIL_ON = ("error", "warning", "note", "never")
LIVE_MODES = ("auto", "create", "reconcile")
REDUNDANCIES = ("auto", "active-standby", "ecmp", "none")
SEVERITIES = ("error", "warning", "note")

_Value = TypeVar("_Value")
_ITEM = ""  # stands in a path of keys for an item of a list; no key is empty


def find_config(start: str) -> str | None:
    """The config that holds for the folder `start`: the nearest one, from there up to the root of the
    repository (the first folder with a `.git`) or, outside of one, of the file system.

    Raises ConfigError where both names stand in one folder.
    """
    from vcolint.text.repository import upward

    for candidate in upward(os.path.abspath(start)):
        found = [path for name in NAMES if os.path.isfile(path := os.path.join(candidate, name))]
        if len(found) > 1:
            raise ConfigError(
                say("use only one of {found} and {found2}", found=shown(found[0]), found2=shown(found[1]))
            )
        if found:
            return found[0]
        if os.path.exists(os.path.join(candidate, ".git")):
            break
    return None


def load_config(path: str | os.PathLike[str], text: str | None = None) -> Config:
    """Read a config. `text` stands for the file's content where it is given.

    Raises ConfigError, with line and column, for everything that is not as it should be.
    """
    path = os.fspath(path)
    reader, document = _document(path, say("a config"), text)
    settings = reader.settings(document) if document else {}
    return Config(source=shown(path), folder=os.path.dirname(path) or ".", places=reader.places, **settings)


def load_expectations(path: str) -> list[Expectation]:
    """Read what a change is meant to do. Raises ConfigError, with line and column."""
    reader, document = _document(path, say("a file of expectations"))
    return reader.expectations(document) if document else []


def _document(path: str, what: str, text: str | None = None) -> tuple[_Reader, Node | None]:
    """The YAML document that a file, or the text in its place, holds, if any. Raises ConfigError."""
    from vcolint.text.yaml import parse

    name = shown(path)
    try:
        if text is None:
            with open(path, "rb") as stream:
                data = stream.read()
        else:
            data = text.encode()
    except OSError as error:
        raise ConfigError(say("{name}: {strerror}", name=name, strerror=error.strerror)) from None
    try:
        source = Source(name, decode(data))
    except SyntaxFault as fault:
        broken = _Reader(Source(name, data.decode("utf-8-sig", "replace")))
        raise broken.fault(fault.start, fault.message) from None
    reader = _Reader(source)
    try:
        documents = parse(source)
    except SyntaxFault as fault:
        raise reader.fault(fault.start, fault.message) from None
    if len(documents) > 1:
        raise reader.fault(documents[1].start, say("{what} must be one YAML document", what=what))
    return reader, documents[0] if documents else None


def config_from(settings: Mapping[str, Any]) -> Config:
    """A config from what `vcolint.yaml` would hold. Paths in it are relative to the working directory.

    Raises ConfigError.
    """
    from vcolint.read.data import node

    reader = _Reader(Source("config", ""))
    return Config(**reader.settings(node(settings)), places=reader.places)


def check_rules(config: Config, rules: Mapping[str, Rule]) -> list[str]:
    """Check that every rule and option that the config names exists, and the options' values.

    Returns warnings about rules that cannot be ignored where the config asks for it by file or entry.
    Raises ConfigError.
    """
    from vcolint.engine.rule import find_rule, option_fault, unknown_rule
    from vcolint.engine.selection import NEVER_IGNORED, matching_rules

    def named(path: Texts, text: str) -> list[Rule]:
        try:
            return matching_rules(rules, text)[0]
        except ConfigError as error:
            raise config.fault((*path, text), str(error)) from None

    def one(path: Texts, text: str) -> Rule:
        rule = find_rule(rules, text)
        if rule is None:
            raise config.fault((*path, text), unknown_rule(rules, text))
        return rule

    for text in config.select or ():
        named(("select",), text)
    for text in config.ignore:
        named(("ignore",), text)
    warnings = []
    for setting, ignored in (
        ("per-file-ignores", config.per_file_ignores),
        ("ignore-entries", config.ignore_entries),
    ):
        for key, texts in ignored.items():
            for text in texts:
                for rule in named((setting, key), text):
                    if rule.code in NEVER_IGNORED:
                        warnings.append(
                            str(
                                config.fault(
                                    (setting, key, text), say("you cannot ignore {code}", code=rule.code)
                                )
                            )
                        )
    for text in config.severity:
        one(("severity",), text)
    for text, options in config.options.items():
        rule = one(("options",), text)
        for option, value in options.items():
            fault = option_fault(rule, option, value)
            if fault is not None:
                raise config.fault(("options", text, option), fault)
    return warnings


class _Reader:
    """Reads the nodes of a config as what they must be, and remembers where they stand."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.places: dict[Texts, str] = {}
        self.whole = say("the config")  # what a message calls that which has no key

    def settings(self, node: Node) -> dict[str, Any]:
        """The file's settings by the names in `Config`; those that it does not give are left out."""
        kinds: dict[str, Callable[[Node, Texts], Any]] = {
            "files": self.texts,
            "exclude": self.texts,
            "select": self.texts,
            "ignore": self.texts,
            "per-file-ignores": self.map_of(self.texts),
            "ignore-entries": self.map_of(self.texts),
            "severity": self.map_of(self.choice(SEVERITIES)),
            "options": self.map_of(self.map_of(self.option)),
            "fail-on": self.choice(FAIL_ON),
            "rules": self.texts,
            "live": self.texts,
            "live-mode": self.choice(LIVE_MODES),
            "redundancy": self.choice(REDUNDANCIES),
            "language": self.choice(("auto", *LANGUAGES)),
            "quotas": self.quotas,
            "facts": self.facts,
            "domains": self.domains,
            "terraform": self.terraform,
            "promises": self.promises,
        }
        return self.members(node, (), kinds)

    def quotas(self, node: Node, path: Texts) -> Mapping[str, int]:
        given = self.pairs(node, path, ("routes-per-connection",))
        return {key: self.positive(value, (*path, key)) for key, value in given}

    def facts(self, node: Node, path: Texts) -> Facts:
        networks, by_connection = self.networks, self.map_of(self.networks)
        given = self.members(
            node,
            path,
            {
                "vpc-cidrs": networks,
                "ssl-client-pools": networks,
                "customer-gateway-ips": self.gateways,
                "bgp-tunnel-cidrs": networks,
                "keeps-routes": self.texts,
                "remote-subnets": by_connection,
                "forbidden-destinations": networks,
                "allowed-destinations": by_connection,
                "connections": self.texts,
            },
        )
        for name in ("remote_subnets", "allowed_destinations"):
            if name in given:  # an empty list is the same as none
                given[name] = {connection: blocks for connection, blocks in given[name].items() if blocks}
        gateways = given.pop("customer_gateway_ips", ())
        if isinstance(gateways, tuple):
            return Facts(customer_gateway_ips=gateways, **given)
        every = tuple(dict.fromkeys(address for addresses in gateways.values() for address in addresses))
        return Facts(customer_gateway_ips=every, customer_gateways_of=gateways, **given)

    def gateways(self, node: Node, path: Texts) -> Texts | dict[str, Texts]:
        if not self.is_mapping(node):
            return self.addresses(node, path, say("a list or a mapping"))
        by_connection = {}
        for connection, value in self.pairs(node, path):
            place = (*path, connection)
            addresses = (self.address(value, place),) if self.is_text(value) else self.addresses(value, place)
            if addresses:
                by_connection[connection] = addresses
        return by_connection

    def domains(self, node: Node, path: Texts) -> dict[str, Domain]:
        domains: dict[str, Domain] = {}
        domain_of: dict[str, str] = {}
        for name, value in self.pairs(node, path):
            place = (*path, name)
            given = self.members(
                value, place, {"connections": self.texts, "redundancy": self.choice(REDUNDANCIES)}
            )
            if "connections" not in given:
                raise self.fault(
                    value.start, say('the domain {name} has no "connections"', name=quoted(name))
                )
            for connection in given["connections"]:
                other = domain_of.setdefault(connection, name)
                if other != name:
                    here = (*place, "connections", connection)
                    what = say(
                        "{connection} is already in the domain {other}",
                        connection=quoted(connection),
                        other=quoted(other),
                    )
                    raise ConfigError(say("{places}: {what}", places=self.places[here], what=what))
            given["connections"] = tuple(dict.fromkeys(given["connections"]))
            domains[name] = Domain(name, **given)
        return domains

    def terraform(self, node: Node, path: Texts) -> Terraform:
        kinds = {"var-files": self.texts, "workspace": self.text, "environments": self.environments}
        return Terraform(**self.members(node, path, kinds))

    def environments(self, node: Node, path: Texts) -> tuple[Environment, ...]:
        found: dict[tuple[object, ...], Environment] = {}
        for name, value in self.pairs(node, path):
            place = (*path, name)
            if not name.isprintable():
                what = say(
                    "the name {name} of an environment holds a character that cannot be printed",
                    name=quoted(name),
                )
                raise ConfigError(say("{places}: {what}", places=self.places[place], what=what))
            kinds = {"root": self.text, "var-files": self.texts, "workspace": self.text}
            one = Environment(name, **{"root": "", **self.members(value, place, kinds)})
            if not one.root:
                what = say('the environment {name} has no "root"', name=quoted(name))
                raise self.fault(value.start, what)
            other = found.setdefault((os.path.normpath(one.root), *one[2:]), one)
            if other is not one:
                what = say(
                    "the environments {first} and {second} are the same: "
                    "give each its own var-files or workspace",
                    first=quoted(other.name),
                    second=quoted(name),
                )
                raise ConfigError(say("{places}: {what}", places=self.places[place], what=what))
        return tuple(found.values())

    def promises(self, node: Node, path: Texts) -> tuple[Promise, ...]:
        found = []
        for item in self.items(node, path):
            given = self.members(
                item,
                (*path, _ITEM),
                {
                    "network": self.network,
                    "carried-by": self.texts,
                    "survives": self.flag,
                    "name": self.text,
                },
            )
            if "network" not in given:
                raise self.fault(item.start, say('a promise has no "network"'))
            if not given.get("carried_by") and not given.get("survives"):
                raise self.fault(item.start, say('a promise needs "carried-by" or "survives: true"'))
            found.append(Promise(location=self.source.location(item.start, item.start), **given))
        return tuple(found)

    def expectations(self, node: Node) -> list[Expectation]:
        found = []
        kinds = {"network": self.network, "kind": self.choice(KINDS), "to": self.texts}
        self.whole = say("this file")
        for item in self.items(node, (), say("a list of expectations")):
            self.whole = say("an expectation")
            given = self.members(item, (), kinds)
            for name in ("network", "kind"):
                if name not in given:
                    raise self.fault(item.start, say("an expectation has no {name}", name=quoted(name)))
            found.append(
                Expectation(given["network"], given["kind"], given.get("to"), self.place(item.start))
            )
        return found

    # The shapes from which the settings are made. Each takes a node and the path of keys to it.

    def members(
        self, node: Node, path: Texts, kinds: Mapping[str, Callable[[Node, Texts], Any]]
    ) -> dict[str, Any]:
        """What a mapping with these keys gives, by the keys as Python names them."""
        return {
            key.replace("-", "_"): kinds[key](value, (*path, key))
            for key, value in self.pairs(node, path, kinds)
        }

    def map_of(self, kind: Callable[[Node, Texts], _Value]) -> Callable[[Node, Texts], dict[str, _Value]]:
        """A mapping with any text as key."""
        return lambda node, path: {key: kind(value, (*path, key)) for key, value in self.pairs(node, path)}

    def pairs(
        self, node: Node, path: Texts, known: Collection[str] | None = None
    ) -> Iterator[tuple[str, Node]]:

        if not isinstance(node, MappingNode):
            raise self.wrong(node, path, say("a mapping"))
        self.reject_tag(node)
        seen: set[str] = set()
        for key, value in (*node.pairs, *node.merged):
            if not self.is_text(key):
                raise self.fault(key.start, say("a key must be text, not {key}", key=self.described(key)))
            self.reject_tag(key)
            text: str = key.value  # type: ignore[union-attr, assignment]
            if not text:
                raise self.fault(key.start, say("a key must not be empty"))
            if known is not None and text not in known:
                meant = did_you_mean(text, known) or say("; use one of {known}", known=", ".join(known))
                raise self.fault(key.start, say("unknown key {text}{meant}", text=quoted(text), meant=meant))
            if text in seen:
                raise self.fault(key.start, say("duplicate key {text}", text=quoted(text)))
            seen.add(text)
            self.places.setdefault((*path, text), self.place(key.start))
            yield text, value

    def items(self, node: Node, path: Texts, wanted: str = say("a list")) -> Sequence[Node]:

        if not isinstance(node, SequenceNode):
            raise self.wrong(node, path, wanted)
        self.reject_tag(node)
        return node.items

    def texts(self, node: Node, path: Texts) -> Texts:
        found = []
        for item in self.items(node, path):
            text = self.text(item, (*path, _ITEM))
            self.places.setdefault((*path, text), self.place(item.start))
            found.append(text)
        return tuple(found)

    def text(self, node: Node, path: Texts) -> str:
        value = self.scalar(node, path, say("text"))
        if not isinstance(value, str):
            raise self.wrong(node, path, say("text"))
        if not value:
            raise self.fault(node.start, say("{path} must not be empty", path=_name(path)))
        return value

    def choice(self, choices: Sequence[str]) -> Callable[[Node, Texts], str]:
        def read(node: Node, path: Texts) -> str:
            value = self.scalar(node, path, say("one of {choices}", choices=", ".join(choices)))
            if isinstance(value, str) and value in choices:
                return value
            meant = did_you_mean(value, choices) if isinstance(value, str) else ""
            raise self.fault(
                node.start,
                say(
                    "{path} cannot be {described}{meant}",
                    path=_name(path),
                    described=described(value),
                    meant=meant or say("; use one of {choices}", choices=", ".join(choices)),
                ),
            )

        return read

    def positive(self, node: Node, path: Texts) -> int:
        value = self.scalar(node, path, say("a whole number"))
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # to JSON Schema, and so to editors, 20.0 is a whole number
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(node, path, say("a whole number"))
        if value < 1:
            raise self.fault(
                node.start,
                say(
                    "{path} must be at least 1, not {described}", path=_name(path), described=described(value)
                ),
            )
        return value

    def option(self, node: Node, path: Texts) -> str | int | float | bool:
        value = self.scalar(node, path, say("text, a number, true or false"))
        if not isinstance(value, (str, int, float)):
            raise self.wrong(node, path, say("text, a number, true or false"))
        return value

    def networks(self, node: Node, path: Texts) -> Texts:
        return tuple(self.network(item, (*path, _ITEM)) for item in self.items(node, path))

    def network(self, node: Node, path: Texts) -> str:
        text = self.text(node, path)
        block = network.parse(text)
        if block is None:
            raise self.fault(
                node.start, say("{text} is not an IPv4 CIDR block such as 10.0.0.0/8", text=quoted(text))
            )
        if network.network(block) != block:
            whole = network.text(network.network(block))
            raise self.fault(
                node.start, say("{text} has host bits set; the network is {whole}", text=text, whole=whole)
            )
        return text

    def flag(self, node: Node, path: Texts) -> bool:
        value = self.scalar(node, path, say("true or false"))
        if not isinstance(value, bool):
            raise self.wrong(node, path, say("true or false"))
        return value

    def addresses(self, node: Node, path: Texts, wanted: str = say("a list")) -> Texts:
        return tuple(self.address(item, (*path, _ITEM)) for item in self.items(node, path, wanted))

    def address(self, node: Node, path: Texts) -> str:

        text = self.text(node, path)
        if network.parse(f"{text}/32") is None:
            raise self.fault(node.start, say("{text} is not an IPv4 address", text=quoted(text)))
        return text

    def scalar(self, node: Node, path: Texts, wanted: str) -> object:

        if not isinstance(node, ScalarNode):
            raise self.wrong(node, path, wanted)
        self.reject_tag(node)
        return node.value

    def is_text(self, node: Node) -> bool:

        return isinstance(node, ScalarNode) and isinstance(node.value, str)

    def is_mapping(self, node: Node) -> bool:

        return isinstance(node, MappingNode)

    def reject_tag(self, node: Node) -> None:
        if node.tag is not None:
            raise self.fault(node.start, say("a config cannot use the tag {tag}", tag=quoted(node.tag)))

    def described(self, node: Node) -> str:

        if isinstance(node, ScalarNode):
            return described(node.value)
        return say("a mapping") if isinstance(node, MappingNode) else say("a list")

    def wrong(self, node: Node, path: Texts, wanted: str) -> ConfigError:
        return self.fault(
            node.start,
            say(
                "{path} must be {wanted}, not {node}",
                path=_name(path) if path else self.whole,
                wanted=wanted,
                node=self.described(node),
            ),
        )

    def place(self, offset: int) -> str:
        location = self.source.location(offset, offset)
        if not self.source.text:  # the config did not come from a file
            return location.file
        return f"{location.file}:{location.line}:{location.column}"

    def fault(self, offset: int, what: str) -> ConfigError:
        return ConfigError(say("{offset}: {what}", offset=self.place(offset), what=what))


def _name(path: Texts) -> str:
    if path and path[-1] == _ITEM:
        return say("an item of {path}", path=_name(path[:-1]))
    return quoted(".".join(path))


def shown(path: str) -> str:
    """A path as seen from the working directory, where that is shorter."""
    from vcolint.text.walk import as_shown

    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return as_shown(path)
    return min(as_shown(relative), as_shown(path), key=len)
