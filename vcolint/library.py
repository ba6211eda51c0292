"""vcolint as a library. Nothing here keeps state between calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from vcolint.config.load import (
    Settings,
    config_from,
    configured_paths,
    find_settings,
    in_copy,
    load_config,
    rule_texts,
    settle,
    shown,
)
from vcolint.errors import ConfigError, VcolintError
from vcolint.locale import say
from vcolint.model.entry import FIELDS, RouteEntry
from vcolint.model.reading import Inputs, Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.model.settings import Config, Environment, Expectation, Promise
from vcolint.text.wording import described, quoted

if TYPE_CHECKING:
    from vcolint.engine.evaluate import Outcome
    from vcolint.read.finding import Kept
    from vcolint.report.baseline import Baseline
    from vcolint.report.comparison import Diff
    from vcolint.report.finding import Report
    from vcolint.report.routing import Paths

# A config: the path of its file, its settings, or a loaded one.
ConfigLike = Union[str, "os.PathLike[str]", Mapping[str, Any], Config, None]
# Rules: codes, names and prefixes; a text may name several, separated by commas.
Texts = str | Iterable[str] | None
PathLike = Union[str, "os.PathLike[str]"]


def check(
    entries: Any, *, live: Any = None, config: ConfigLike = None, select: Texts = None, ignore: Texts = None
) -> Report:
    """Check route entries that a program holds.

    `entries` are mappings with the fields in either spelling, `RouteEntry`, or objects of the SDK (anything
    with `to_map()`), mixed as you like. Findings about them are in a file named `<entries>`, on the line with
    the entry's number. `live` is the response of `DescribeVcoRouteEntries` (a mapping, a list of pages, an
    object of the SDK) or the path of a file with it. `config` is the path of a config or its settings.
    Without it, the defaults apply: this call does not search the disk. `select` replaces the config's,
    `ignore` adds to it.

    Raises VcolintError if the call or the config is wrong; findings are in the report.
    """
    settings = _settings(config, select, ignore, searched=False)
    if not is_entry(entries) and (
        isinstance(entries, (str, bytes, os.PathLike)) or not isinstance(entries, Iterable)
    ):
        raise VcolintError(
            say(
                "entries must be a list of entries, not {name}; check_paths() reads files",
                name=type(entries).__name__,
            )
        )
    return run_over(_inputs(entries, settings.config, live, are_paths=False), settings)


def check_paths(
    paths: PathLike | Iterable[PathLike] | None = None,
    *,
    live: Any = None,
    config: ConfigLike = None,
    select: Texts = None,
    ignore: Texts = None,
) -> Report:
    """Check files and folders, as `vcolint check` does.

    Without `config` the nearest one is used, from the working directory up to the root of the repository;
    `config={}` means the defaults. Without `paths`, it reads what the config names.

    Raises VcolintError for a path that does not exist and if the call or the config is wrong.
    """
    settings = _settings(config, select, ignore, searched=True)
    return run_over(_inputs(paths, settings.config, live, are_paths=True), settings)


def load(
    paths: PathLike | Iterable[PathLike] | None = None, *, config: ConfigLike = None
) -> Iterator[RouteEntry]:
    """The route entries in files and folders, in reading order. `config` is as in `check_paths`.

    What is not known yet is `Unknown`, with the reason. Entries that could not be listed are missing;
    `check_paths(...).unchecked` has them. Raises VcolintError for a file that cannot be read.
    """
    settings = given_config(config) or find_settings(None)
    inputs = read_paths(settings, _paths(paths))
    for fault in unreadable(inputs):
        raise VcolintError(fault)
    return entries_of(inputs, settings)


def paths(
    source: Any,
    *,
    live: Any = None,
    config: ConfigLike = None,
    down: Iterable[str] = (),
    weights: str = "honoured",
) -> Paths:
    """The forwarding table: which connections carry which addresses.

    `source` is a path, several, or a list of entries as for `check`. `down` names connections that have
    failed. `weights` is "honoured" or "ignored".

    Raises VcolintError for a path that does not exist, a connection without routes, and a wrong config.
    """
    are_paths = _is_paths(source)
    settings = _settings(config, searched=are_paths)
    inputs = _inputs(source, settings.config, live, are_paths=are_paths)
    return paths_over(inputs, settings, down=down, weights=weights)


def diff(*, old: Any, new: Any, config: ConfigLike = None, weights: str = "honoured") -> Diff:
    """What a change does to traffic. `old` and `new` are like the source of `paths`.

    Raises VcolintError as `paths` does.
    """
    settings = _settings(config, searched=_is_paths(new))
    copies = folders(old, new)
    config_then = in_copy(settings.config, copies[1], copies[0]) if copies else settings.config
    sides = [
        Side(_inputs(source, used, None, are_paths=_is_paths(source)), settings._replace(config=used))
        for source, used in ((old, config_then), (new, settings.config))
    ]
    return compared(*sides, weights=weights, folders=copies)


@contextmanager
def working_in(folder: str) -> Iterator[None]:
    """Change the working directory inside the block."""
    here = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)


class Side(NamedTuple):
    """One side of a diff."""

    inputs: Inputs
    settings: Settings
    folder: str = "."  # the working directory for which the inputs were read


def compared(
    old: Side,
    new: Side,
    *,
    weights: str,
    is_live: bool = False,
    base: str | None = None,
    folders: tuple[str, str] | None = None,
    expected: Sequence[Expectation] | None = None,
) -> Diff:
    """What a change does to traffic. `is_live`: the old side is a live snapshot that the new side will
    change; `base`: the commit that the old side is of; `folders`: the old and the new folder, where each side
    is one; `expected`: what the change is meant to do."""
    from vcolint.report.comparison import compare, live_side
    from vcolint.report.run import evaluated

    # Promises of the old side still count, even if the change deletes or loosens them. Both sides are checked
    # against them in the same words, so that an old break is not a new finding.
    kept = {_terms(one) for one in new.settings.config.promises}
    dropped = {_terms(one): one for one in old.settings.config.promises if _terms(one) not in kept}

    def judged(side: Side) -> Side:
        config = side.settings.config
        promises = [one for one in config.promises if _terms(one) not in dropped]
        promises += (one._replace(dropped=True) for one in dropped.values())
        config = config._replace(promises=tuple(promises))
        return side._replace(settings=side.settings._replace(config=config))

    sides = judged(old), judged(new)
    outcomes = [evaluated(side.inputs, side.settings) for side in sides]
    before, after = (_tables([one.routes for one in outcome], weights=weights) for outcome in outcomes)
    live = live_side(old.inputs.sets, after, new.settings.config) if is_live else None
    reports = []
    for side, found in zip(sides, outcomes, strict=True):
        with working_in(side.folder):
            reports.append(run_over(side.inputs, side.settings, outcomes=found))
    return compare(
        before if live is None else live.tables,
        after,
        (reports[0], reports[1]),
        base=base,
        folders=folders,
        live=live,
        expected=expected,
    )


def _terms(one: Promise) -> Hashable:
    """The content of a promise, without its name and place."""
    return one.network, one.carried_by, one.survives


def folders(old: Any, new: Any) -> tuple[str, str] | None:
    """The old and the new side of a diff, if each is one folder."""
    if not all(isinstance(one, (str, os.PathLike)) and os.path.isdir(one) for one in (old, new)):
        return None
    return shown(os.fspath(old)), shown(os.fspath(new))


def paths_over(
    inputs: Inputs, settings: Settings, *, down: Iterable[str] = (), weights: str = "honoured"
) -> Paths:
    """The forwarding tables of what was read."""
    return _tables(route_sets(inputs, settings), down=down, weights=weights)


def _tables(sets: Sequence[RouteSet], *, down: Iterable[str] = (), weights: str) -> Paths:
    from vcolint.report.routing import Paths

    if weights not in ("honoured", "ignored"):
        raise VcolintError(
            say('weights must be "honoured" or "ignored", not {weights}', weights=described(weights))
        )
    return Paths(sets, down=down, weights=weights == "honoured")


def _is_paths(source: Any) -> bool:
    """Whether a source is paths rather than entries."""
    if isinstance(source, (str, os.PathLike)):
        return True
    return isinstance(source, (list, tuple)) and any(isinstance(one, (str, os.PathLike)) for one in source)


def is_entry(given: Any) -> bool:
    """Whether it is one entry rather than several."""
    return isinstance(given, (Mapping, RouteEntry)) or hasattr(given, "to_map")


def _inputs(source: Any, config: Config, live: Any, *, are_paths: bool) -> Inputs:
    """The inputs of a source (paths or entries), with the live snapshot."""
    if isinstance(live, (str, os.PathLike)):
        config = config._replace(live=(*config.live, os.fspath(live)))
    if are_paths:
        inputs = read_paths(config, _paths(source))
    else:
        from vcolint.read.route_set import read_entries

        entries = [source] if is_entry(source) else source
        inputs = Inputs([read_entries(entries)], [], read_paths(config, []).live if config.live else [])
    if live is not None and not isinstance(live, (str, os.PathLike)):
        from vcolint.read.live import from_data

        inputs.live.append(from_data(live))
    return inputs


def read_paths(
    config: Config,
    paths: Sequence[str] | None = None,
    *,
    as_kind: str | None = None,
    force_exclude: bool = False,
    stdin_filename: str | None = None,
    stdin: Callable[[], bytes] | None = None,
    overlay: Mapping[str, str] = MappingProxyType({}),
    kept: Kept | None = None,
) -> Inputs:
    """Read files and folders with the settings of a config; without `paths`, those that it names.

    `overlay` has texts that replace those of files, by file name as shown. `kept` has the readings of earlier
    calls with the same config and paths.
    """
    from vcolint.read.finding import Request, standard_input
    from vcolint.read.inputs import read

    request = Request(
        paths=configured_paths(config) if paths is None else paths,
        as_kind=as_kind,
        exclude=config.exclude,
        force_exclude=force_exclude,
        base=config.folder,
        var_files=[shown(os.path.join(config.folder, file)) for file in config.terraform.var_files],
        workspace=config.terraform.workspace,
        environments=list(environments(config)),
        live=config.live,
        stdin=stdin or standard_input,
        stdin_filename=stdin_filename,
        overlay={os.path.realpath(file): text.encode() for file, text in overlay.items()},
        kept=kept,
    )
    return read(request)


def environments(config: Config) -> Iterator[Environment]:
    """The environments of Terraform roots that a config names, with paths as shown. Raises ConfigError for a
    root without Terraform files, and for a variable file that does not exist."""
    from vcolint.read.roots import module_files

    def path_of(name: str) -> str:
        return shown(os.path.join(config.folder, name))

    for one in config.terraform.environments:
        key = "terraform", "environments", one.name
        if not module_files(path_of(one.root)):
            empty = say("there is no Terraform configuration in {name}", name=quoted(one.root))
            raise config.fault((*key, "root"), empty)
        for file in one.var_files:
            # A missing file of all environments is reported when the roots are read.
            if not os.path.isfile(path_of(file)) and file not in config.terraform.var_files:
                missing = say("there is no variable file {name}", name=quoted(file))
                raise config.fault((*key, "var-files", file), missing)
        yield one._replace(root=path_of(one.root), var_files=tuple(map(path_of, one.var_files)))


def route_sets(inputs: Inputs, settings: Settings) -> list[RouteSet]:
    """The inputs as sets with the verdicts of the rules: domains need valid regions, and forwarding tables
    leave out unusable destinations and duplicates."""
    from vcolint.report.run import evaluated

    return [outcome.routes for outcome in evaluated(inputs, settings._replace(selected=frozenset()))]


def records(inputs: Inputs, config: Config) -> Iterator[tuple[Reading, list[tuple[Record, str]]]]:
    """Each reading, set by set, with its entries and their routing domains."""
    for routes in route_sets(inputs, settle(config)):
        for reading, numbers in routes.spans:
            names = (routes.domains[number].name for number in numbers)
            yield reading, list(zip(reading.records, names, strict=True))


def unreadable(inputs: Inputs) -> Iterator[str]:
    """What could not be read, and where."""
    for reading in (*inputs.sources, *inputs.sets):
        for problem in reading.problems:
            if problem.kind == "syntax":
                file, line, column, *_ = problem.location
                yield say("{place}: {what}", place=f"{file}:{line}:{column}", what=problem.message)


def entries_of(inputs: Inputs, config: Config) -> Iterator[RouteEntry]:
    """The entries that were read, set by set."""
    for reading, found in records(inputs, config):
        for record, domain in found:
            values = {field: held.value for field, held in record.fields.items()}
            file, line, *_ = record.location
            origin = reading.kind, file, line, record.address, reading.root, domain, reading.environment
            yield RouteEntry(*map(values.get, FIELDS), *origin)  # type: ignore[arg-type, call-arg]


def run_over(
    inputs: Inputs,
    settings: Settings,
    baseline: Baseline | None = None,
    outcomes: Sequence[Outcome] | None = None,
) -> Report:
    """Check what was read. `baseline` and `outcomes` are as in `vcolint.report.run.run`."""
    from vcolint.report.run import run

    report = run(inputs, settings, baseline=baseline, outcomes=outcomes)
    return report._replace(paths=partial(paths_over, inputs, settings))


def given_config(config: ConfigLike) -> Config | None:
    """The config that a call gives. Raises ConfigError."""
    if config is None or isinstance(config, Config):
        return config
    if isinstance(config, Mapping):
        return config_from(config)
    if not isinstance(config, (str, os.PathLike)):
        raise ConfigError(say("config must be a path or a mapping, not {config}", config=described(config)))
    return load_config(config)


def _settings(config: ConfigLike, select: Texts = None, ignore: Texts = None, *, searched: bool) -> Settings:
    """The settings of a call. `searched`: without a config, it uses the nearest one, not the defaults."""
    found = given_config(config) or (find_settings(None) if searched else Config())
    return settle(found, None if select is None else rule_texts(select), rule_texts(ignore or ()))


def _paths(paths: PathLike | Iterable[PathLike] | None) -> list[str] | None:
    if paths is None:
        return None
    return [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
