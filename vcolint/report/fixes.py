"""The fixes of findings: edits of a value's text, or the removal of an entry; and how they are applied.

Only literals are edited. A value that came unchanged from a literal elsewhere (a variable file, a decoded
data file) is edited there, if that fixes every entry that uses it. A value from an anchor or a template is
not edited, because other values may depend on it.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right, insort
from codecs import BOM_UTF8
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from itertools import chain, groupby, pairwise
from typing import NamedTuple

from vcolint.checks import Hit
from vcolint.engine.evaluate import Outcome
from vcolint.errors import VcolintError
from vcolint.locale import say
from vcolint.model.route_set import RouteSet
from vcolint.read.recognise import SOURCES
from vcolint.report.finding import Edit, Finding, Fix, Report, Unfixed
from vcolint.text.opening import reason, replace_file
from vcolint.text.source import Source
from vcolint.text.value import Location
from vcolint.text.wording import visible

_WEIGHT_TEXT = re.compile(r"""(["'])(0|100)\1""")
_KEY = re.compile(r'\w\["([^"]*)"\]')
_BEFORE_BLOCK_ITEM = re.compile(r"[ \t]*-[ \t]+")
_BEHIND_FLOW_ITEM = re.compile(r"\s*(?P<mark>,\s*|\])")
_SUPPRESSION = re.compile(r"[ \t]*(?:#|//|/\*)[ \t]*vcolint:", re.IGNORECASE)

# Files with these suffixes have each entry on its own lines.
_LINES = (".csv", ".tsv", ".jsonl", ".ndjson")
_JSON = (".json", *_LINES)  # without anchors and comments


class _RefusedError(Exception):
    """This file cannot be fixed. The message says why."""


class Fixes:
    """The fixes of the findings of one run."""

    def __init__(self, texts: Mapping[str, str], outcomes: Sequence[Outcome]) -> None:
        self._texts = texts
        self._outcomes = outcomes
        self._lines_of = cache(lambda file: Source(file, texts[file]))
        self._shared_in = cache(lambda file: _shared_spans(file, texts[file]))
        self._made = cache(self._make)

    def of(self, finding: Finding) -> Fix | Unfixed | None:
        """The fix of a finding, or why its file cannot be fixed; None if its rule has no fix."""
        if finding.code != "VCO402" and (finding.hit.fix is None or finding.hidden):
            return None
        return self._made(finding)

    def _make(self, finding: Finding) -> Fix | Unfixed:
        hit, routes, is_text = finding.hit, finding.routes, finding.code == "VCO402"
        try:
            if is_text:
                return self._weight(finding.location)
            assert hit.fix is not None
            assert routes is not None
            edits = [self._removal(routes, entry) for entry in hit.remove]
            if hit.replacement is not None:
                edits += self._replacement(routes, hit, finding)
            return Fix(hit.fix, hit.safe, tuple(edits))
        except _RefusedError as refused:
            return Unfixed(finding, str(refused), is_text or hit.safe)

    # -- a value's own text ---------------------------------------------------------------------------

    def _weight(self, place: Location) -> Fix:
        """Replace text by a number: drop the quotes."""
        match = _WEIGHT_TEXT.fullmatch(self._own_text(place))
        if match is None:
            raise _RefusedError(say("the value is not plain text in quotes"))
        return Fix(say("write the number {match}", match=match[2]), True, (Edit(place, match[2]),))

    def _replacement(self, routes: RouteSet, hit: Hit, finding: Finding) -> Iterator[Edit]:
        """Replace a value, keeping its quotes; in each environment, its literal."""
        record, field = routes.held(hit.entry), hit.field or ""
        reading, value = routes.place(hit.entry)[0], routes.value(hit.entry, field)
        if reading.kind not in SOURCES:
            raise _RefusedError(say("a program generated this file"))
        if reading.kind == "terraform" and str(value) in self._named:
            raise _RefusedError(say("other parts of the configuration refer to it"))
        places = [finding.location]
        if record is not None:
            origins = [one.location for one in finding.related if one.origin]
            if not origins and not record.fields[field].literal:
                raise _RefusedError(say("the value comes from an expression or a variable"))
            if any(hit.replacement not in texts for origin in origins for texts in self._users[origin]):
                raise _RefusedError(say("the fix is wrong for other values that come from the same literal"))
            places = origins or places
        for place in places:
            written = self._own_text(place)
            quote = "" if written == str(value) else written[:1]
            if quote not in ("", '"', "'") or written != f"{quote}{value}{quote}":
                raise _RefusedError(say("the file does not contain the value in this form"))
            yield Edit(place, f"{quote}{hit.replacement}{quote}")

    @cached_property
    def _named(self) -> frozenset[str]:
        """The instance keys that Terraform files refer to, as in `module.site["a"]`."""
        texts = (text for file, text in self._texts.items() if file.endswith(".tf"))
        return frozenset(key for text in texts for key in _KEY.findall(text))

    @cached_property
    def _users(self) -> Mapping[Location, list[set[str | None]]]:
        """Literal elsewhere -> for each value that comes from it, the texts that rules would write."""
        users: defaultdict[Location, list[set[str | None]]] = defaultdict(list)
        for outcome in self._outcomes:
            wanted: defaultdict[tuple[int, str | None], set[str | None]] = defaultdict(set)
            for hit in chain.from_iterable(outcome.hits.values()):
                wanted[hit.entry, hit.field].add(hit.replacement)
            for reading, entries in outcome.routes.spans:
                for index, entry in enumerate(entries if reading.kind == "terraform" else ()):
                    for field, value in reading.records[index].fields.items():
                        if value.origin is not None:
                            users[value.origin].append(wanted[entry, field])
        return users

    def _own_text(self, place: Location) -> str:
        """The text of a value. Refuses one that an alias or a merge key also uses elsewhere."""
        lines = self._lines(place.file)
        start, end = lines.offsets(place)
        if any(first <= start and end <= last for first, last in self._shared_in(place.file)):
            raise _RefusedError(say("the value comes from a YAML anchor"))
        return lines.text[start:end]

    # -- removing an entry --------------------------------------------------------------------------

    def _removal(self, routes: RouteSet, number: int) -> Edit:
        place, reading = routes.location(number), routes.place(number)[0]
        if reading.kind != "route-set":
            raise _RefusedError(say("vcolint removes entries only from route sets"))
        if len(reading.records) == 1:
            raise _RefusedError(say("it is the only entry of its file"))
        file, lines = place.file, self._lines(place.file)
        start, end = lines.offsets(place)
        is_block = _BEFORE_BLOCK_ITEM.fullmatch(lines.text, lines.starts[place.line - 1], start)
        if is_block or file.lower().endswith(_LINES):
            return self._lines_out(file, place.line, place.end_line)
        behind = _BEHIND_FLOW_ITEM.match(lines.text, end)
        if behind is None:
            raise _RefusedError(say("the entry is not one item of a list"))
        comma = lines.text.rfind(",", 0, start)
        if behind["mark"] != "]":
            end = behind.end()
        elif not lines.text[comma + 1 : start].strip():
            start = comma
        return Edit(lines.location(start, end), "")

    def _lines_out(self, file: str, first: int, last: int) -> Edit:
        """Remove whole lines and the suppressions directly above, which would otherwise apply to the next
        entry. If something else is on these lines, the check after the edit notices."""
        lines = self._lines(file)
        while first > 1 and _SUPPRESSION.match(lines.line(first - 1)):
            first -= 1
        return Edit(lines.location(lines.starts[first - 1], lines.end(last)), "")

    def _lines(self, file: str) -> Source:
        """The lines of a file; refuses the fix if there is none."""
        if file not in self._texts:
            raise _RefusedError(say("the entry is in no file"))
        return self._lines_of(file)


def _shared_spans(file: str, text: str) -> Collection[tuple[int, int]]:
    """The spans of a YAML file that aliases or merge keys use."""
    if "&" not in text or "*" not in text or file.lower().endswith((".tf", *_JSON)):
        return []
    from vcolint.text.source import MappingNode, Node, ScalarNode, SyntaxFault
    from vcolint.text.yaml import parse

    seen: set[int] = set()
    spans: set[tuple[int, int]] = set()

    def walk(nodes: Iterable[Node]) -> None:
        for node in nodes:
            if id(node) in seen:  # an alias is its anchor's node
                spans.add((node.start, node.end))
                continue
            seen.add(id(node))
            if isinstance(node, MappingNode):
                walk(chain.from_iterable((*node.pairs, *node.merged)))
            elif not isinstance(node, ScalarNode):
                walk(node.items)

    with suppress(SyntaxFault):  # such as a script
        walk(parse(Source(file, text)))
    return spans


# -- applying fixes: in memory, checked again, and written only if they worked ----------------------------

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LINE_COMMAND = re.compile(r"^([-+ \t]*)::")  # of a GitHub runner
_MOST_PASSES = 50  # one fix may allow another, as for a duplicate with host bits
_INPUT = frozenset({"VCO001", "VCO002", "VCO003"})

# Reads and checks everything, with the given texts in place of what is on disk.
Check = Callable[[Mapping[str, str]], Report]


class Result(NamedTuple):
    """The result of fixing."""

    report: Report  # after the fixes
    texts: dict[str, str]  # the new text of each file that changes, by name as shown
    old: dict[str, str]  # the old text of these files
    fixed: int
    unfixed: list[Unfixed]


def fix(check: Check, *, unsafe: bool) -> Result:
    """Apply all possible fixes in memory. Nothing is written.

    Passes repeat until nothing is left to fix. A fix is undone if its finding remains, if the file is then
    broken, or if other entries are gone.
    """
    report = check({})
    texts: dict[str, str] = {}
    old: dict[str, str] = {}
    fixed = 0
    refused: dict[tuple[str, str], Unfixed] = {}  # by code and fingerprint
    for _ in range(_MOST_PASSES):
        chosen = _chosen(report, unsafe, refused)
        if not chosen:
            break
        mended = dict(texts)
        edits = sorted({edit for _, one in chosen for edit in one.edits})
        for file, together in groupby(edits, key=lambda edit: edit.location.file):
            text = report.text_of(file)
            assert text is not None
            old.setdefault(file, text)
            mended[file] = apply(text, together)
        after = check(mended)
        failed = list(_failed(chosen, report, after))
        refused.update(((one.finding.code, one.finding.fingerprint), one) for one in failed)
        if not failed:
            texts, report = mended, after
            fixed += len(chosen)
    changed = {file: text for file, text in texts.items() if text != old[file]}
    tried = (*(one.shared.fixing(one) for one in report.findings), *refused.values())
    unfixed = [one for one in tried if isinstance(one, Unfixed) and (one.safe or unsafe)]
    unfixed.sort(key=lambda one: (one.finding.location, one.finding.code))
    return Result(report, changed, old, fixed, unfixed)


def _chosen(
    report: Report, unsafe: bool, refused: Mapping[tuple[str, str], Unfixed]
) -> list[tuple[Finding, Fix]]:
    """The findings to fix in one pass. They are of one rule, so that it is clear which ones are gone. No
    two change the same text, unless by the same edit. Values are fixed before entries are removed."""
    fixable = [
        (finding, fix)
        for finding in report.findings
        if (fix := finding.fix) is not None
        and (fix.safe or unsafe)
        and (finding.code, finding.fingerprint) not in refused
    ]
    _, code = min(((_removes(fix), finding.code) for finding, fix in fixable), default=(False, ""))
    taken: list[Edit] = []  # sorted
    chosen = []
    for finding, fix in fixable:
        if finding.code == code and not any(clashes(taken, edit) for edit in fix.edits):
            for edit in fix.edits:
                insort(taken, edit)
            chosen.append((finding, fix))
    return chosen


def _removes(fix: Fix) -> bool:
    return any(not edit.text for edit in fix.edits)


def _failed(chosen: list[tuple[Finding, Fix]], before: Report, after: Report) -> Iterator[Unfixed]:
    """The fixes that did not work, and why."""
    then, now = (Counter((one.code, one.identity) for one in report.findings) for report in (before, after))
    faults, more = (
        Counter(one.location.file for one in report.findings if one.code in _INPUT)
        for report in (before, after)
    )
    damaged = set(more - faults)  # the files that have more input faults
    removed = {edit for _, one in chosen for edit in one.edits if not edit.text}
    lost = before.entries - len(removed) != after.entries or after.files < before.files
    for finding, one in chosen:
        is_lost = lost and (_removes(one) or not removed)
        if is_lost or any(edit.location.file in damaged for edit in one.edits):
            yield Unfixed(finding, say("with the fix, the file can no longer be read as before"), one.safe)
        elif now[finding.code, finding.identity] >= then[finding.code, finding.identity]:
            yield Unfixed(finding, say("the finding would remain"), one.safe)


def clashes(taken: list[Edit], edit: Edit) -> bool:
    """Whether an edit changes text that another edit changes too. `taken` is sorted."""
    at = bisect_right(taken, edit)
    if taken[max(at - 1, 0) : at] == [edit]:
        return False
    for (one, _), (other, _) in pairwise([*taken[max(at - 1, 0) : at], edit, *taken[at : at + 1]]):
        if one.file == other.file and (one.end_line, one.end_column) > (other.line, other.column):
            return True
    return False


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; they do not overlap."""
    lines = Source("", text)
    parts = []
    end = 0
    for edit in sorted(edits):
        start, behind = lines.offsets(edit.location)
        parts += [text[end:start], edit.text]
        end = behind
    return "".join([*parts, text[end:]])


def diff(result: Result) -> str:
    """What would change, as a unified diff, without anything that a terminal or a runner would obey."""
    from difflib import unified_diff

    lines: list[str] = []
    for file in sorted(result.texts):
        name = visible(file)
        old, new = (_LINE.findall(texts[file]) for texts in (result.old, result.texts))
        for line in unified_diff(old, new, name, name):
            body = line.rstrip("\r\n")
            shown = _LINE_COMMAND.sub(r"\1\\x3a:", "\t".join(map(visible, body.split("\t"))))
            lines += shown, line[len(body) :]
            if not line.endswith("\n"):
                lines.append("\n\\ No newline at end of file\n")
    return "".join(lines)


def write(result: Result) -> None:
    """Write the changed files, each as a whole or not at all. Byte order mark, mode and links stay.

    Raises VcolintError for a file that cannot be written or that changed since it was read.
    """
    for file, text in result.texts.items():
        path = os.path.realpath(file)
        try:
            with open(path, "rb") as stream:
                data = stream.read()
            if data != encoded(result.old[file], data):
                raise VcolintError(
                    say("{file} changed while vcolint was running; nothing was written to it", file=file)
                )
            replace_file(path, encoded(text, data))
        except OSError as error:
            raise VcolintError(
                say("{file}: cannot be written: {strerror}", file=file, strerror=reason(error))
            ) from None


def encoded(text: str, like: bytes = b"") -> bytes:
    """The text in bytes, with a byte order mark where `like` has one."""
    return (BOM_UTF8 if like.startswith(BOM_UTF8) else b"") + text.encode()
