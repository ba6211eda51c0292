"""Builds the fixes of findings: edits of a value's text, or the removal of an entry.

Only literals are edited. A value that came unchanged from a literal elsewhere (a variable file, a decoded
data file) is edited there, if that fixes every entry that uses it. A value from an anchor or a template is
not edited, because other values may depend on it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from vcolint.checks import Hit
from vcolint.engine.evaluate import Outcome
from vcolint.locale import say
from vcolint.model.reading import Reading, Record
from vcolint.model.route_set import RouteSet
from vcolint.read.recognise import SOURCES
from vcolint.report.finding import Edit, Finding, Fix, Shared, Unfixed, entry_lines
from vcolint.text.source import Lines
from vcolint.text.value import Location

_WEIGHT_TEXT = re.compile(r"""(["'])(0|100)\1""")
_KEY = re.compile(r'\w\["([^"]*)"\]')
_BEFORE_BLOCK_ITEM = re.compile(r"(?P<indent>[ \t]*)-[ \t]+")
_BEHIND_FLOW_ITEM = re.compile(r"\s*(?P<mark>,\s*|\])")
_SUPPRESSION = re.compile(r"[ \t]*(?:#|//|/\*)[ \t]*vcolint:", re.IGNORECASE)

# Files with these suffixes have each entry on its own lines.
_LINES = (".csv", ".tsv", ".jsonl", ".ndjson")
_JSON = (".json", *_LINES)  # without anchors
_REMOVABLE = ("route-set", "terraform")


# A field of an entry: number of the set, number of the entry, name.
_Field = tuple[int, int, str]


class _RefusedError(Exception):
    """This file cannot be fixed. The message says why."""


class Fixes:
    """The fixes of the findings of one run."""

    def __init__(
        self,
        shared: Shared,
        texts: Mapping[str, str],
        readings: Iterable[Reading],
        outcomes: Sequence[Outcome],
    ) -> None:
        self._shared = shared
        self._texts = texts
        self._environments: defaultdict[str | None, set[str]] = defaultdict(set)  # of each Terraform root
        for reading in readings:
            if reading.environment is not None:
                self._environments[reading.root].add(reading.environment)
        self._outcomes = outcomes
        self._lines_of: dict[str, Lines] = {}
        self._shared_in: dict[str, list[tuple[int, int]]] = {}
        self._made: dict[Finding, Fix | Unfixed] = {}

    def of(self, finding: Finding) -> Fix | Unfixed | None:
        """The fix of a finding, or why its file cannot be fixed; None if its rule has no fix."""
        hit, is_text = finding.hit, finding.code == "VCO402"
        if (hit.fix is None or finding.hidden) and not is_text:
            return None
        if finding not in self._made:
            try:
                made: Fix | Unfixed = self._weight(finding.location) if is_text else self._fix(finding)
            except _RefusedError as refused:
                made = Unfixed(finding, str(refused), is_text or hit.safe)
            self._made[finding] = made
        return self._made[finding]

    def _fix(self, finding: Finding) -> Fix:
        hit, routes = finding.hit, finding.routes
        assert hit.fix is not None
        assert routes is not None
        if hit.remove:
            needed = self._environments[finding.root]
            if needed and (others := needed.difference(self._found_in.get(_subject(finding), ()))):
                raise _RefusedError(say("another environment needs its block: {name}", name=min(others)))
        edits = [self._removal(routes, entry) for entry in hit.remove]
        if hit.replacement is not None:
            edits += self._replacement(routes, hit, finding)
        return Fix(hit.fix, hit.safe, tuple(edits))

    @cached_property
    def _found_in(self) -> Mapping[tuple[str | None, ...], set[str]]:
        """Code, root and address -> the environments that have such a finding, with any message."""
        found: defaultdict[tuple[str | None, ...], set[str]] = defaultdict(set)
        for one in self._shared.findings:
            found[_subject(one)].update(one.environments)
        return found

    # -- a value's own text ---------------------------------------------------------------------------

    def _weight(self, place: Location) -> Fix:
        """Replace text by a number: drop the quotes."""
        match = _WEIGHT_TEXT.fullmatch(self._text(place))
        if match is None:
            raise _RefusedError(say("the value is not plain text in quotes"))
        self._refuse_shared(place)
        return Fix(say("write the number {match}", match=match[2]), True, (Edit(place, match[2]),))

    def _replacement(self, routes: RouteSet, hit: Hit, finding: Finding) -> Iterator[Edit]:
        """Replace a value, keeping its quotes; in each environment, its literal."""
        assert hit.replacement is not None
        record, field = routes.held(hit.entry), hit.field or ""
        reading, value = routes.place(hit.entry)[0], routes.value(hit.entry, field)
        if reading.kind not in SOURCES:
            kind = reading.kind.replace("-", " ")
            raise _RefusedError(say("a program generated this file (a {kind})", kind=kind))
        if reading.kind == "terraform" and str(value) in self._named:
            raise _RefusedError(say("other parts of the configuration refer to it"))
        origins = [one.location for one in finding.related if one.origin]
        if not origins and record is not None and not record.fields[field].literal:
            raise _RefusedError(say("the value comes from an expression or a variable"))
        for origin in origins:
            if not self._users[origin] <= self._mended[origin, hit.replacement]:
                raise _RefusedError(say("the fix is wrong for other values that come from the same literal"))
        for place in origins or [routes.location(hit.entry, field)]:
            self._refuse_shared(place)
            written = self._text(place)
            quotes = (quote for quote in ('"', "'", "") if written == f"{quote}{value}{quote}")
            quote = next(quotes, None)
            if quote is None:
                raise _RefusedError(say("the file does not contain the value in this form"))
            yield Edit(place, f"{quote}{hit.replacement}{quote}")

    @cached_property
    def _named(self) -> frozenset[str]:
        """The instance keys that Terraform files refer to, as in `module.site["a"]`."""
        texts = (text for file, text in self._texts.items() if file.endswith(".tf"))
        return frozenset(key for text in texts for key in _KEY.findall(text))

    @cached_property
    def _users(self) -> Mapping[Location, set[_Field]]:
        """Literal elsewhere -> the fields of all sets that take their value from it."""
        users: defaultdict[Location, set[_Field]] = defaultdict(set)
        for number, outcome in enumerate(self._outcomes):
            for reading, entries in outcome.routes.spans:
                if reading.kind == "terraform":
                    for entry, record in zip(entries, reading.records, strict=True):
                        for field, value in record.fields.items():
                            if value.origin is not None:
                                users[value.origin].add((number, entry, field))
        return users

    @cached_property
    def _mended(self) -> Mapping[tuple[Location, str], set[_Field]]:
        """Literal and new text -> the fields whose value some rule would replace by that text."""
        mended: defaultdict[tuple[Location, str], set[_Field]] = defaultdict(set)
        for number, outcome in enumerate(self._outcomes):
            for hit in (hit for hits in outcome.hits.values() for hit in hits):
                if hit.replacement is not None and hit.field is not None:
                    record = outcome.routes.held(hit.entry)
                    value = None if record is None else record.fields.get(hit.field)
                    if value is not None and value.origin is not None:
                        mended[value.origin, hit.replacement].add((number, hit.entry, hit.field))
        return mended

    def _refuse_shared(self, place: Location) -> None:
        """Refuse to change what an alias or a merge key also uses elsewhere."""
        start, end = self._lines(place.file).offsets(place)
        if any(first <= start and end <= last for first, last in self._shared_spans(place.file)):
            raise _RefusedError(say("the value comes from a YAML anchor"))

    def _shared_spans(self, file: str) -> Sequence[tuple[int, int]]:
        """The spans of a YAML file that aliases or merge keys use."""
        if file not in self._shared_in:
            text = self._texts[file]
            may_be = "&" in text and "*" in text and not file.lower().endswith((".tf", *_JSON))
            self._shared_in[file] = _shared_spans(file, text) if may_be else []
        return self._shared_in[file]

    # -- removing an entry --------------------------------------------------------------------------

    def _removal(self, routes: RouteSet, number: int) -> Edit:
        reading, _ = routes.place(number)
        place = routes.location(number)
        if reading.kind not in _REMOVABLE:
            raise _RefusedError(say("vcolint removes entries only from route sets and Terraform"))
        self._lines(place.file)
        if reading.kind == "terraform":
            return self._block_out(routes.record(number), reading.files)
        if place.file.lower().endswith(_LINES):
            return self._lines_out(place.file, place.line, place.end_line)
        return self._item_out(place)

    def _block_out(self, record: Record, files: Iterable[str]) -> Edit:
        """Remove one Terraform resource block."""
        address = record.address or ""
        if address.startswith("module.") or address.endswith("]"):
            raise _RefusedError(say("its block creates other entries too"))
        file = record.location.file
        if not file.endswith(".tf"):
            raise _RefusedError(say("vcolint does not remove resources from JSON"))
        used = re.compile(rf"\b{re.escape(address)}\b")
        if any(used.search(self._texts.get(other, "")) for other in files):
            raise _RefusedError(say("other parts of the configuration refer to it"))
        first, last = entry_lines(record)
        lines = self._lines(file)
        if first > 1 and last < len(lines) and not lines.line(first - 1) and not lines.line(last + 1):
            last += 1  # keep one of the empty lines around it
        return self._lines_out(file, first, last)

    def _item_out(self, place: Location) -> Edit:
        """Remove one item of a YAML or JSON list."""
        file, lines = place.file, self._lines(place.file)
        text = lines.text
        start, end = lines.offsets(place)
        block = _BEFORE_BLOCK_ITEM.fullmatch(text, lines.starts[place.line - 1], start)
        if block is not None:
            if not self._has_neighbour(place, block["indent"]):
                raise _RefusedError(say("the entry is the only one in its list"))
            return self._lines_out(file, place.line, place.end_line)
        before = start
        while before and text[before - 1].isspace():
            before -= 1
        mark = text[before - 1 : before]
        behind = _BEHIND_FLOW_ITEM.match(text, end)
        if mark not in ("[", ",") or behind is None or self._in_comment(file, before - 1):
            raise _RefusedError(say("the entry is not one item of a list"))
        if behind["mark"] != "]":
            return self._edit(file, start, behind.end())
        if mark == "[":
            raise _RefusedError(say("the entry is the only one in its list"))
        return self._edit(file, before - 1, end)

    def _in_comment(self, file: str, offset: int) -> bool:
        """Whether a YAML comment may be before an offset in its line."""
        lines = self._lines(file)
        place = lines.place(file, offset, offset)
        return not file.lower().endswith(_JSON) and "#" in lines.line(place.line)[: place.column - 1]

    def _has_neighbour(self, place: Location, indent: str) -> bool:
        """Whether a block item has another item of the same list before or after it."""
        lines = self._lines(place.file)
        item = re.compile(rf"{indent}-(?:[ \t]|$)")

        def found(numbers: range) -> bool:
            for number in numbers:
                line = lines.line(number)
                if item.match(line):
                    return True
                if line and not line.isspace() and not line.startswith((f"{indent} ", f"{indent}#")):
                    return False
            return False

        return found(range(place.line - 1, 0, -1)) or found(range(place.end_line + 1, len(lines) + 1))

    def _lines_out(self, file: str, first: int, last: int) -> Edit:
        """Remove whole lines and the suppressions directly above, which would otherwise apply to the next
        entry. If something else is on these lines, the check after the edit notices."""
        lines = self._lines(file)
        while first > 1 and _SUPPRESSION.match(lines.line(first - 1)):
            first -= 1
        return self._edit(file, lines.starts[first - 1], lines.end(last))

    def _edit(self, file: str, start: int, end: int) -> Edit:
        return Edit(self._lines(file).place(file, start, end), "")

    # -- places ---------------------------------------------------------------------------------------

    def _text(self, place: Location) -> str:
        start, end = self._lines(place.file).offsets(place)
        return self._texts[place.file][start:end]

    def _lines(self, file: str) -> Lines:
        """The lines of a file; refuses the fix if there is none."""
        if file not in self._texts:
            raise _RefusedError(say("the entry is in no file"))
        if file not in self._lines_of:
            self._lines_of[file] = Lines(self._texts[file])
        return self._lines_of[file]


def _subject(finding: Finding) -> tuple[str | None, ...]:
    return finding.code, finding.root, finding.address


def _shared_spans(file: str, text: str) -> list[tuple[int, int]]:
    from vcolint.text.source import MappingNode, Node, ScalarNode, Source, SyntaxFault
    from vcolint.text.yaml import parse

    try:
        waiting: list[Node] = list(parse(Source(file, text)))
    except SyntaxFault:  # such as a script
        return []
    seen: set[int] = set()
    spans: set[tuple[int, int]] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # an alias is its anchor's node
            spans.add((node.start, node.end))
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            for pair in (*node.pairs, *node.merged):
                waiting += pair
        elif not isinstance(node, ScalarNode):
            waiting += node.items
    return sorted(spans)
