"""Combines what a run needs: the config, all rules including the user's, and which of them run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from vcolint.config.load import find_config, load_config, shown
from vcolint.engine.rule import Rule, find_rule, option_fault, unknown_rule
from vcolint.engine.rules import load_rules
from vcolint.engine.selection import NEVER_IGNORED, matching_rules
from vcolint.engine.selection import select as select_rules
from vcolint.errors import ConfigError
from vcolint.locale import say
from vcolint.model.settings import Config, Texts
from vcolint.text.wording import quoted


class Settings(NamedTuple):
    """A config and what follows from it."""

    config: Config
    rules: dict[str, Rule]  # all of them, by code
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
    from vcolint.text.walk import repository

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
    rules = all_rules(config) if rules is None else rules
    warnings = check_rules(config, rules)
    if select is not None and not select:
        raise ConfigError(say("--select names no rule"))
    if config.select is not None and not config.select:
        raise config.fault(
            ("select",), say('"select" names no rule; without "select", all rules that are on by default run')
        )
    chosen = config.select if select is None else select
    selected, more = select_rules(rules, chosen, [*config.ignore, *ignore])
    return Settings(config, rules, selected, [*warnings, *more])


def check_rules(config: Config, rules: Mapping[str, Rule]) -> list[str]:
    """Check that every rule and option in the config exists, and the options' values.

    Returns warnings about rules that the config ignores by file or entry but that cannot be ignored. Raises
    ConfigError.
    """
    warnings = []
    lists: dict[Texts, Texts] = {("select",): config.select or (), ("ignore",): config.ignore}
    lists |= {("per-file-ignores", glob): texts for glob, texts in config.per_file_ignores.items()}
    lists |= {("ignore-entries", entry): texts for entry, texts in config.ignore_entries.items()}
    for path in [(*path, text) for path, texts in lists.items() for text in texts]:
        try:
            matching = matching_rules(rules, path[-1])[0]
        except ConfigError as error:
            raise config.fault(path, error.message) from None
        for rule in matching:
            if rule.code in NEVER_IGNORED and len(path) == 3:
                what = say("you cannot ignore {code}", code=rule.code)
                warnings.append(config.fault(path, what).message)
    for setting, by_rule in (("severity", config.severity), ("options", config.options)):
        for text, value in by_rule.items():
            named = find_rule(rules, text)
            if named is None:
                raise config.fault((setting, text), unknown_rule(rules, text))
            for option, wanted in value.items() if isinstance(value, Mapping) else ():
                fault = option_fault(named, option, wanted)
                if fault:
                    raise config.fault((setting, text, option), fault)
    return warnings


def configured_paths(config: Config) -> list[str]:
    """The paths to read if none are given: those in `files`, or the working directory."""
    paths = [path for name in config.files for path in _named(config, name)]
    return [shown(path) for path in paths] if config.files else ["."]


def unmatched(config: Config, *, has_paths: bool) -> Iterator[str]:
    """Warnings about patterns that match nothing: in `live`, and in `files` unless paths are given."""
    for setting, names in (("files", () if has_paths else config.files), ("live", config.live)):
        for name in names:
            if not _named(config, name):
                what = say("no file matches {pattern}", pattern=quoted(name))
                yield config.fault((setting, name), what).message


def _named(config: Config, name: str) -> list[str]:
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
