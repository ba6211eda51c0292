"""Findings and their report. This module does not know how findings are found or shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from vcolint.locale import language, tr
from vcolint.text.value import Location

if TYPE_CHECKING:
    from vcolint.engine.rule import Rule

SEVERITIES = ("error", "warning", "note")  # the worst first


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


class Finding(NamedTuple):
    """One thing that is wrong, at one place. The fields have the names of the JSON report."""

    code: str
    name: str
    severity: str  # error, warning or note
    basis: str  # documented, inferred, policy or input
    effect: str
    message: str
    api_errors: tuple[str, ...]
    entry: Mapping[str, Any] | None  # API field -> value, None (absent) or {"unknown": reason}
    address: str | None
    root: str | None
    location: Location
    related: tuple[Related, ...]
    witness: str | None  # one IP address that proves a claim about routing
    fix: Fix | None
    fingerprint: str
    environments: tuple[str, ...] = ()  # those of the Terraform root that have this finding

    @property
    def origin(self) -> Related | None:
        """The literal that the value at the finding's place came from unchanged: the first related place."""
        return self.related[0] if self.related and self.related[0].origin else None


class Unchecked(NamedTuple):
    """A value that was not checked; with `field` None, something that could not be listed."""

    file: str
    line: int
    address: str | None
    field: str | None
    reason: str
    root: str | None = None
    environments: tuple[str, ...] = ()  # as for a finding


class Unfixed(NamedTuple):
    """A finding that cannot be fixed in its file, and why."""

    finding: Finding
    reason: str
    safe: bool


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


def translated(report: Report) -> Report:
    """The report with its messages in the language in use."""
    if language() == "en":
        return report
    told = copy(report)
    told.notice = None if report.notice is None else tr(report.notice)
    told.unchecked = [item._replace(reason=tr(item.reason)) for item in report.unchecked]
    told.findings = list(map(translated_finding, report.findings))
    return told


def translated_finding(finding: Finding) -> Finding:
    """The finding with its messages in the language in use."""
    return finding._replace(
        message=tr(finding.message),
        related=tuple(item._replace(message=tr(item.message)) for item in finding.related),
        fix=finding.fix and finding.fix._replace(message=tr(finding.fix.message)),
    )


class Report:
    """What a run found."""

    def __init__(
        self,
        findings: list[Finding],
        unchecked: list[Unchecked],
        *,
        files: int = 0,
        entries: int = 0,
        suppressed: int = 0,
        baselined: int = 0,
        fail_on: str = "error",
        notice: str | None = None,
        sensitive: frozenset[Location] = frozenset(),
        rules: Mapping[str, Rule] | None = None,
        text_of: Callable[[str], str | None] = lambda file: None,
        unfixed: Sequence[Unfixed] = (),
    ) -> None:
        self.findings = findings  # sorted by file, line, column, code
        self.unchecked = unchecked
        self.files = files
        self.entries = entries
        self.suppressed = suppressed
        self.baselined = baselined
        self.fail_on = fail_on  # error, warning, note or never
        self.notice = notice  # the last line: nothing was checked, and why
        self.sensitive = sensitive  # places whose text is never shown
        self.rules: Mapping[str, Rule] = rules or {}  # by code: the pages behind the findings
        self.unfixed = unfixed
        # computes who carries what (report.routing.Paths), for formats that show it
        self.paths: Callable[[], Any] | None = None
        self.text_of = text_of  # a file's decoded text, for showing source lines; None where there is none

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def ok(self) -> bool:
        """Nothing is at or above `fail_on`."""
        if self.fail_on == "never":
            return not self.failed
        limit = SEVERITIES.index(self.fail_on)
        return not self.failed and all(SEVERITIES.index(f.severity) > limit for f in self.findings)

    @property
    def failed(self) -> bool:
        """A check itself crashed (VCO008): exit status 2."""
        return any(finding.code == "VCO008" for finding in self.findings)

    @property
    def exit_status(self) -> int:
        return 2 if self.failed else 0 if self.ok else 1

    @property
    def summary(self) -> Summary:
        errors, warnings, notes = (
            sum(finding.severity == severity for finding in self.findings) for severity in SEVERITIES
        )
        return Summary(
            self.files,
            self.entries,
            errors,
            warnings,
            notes,
            self.suppressed,
            self.baselined,
            len(self.unchecked),
        )

    def raise_for_errors(self) -> None:
        """Raise `PolicyError`, which carries this report, unless it is ok."""
        if not self.ok:
            from vcolint.errors import PolicyError

            raise PolicyError(self)
