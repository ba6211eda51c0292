"""Reads the config, `vcolint.yaml`, strictly, and settles what follows from it: rules and paths.

Its JSON Schema says what is allowed where. A run without a config imports neither YAML nor the reader of
schemas.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from vcolint.engine.rule import NEVER_IGNORED, Rule, find_rule, matching_rules, option_fault, unknown_rule
from vcolint.engine.rule import select as select_rules
from vcolint.engine.rules import load_rules
from vcolint.errors import ConfigError
from vcolint.locale import say
from vcolint.model.settings import (
    CONFIG_NAMES,
    Config,
    Domain,
    Environment,
    Expectation,
    Facts,
    Promise,
    Terraform,
    Texts,
)
from vcolint.text.nodes import items, members, plain, tree
from vcolint.text.opening import decoded, load
from vcolint.text.source import Node, Source, SyntaxFault
from vcolint.text.value import Location
from vcolint.text.walk import as_shown, repository, upward
from vcolint.text.wording import quoted


def find_config(start: str) -> str | None:
    """The nearest config from the folder `start` up to the root of the repository (the first folder with a
    `.git`), or of the file system."""
    for candidate in upward(os.path.abspath(start)):
        for name in CONFIG_NAMES:
            if os.path.isfile(path := os.path.join(candidate, name)):
                return path
        if os.path.exists(os.path.join(candidate, ".git")):
            break
    return None


def load_config(path: str | os.PathLike[str], text: str | None = None) -> Config:
    """Read a config. `text`, if given, replaces the file's content.

    Raises ConfigError with line and column if anything is wrong.
    """
    path = os.fspath(path)
    source, node = _read(path, text)

    def place_of(keys: Texts) -> Location | None:
        from vcolint.engine.schema import found_in

        found = found_in(node, keys)
        return None if found is None else source.location(found.start, found.end)

    config = Config(shown(path), source.text, os.path.dirname(path) or ".", place_of=place_of)
    return _filled(config, source, node)


def config_from(settings: Mapping[str, Any]) -> Config:
    """A config from the settings that `vcolint.yaml` would have. Paths in it are relative to the working
    directory.

    Raises ConfigError.
    """
    return _filled(Config(), Source("config", ""), tree(settings))


def load_expectations(path: str) -> list[Expectation]:
    """Read a file of expectations for a change. Raises ConfigError with line and column."""
    source, node = _read(path)
    values = _values(source, node, **{"$ref": "#/definitions/expectations"}) or ()
    return [
        Expectation(one["network"], one["kind"], one.get("to"), _at(source, item.start))
        for item, one in zip(items(node), values, strict=True)
    ]


def _read(path: str, content: str | None = None) -> tuple[Source, Node | None]:
    """The document in a file, or in `content` instead; None if it is empty. Raises ConfigError."""
    from vcolint.text.yaml import parse

    source = Source(shown(path), "")
    try:
        source, fault = decoded(source.file, load(path) if content is None else content.encode())
        if fault is not None:
            raise fault
        nodes = parse(source)
    except SyntaxFault as wrong:
        raise _fault(source, wrong.start, wrong.message) from None
    if len(nodes) > 1:
        raise _fault(source, nodes[1].start, say("the file must be one YAML document"))
    return source, nodes[0] if nodes else None


def _values(source: Source, node: Node | None, **schema: object) -> Any:
    """The plain values of a document, with tuples for lists. `schema` replaces keywords of the config's
    schema.

    Raises ConfigError if they do not satisfy it.
    """
    from vcolint.engine.schema import first_fault, load_schema

    if node is None:
        return None
    fault = first_fault(node, {**load_schema("config"), **schema}, say("the file"))
    if fault is not None:
        raise _fault(source, *fault)
    return _frozen(plain(node))


def _fault(source: Source, offset: int, what: str) -> ConfigError:
    return ConfigError(say("{place}: {what}", place=_at(source, offset), what=what))


def _at(source: Source, offset: int) -> str:
    """An offset as `file:line:column`; only the name if the settings did not come from a file."""
    place = source.location(offset, offset)
    return f"{place.file}:{place.line}:{place.column}" if source.text else place.file


def _filled(config: Config, source: Source, node: Node | None) -> Config:
    """The config with the settings of a document."""
    given = _named(_values(source, node) or {})
    if "facts" in given:
        given["facts"] = _facts(_named(given["facts"]))
    if "domains" in given:
        given["domains"] = _domains(given["domains"], config)
    if "terraform" in given:
        terraform = _named(given["terraform"])
        environments = terraform.pop("environments", {})
        named = (Environment(name, **_named(values)) for name, values in environments.items())
        given["terraform"] = Terraform(environments=tuple(named), **terraform)
    if "promises" in given:
        given["promises"] = tuple(
            Promise(location=source.location(item.start, item.end), **_named(one))
            for item, one in zip(items(members(node)["promises"]), given["promises"], strict=True)
        )
    return config._replace(**given)


def _facts(given: dict[str, Any]) -> Facts:
    for name in ("remote_subnets", "allowed_destinations"):
        if name in given:  # an empty list is the same as none
            given[name] = {connection: blocks for connection, blocks in given[name].items() if blocks}
    gateways = given.get("customer_gateway_ips")
    if isinstance(gateways, dict):
        of = {one: (ips,) if isinstance(ips, str) else ips for one, ips in gateways.items() if ips}
        given["customer_gateways_of"] = of
        given["customer_gateway_ips"] = tuple(dict.fromkeys(chain.from_iterable(of.values())))
    return Facts(**given)


def _domains(given: Mapping[str, Any], config: Config) -> dict[str, Domain]:
    domain_of: dict[str, str] = {}
    for name, one in given.items():
        for connection in one["connections"]:
            other = domain_of.setdefault(connection, name)
            if other != name:
                what = say(
                    "{connection} is already in the domain {other}",
                    connection=quoted(connection),
                    other=quoted(other),
                )
                raise config.fault(("domains", name, "connections", connection), what)
    return {
        name: Domain(name, tuple(dict.fromkeys(one["connections"])), one.get("redundancy"))
        for name, one in given.items()
    }


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with its keys as Python names."""
    return {key.replace("-", "_"): value for key, value in values.items()}


def _frozen(value: Any) -> Any:
    """Plain data with tuples instead of lists."""
    if isinstance(value, dict):
        return {key: _frozen(one) for key, one in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def shown(path: str) -> str:
    """A path relative to the working directory, if that is shorter."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return as_shown(path)
    return min(as_shown(relative), as_shown(path), key=len)


# -- settling: the rules that run, and the paths -------------------------------------------------------------


class Settings(NamedTuple):
    """A config and what follows from it."""

    config: Config
    rules: dict[str, Rule]  # all of them, by code, with the config's options and severities
    selected: frozenset[str]  # the codes of those that run
    warnings: list[str]  # about rules that cannot be ignored


def find_settings(path: str | None) -> Config:
    """The config in `path`. With None: the nearest one up to the root of the repository, or the defaults.
    Raises ConfigError."""
    if path is None:
        path = find_config(os.curdir)
    return load_config(path) if path is not None else default_config()


def default_config() -> Config:
    """The defaults. Their folder is the root of the repository, if there is one, so that a finding has the
    same fingerprint from wherever vcolint starts."""
    here = os.getcwd()
    return Config(folder=repository(here) or here)


def all_rules(config: Config) -> dict[str, Rule]:
    """The built-in rules and those in the folders that the config names. Raises RulePageError."""
    return load_rules(shown(os.path.join(config.folder, folder)) for folder in config.rules)


def settle(
    config: Config,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    rules: dict[str, Rule] | None = None,
) -> Settings:
    """Choose the rules that run. `select` replaces the config's, `ignore` adds to it; `rules` are all rules,
    if they have been loaded.

    Raises RulePageError for a wrong page, ConfigError for rules and options that do not exist.
    """
    rules = _configured(config, all_rules(config) if rules is None else rules)
    warnings = _check_selection(config, rules, select or (), ignore)
    chosen = config.select if select is None else select
    if chosen is not None and not chosen:
        raise ConfigError(say("select names no rule; leave it out to run all rules that are on by default"))
    return Settings(config, rules, select_rules(rules, chosen, [*config.ignore, *ignore]), warnings)


def _configured(config: Config, rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """The rules with the severities and options of the config. Raises ConfigError if one does not exist, and
    for a wrong value of an option."""
    found = dict(rules)

    def named(setting: str, text: str) -> Rule:
        rule = find_rule(found, text)
        if rule is None:
            raise config.fault((setting, text), unknown_rule(rules, text))
        return rule

    for text, severity in config.severity.items():
        rule = named("severity", text)
        found[rule.code] = rule._replace(severity=severity)
    for text, options in config.options.items():
        rule = named("options", text)
        for option, value in options.items():
            fault = option_fault(rule, option, value)
            if fault:
                raise config.fault(("options", text, option), fault)
            rule = rule._replace(parameters={**rule.parameters, rule.options[option]: value})
        found[rule.code] = rule
    return found


def _check_selection(
    config: Config, rules: Mapping[str, Rule], select: Sequence[str], ignore: Sequence[str]
) -> list[str]:
    """Check that every rule exists that the config or the call selects or ignores.

    Returns warnings about rules that cannot be ignored. Raises ConfigError.
    """
    lists: dict[Texts, Sequence[str]] = {("select",): config.select or (), ("ignore",): config.ignore}
    lists |= {("per-file-ignores", glob): texts for glob, texts in config.per_file_ignores.items()}
    lists |= {("ignore-entries", entry): texts for entry, texts in config.ignore_entries.items()}
    lists |= {("--select",): select, ("--ignore",): ignore}  # no keys of the config, so without a place
    warnings: dict[str, None] = {}
    for path in [(*path, text) for path, texts in lists.items() for text in texts]:
        try:
            matching = matching_rules(rules, path[-1])
        except ConfigError as error:
            raise config.fault(path, error.message) from None
        for code in sorted(NEVER_IGNORED.intersection(rule.code for rule in matching)):
            if path[0] not in ("select", "--select"):
                warnings[config.fault(path, say("you cannot ignore {code}", code=code)).message] = None
    return list(warnings)


def configured_paths(config: Config) -> list[str]:
    """The paths to read if none are given: those in `files`, or the working directory."""
    paths = [path for name in config.files for path in _matched(config, name)]
    return [shown(path) for path in paths] if config.files else ["."]


def unmatched(config: Config, *, has_paths: bool) -> Iterator[str]:
    """Warnings about patterns that match nothing: in `live`, and in `files` unless paths are given."""
    for setting, names in (("files", () if has_paths else config.files), ("live", config.live)):
        for name in names:
            if not _matched(config, name):
                what = say("no file matches {pattern}", pattern=quoted(name))
                yield config.fault((setting, name), what).message


def _matched(config: Config, name: str) -> list[str]:
    """The paths that a name or a pattern means. The path of a name need not exist."""
    path = os.path.join(config.folder, name)
    if not any(character in name for character in "*?[") or os.path.exists(name) or os.path.exists(path):
        return [path]
    from glob import glob

    return sorted(glob(path, recursive=True))


def in_copy(config: Config, here: str, there: str) -> Config:
    """The config for a copy (in `there`) of the folder `here`, such as an older version. Its environments
    use the files of the copy; environments that the copy does not have are left out."""

    def moved(name: str) -> str:
        path = os.path.abspath(os.path.join(config.folder, name))
        way = os.path.relpath(path, here)
        return path if way.split(os.sep)[0] == os.pardir else os.path.abspath(os.path.join(there, way))

    found = []
    for one in config.terraform.environments:
        root, files = moved(one.root), tuple(map(moved, one.var_files))
        if os.path.isdir(root) and all(map(os.path.isfile, files)):
            found.append(one._replace(root=root, var_files=files))
    return config._replace(terraform=config.terraform._replace(environments=tuple(found)))


def rule_texts(texts: str | Iterable[str]) -> list[str]:
    """Codes, names and prefixes. Each text may have several, separated by commas."""
    given = [texts] if isinstance(texts, str) else texts
    return [text.strip() for one in given for text in one.split(",") if text.strip()]
