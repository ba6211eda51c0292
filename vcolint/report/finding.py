"""Findings and their report. This module does not know how findings are found or shown."""

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

from vcolint.checks import Hit
from vcolint.engine.rule import VARIABLE, Rule
from vcolint.locale import say, tr
from vcolint.model import network
from vcolint.model.entry import FIELDS
from vcolint.model.reading import Record
from vcolint.model.route_set import RouteSet
from vcolint.text.value import SENSITIVE, Location, Scalar, Unknown
from vcolint.text.wording import quoted, shortened, value_text

SEVERITIES = ("error", "warning", "note")  # the worst first

# Checks that find something about several entries: a value that these share says nothing about the last one.
_ABOUT_SEVERAL = frozenset({"unique", "agree", "count", "coverage", "backup"})
# Variables that reveal nothing about a sensitive value.
_HARMLESS = frozenset({"connection", "first", "field", "relation", "count", "min", "max", "live", "problem"})
_MOST_IDENTITIES = 20  # members of a group that are compared to find equal values
_MOST_RELATED = 100  # related places of one finding


class Related(NamedTuple):
    """Another place that a finding is about, and why."""

    message: str
    location: Location
    origin: bool = False  # the literal that the value at the finding's place came from unchanged


class Edit(NamedTuple):
    """One replacement in one file: the text at `location` becomes `text`."""

    location: Location
    text: str


class Fix(NamedTuple):
    """How to fix a finding. A safe fix does not change where any address is routed."""

    message: str
    safe: bool
    edits: tuple[Edit, ...]


class Unfixed(NamedTuple):
    """A finding that cannot be fixed in its file, and why."""

    finding: "Finding"
    reason: str
    safe: bool


class Unchecked(NamedTuple):
    """A value that was not checked; with `field` None, something that could not be listed."""

    file: str
    line: int
    address: str | None
    field: str | None
    reason: str
    root: str | None = None
    environments: tuple[str, ...] = ()  # as for a finding


class Shared:
    """The data that all findings of one run share. `folder` is that of the config."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._here = os.getcwd()  # findings are written later, perhaps from another working directory
        self.stable_name = cache(self._stable_name)
        self.identity_of = cache(self._identity_of)  # many findings may name one entry
        self.findings: list[Finding] = []  # in the order of the report
        self.fixing: Callable[[Finding], Fix | Unfixed | None] = lambda _: None

    @cached_property
    def fingerprints(self) -> dict["Finding", str]:
        """The fingerprint of each finding of the report: an ordinal makes equal ones unique."""
        from hashlib import sha256  # slow to import, and most formats print no fingerprint

        seen: dict[str, int] = {}
        prints = {}
        for one in self.findings:
            text = "\0".join((one.code, *one.identity)).encode("utf-8", "surrogatepass")
            digest = sha256(text).hexdigest()[:32]
            number = seen[digest] = seen.get(digest, 0) + 1
            prints[one] = digest if number == 1 else f"{digest}-{number}"
        return prints

    def _stable_name(self, file: str) -> str:
        """A file's name relative to the config's folder, wherever vcolint was started. An input that is not a
        file has a name in angle brackets."""
        try:
            name = os.path.relpath(os.path.join(self._here, file), os.path.join(self._here, self._folder))
        except ValueError:  # another drive
            return file
        return file if file.startswith("<") else name.replace(os.sep, "/")

    def _identity_of(self, routes: RouteSet, number: int) -> tuple[str, str]:
        """The identity of an entry across runs. It does not depend on the line."""
        reading, record = routes.place(number)[0], routes.held(number)
        # A reading that makes its records on demand has one file, and no addresses.
        file = reading.files[0] if record is None else record.location.file
        if record is not None and record.address is not None:
            return self.stable_name(reading.root or file), record.address
        block = routes.networks[number]
        values = (
            routes.connection_name(routes.connections[number]),
            network.text(block) if block is not None else routes.value(number, "RouteDest"),
            routes.value(number, "NextHop"),
        )
        texts = ["?" if isinstance(value, Unknown) else str(value)[:200] for value in values]
        return self.stable_name(file), " ".join(texts)


class Finding:
    """One thing that is wrong, at one place. The attributes are the keys of the JSON report.

    A run may have hundreds of thousands of findings, and no format prints all of each. So a finding holds
    what was found, and computes the rest when it is needed.
    """

    __slots__ = (
        *("address", "api_errors", "basis", "code", "effect", "entries", "environments", "hit", "location"),
        *("more", "name", "root", "routes", "rule", "severity", "shared"),
    )

    def __init__(
        self, shared: Shared, rule: Rule, hit: Hit, routes: RouteSet | None, entries: tuple[int, ...] = ()
    ) -> None:
        """`entries` are the numbers of the entries that it is about: several may share the value or the
        block. Its place is that of the hit, if there is one, else the field of its entry."""
        self.shared = shared
        self.rule = rule
        self.code, self.name = rule.code, rule.name
        self.severity = rule.severity  # error, warning or note
        self.basis = rule.basis  # documented, inferred, policy or input
        self.effect, self.api_errors = rule.effect, rule.api_errors
        self.hit = hit
        self.routes = routes
        self.entries = entries
        self.address: str | None = None
        self.root: str | None = None
        # The environments of the Terraform root that have this finding.
        self.environments = environments_of(None if routes is None else routes.environment)
        self.more: tuple[Related, ...] = ()  # related places of findings that were joined with it
        if routes is not None and entries and (record := routes.held(entries[0])) is not None:
            # A reading that makes its records on demand has neither addresses nor a root.
            self.address, self.root = record.address, routes.place(entries[0])[0].root
        self.location = hit.place or self._place(hit.entry, hit.field)

    @property
    def message(self) -> str:
        """The message of the rule's page with its variables filled in."""
        template, secret = self.rule.message, self._secret
        told = {} if secret else self.hit.variables
        values = {
            name: told[name] if name in told else self._variable(name, secret)
            for name in _variables(template)
        }
        message = say(template, **values)
        if len(self.entries) > 1:
            return say("{message} ({entries} entries)", message=message, entries=len(self.entries))
        return message

    @property
    def entry(self) -> dict[str, Any] | None:
        """API field -> value, None (absent) or {"unknown": reason}."""
        if self.routes is None or not self.entries:
            return None
        number = self.entries[0]
        record = self.routes.held(number)
        if record is not None:
            return entry_shown(record)
        return {field: _shown(self.routes.column(field)[number]) for field in FIELDS}

    @property
    def related(self) -> tuple[Related, ...]:
        """Other places: the first one is the literal that the value came from, if there is one."""
        hidden, routes = self.hidden, self.routes
        has_records = routes is not None and routes.has_records
        own = self.origin if has_records else None
        found = [] if own is None else [own]
        for message, entry, field, place in self.hit.others[:_MOST_RELATED]:
            if place is None:
                assert routes is not None
                assert entry is not None
                origin = origin_of(routes, entry, field) if has_records else None
                place = origin or self._place(entry, field)
            elif hidden:  # a place outside of the set may show the sensitive value
                continue
            found.append(Related(SENSITIVE if hidden else message, place))
        if self.more:
            found = sorted((*found, *self.more), key=lambda one: not one.origin)
        if len(found) > 1:  # entries that share a value share its place
            found = list(dict.fromkeys(found))
        return tuple(found[:_MOST_RELATED])

    @property
    def origin(self) -> Related | None:
        """The literal elsewhere that the value at the finding's place came from unchanged."""
        hit, routes = self.hit, self.routes
        place = origin_of(routes, hit.entry, hit.field) if routes is not None and self.entries else None
        return None if place is None else Related(say("the value is written here"), place, origin=True)

    @property
    def witness(self) -> str | None:
        """One IP address that proves a claim about routing."""
        return None if self.hidden else self.hit.witness

    @property
    def fix(self) -> Fix | None:
        found = self.shared.fixing(self)
        return found if isinstance(found, Fix) else None

    @property
    def fingerprint(self) -> str:
        """A hash of the code and the identity."""
        return self.shared.fingerprints[self]

    @property
    def identity(self) -> tuple[str, str]:
        """What it is about, equal in each run: a file relative to the config's folder and something in it."""
        hit, routes, identity_of = self.hit, self.routes, self.shared.identity_of
        if routes is None or not self.entries or (len(self.entries) > 1 and "problem" in hit.variables):
            told = str(hit.variables["problem"]) if self.entries else self.message
            return self.shared.stable_name(self.location.file), told
        if len(self.entries) > 1:  # the value stays the same if one of its entries is added or removed
            value = SENSITIVE if self.hidden else routes.value(hit.entry, hit.field or "")
            return identity_of(routes, hit.entry)[0], f"{hit.field} {value}"[:200]
        named = [one.entry for one in hit.others if one.entry is not None]
        involved = {one for one in (hit.entry, *named, *hit.members) if one < routes.size}
        if not 1 < len(involved) <= _MOST_IDENTITIES:
            return identity_of(routes, hit.entry)
        (file, first), second, *others = sorted([identity_of(routes, one) for one in involved])
        # Members of a larger group may be added or removed.
        return file, first if others or first == second[1] else f"{first} & {second[1]}"

    @property
    def hidden(self) -> bool:
        """Whether its message would reveal a sensitive value."""
        secret = self._secret
        return bool(secret) and self._tells(secret)

    def _tells(self, secret: Collection[str]) -> bool:
        """Whether the variables of its hit show one of these fields. They show the field of the hit and that
        of the rule, which is the destination if its page names no field. (Names of connections never show a
        sensitive ID.)"""
        field = self.rule.parameters.get("field", "RouteDest")
        told = {self.hit.field, field if isinstance(field, str) else None}
        if self.rule.check == "live":
            told |= {"NextHop", "Weight"}
        return not told.isdisjoint(secret)

    @property
    def _secret(self) -> Collection[str]:
        """The fields in which the entries that it names have a sensitive value."""
        routes = self.routes
        if routes is None or not self.entries or not routes.sensitive or "problem" in self.hit.variables:
            return ()
        records = filter(None, map(routes.held, self._involved))
        return {name for one in records for name, value in one.fields.items() if value.sensitive}

    @property
    def _involved(self) -> Iterator[int]:
        """The entries that it names."""
        yield self.hit.entry
        yield from (one.entry for one in self.hit.others if one.entry is not None)

    def _variable(self, name: str, secret: Collection[str]) -> object:
        """The value of a variable in the message. `secret` are the fields that it must not reveal."""
        hit, routes = self.hit, self.routes
        if name in hit.variables:
            value = hit.variables[name]
        elif routes is None or not self.entries:
            return ""
        elif name == "network" and (block := routes.networks[hit.entry]) is not None:
            value = network.text(block)
        elif name in FIELDS:
            return SENSITIVE if name in secret else _told(routes.value(hit.entry, name))
        else:
            return len(self.entries) if name == "count" else ""
        reveals = "RouteDest" in secret if name == "network" else self._tells(secret)
        if not reveals or name in _HARMLESS:
            return value
        # Some values, such as suggestions, continue the text before them.
        return "" if str(value)[:1] in ("", " ", ";") else SENSITIVE

    def _place(self, entry: int, field: str | None) -> Location:
        """The place of a field's value. But a finding about several entries of a route set is not at a value
        that is written outside of the entry, for several entries."""
        assert self.routes is not None
        return self.routes.location(entry, field, self.rule.check in _ABOUT_SEVERAL)


@lru_cache
def _variables(template: str) -> list[str]:
    return re.findall(VARIABLE, template)


def _told(value: Scalar) -> str:
    """The value of a field in a message: in quotes if the reader could not tell it from the words around
    it."""
    if isinstance(value, str):
        return shortened(value) if value and value == value.strip() else quoted(value)
    if value is None:
        return say("nothing")
    return say("an unknown value") if isinstance(value, Unknown) else value_text(value)


def address_of(routes: RouteSet, number: int) -> str | None:
    """The Terraform, ROS or Pulumi address of an entry."""
    record = routes.held(number)
    return None if record is None else record.address


def origin_of(routes: RouteSet, number: int, field: str | None) -> Location | None:
    """The literal elsewhere that the value of a field came from unchanged."""
    record = routes.held(number)
    value = None if record is None or field is None else record.fields.get(field)
    return None if value is None else value.origin


def environments_of(name: str | None) -> tuple[str, ...]:
    """The environments of a finding of one set."""
    return () if name is None else (name,)


def entry_lines(record: Record) -> tuple[int, int]:
    """The first and the last line of an entry."""
    return record.location.line, record.last_line or record.location.end_line


def entry_shown(record: Record) -> dict[str, Any]:
    """The fields as reports show them: null absent, {"unknown": reason}, sensitive ones hidden."""
    held = {field: record.fields.get(field) for field in FIELDS}
    return {
        field: None if one is None else SENSITIVE if one.sensitive else _shown(one.value)
        for field, one in held.items()
    }


def _shown(value: object) -> object:
    return {"unknown": tr(value.reason)} if isinstance(value, Unknown) else value


# -- the report -------------------------------------------------------------------------------------------


class Summary(NamedTuple):
    """The numbers of a run, with the names of the JSON report."""

    files: int
    entries: int
    errors: int
    warnings: int
    notes: int
    suppressed: int
    baselined: int
    unchecked: int


class Report(NamedTuple):
    """The result of a run."""

    findings: list[Finding]  # sorted by file, line, column, code
    unchecked: list[Unchecked]
    files: int = 0
    entries: int = 0
    suppressed: int = 0
    baselined: int = 0
    fail_on: str = "error"  # error, warning, note or never
    notice: str | None = None  # the last line: nothing was checked, and why
    sensitive: frozenset[Location] = frozenset()  # places whose text is never shown
    rules: Mapping[str, Rule] = {}  # by code: the pages behind the findings
    # A file's decoded text, for showing source lines; None if there is none.
    text_of: Callable[[str], str | None] = lambda file: None
    # Computes who carries what (report.routing.Paths), for formats that show it.
    paths: Callable[[], Any] | None = None

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def ok(self) -> bool:
        """Nothing is at or above `fail_on`."""
        fails = () if self.fail_on == "never" else SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        return not self.failed and all(finding.severity not in fails for finding in self.findings)

    @property
    def failed(self) -> bool:
        """A check itself crashed (VCO008): exit status 2."""
        return any(finding.code == "VCO008" for finding in self.findings)

    @property
    def exit_status(self) -> int:
        return 2 if self.failed else 0 if self.ok else 1

    @property
    def summary(self) -> Summary:
        found = Counter(finding.severity for finding in self.findings)
        errors, warnings, notes = (found[severity] for severity in SEVERITIES)
        hidden, unchecked = (self.suppressed, self.baselined), len(self.unchecked)
        return Summary(self.files, self.entries, errors, warnings, notes, *hidden, unchecked)

    def raise_for_errors(self) -> None:
        """Raise `PolicyError`, which carries this report, unless it is ok."""
        if not self.ok:
            from vcolint.errors import PolicyError

            raise PolicyError(self)
