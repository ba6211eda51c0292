"""The fixes of findings: edits of a value's text, or the removal of an entry.

Only literals are edited. A value that came unchanged from a literal elsewhere (a variable file, a decoded
data file) is edited there, if that fixes every entry that uses it. A value from an anchor or a template is
not edited, because other values may depend on it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import chain

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
_JSON = (".json", *_LINES)  # without anchors and comments


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
        self._lines_of = cache(lambda file: Lines(texts[file]))
        self._shared_in = cache(lambda file: _shared_spans(file, texts[file]))
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
        match = _WEIGHT_TEXT.fullmatch(self._own_text(place))
        if match is None:
            raise _RefusedError(say("the value is not plain text in quotes"))
        return Fix(say("write the number {match}", match=match[2]), True, (Edit(place, match[2]),))

    def _replacement(self, routes: RouteSet, hit: Hit, finding: Finding) -> Iterator[Edit]:
        """Replace a value, keeping its quotes; in each environment, its literal."""
        record, field = routes.held(hit.entry), hit.field or ""
        reading, value = routes.place(hit.entry)[0], routes.value(hit.entry, field)
        if reading.kind not in SOURCES:
            kind = reading.kind.replace("-", " ")
            raise _RefusedError(say("a program generated this file (a {kind})", kind=kind))
        if reading.kind == "terraform" and str(value) in self._named:
            raise _RefusedError(say("other parts of the configuration refer to it"))
        origins = [] if record is None else [one.location for one in finding.related if one.origin]
        if not origins and record is not None and not record.fields[field].literal:
            raise _RefusedError(say("the value comes from an expression or a variable"))
        if any(hit.replacement not in texts for origin in origins for texts in self._users[origin]):
            raise _RefusedError(say("the fix is wrong for other values that come from the same literal"))
        for place in origins or [finding.location]:
            written = self._own_text(place)
            quote = next((one for one in ('"', "'", "") if written == f"{one}{value}{one}"), None)
            if quote is None:
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
        reading, place = routes.place(number)[0], routes.location(number)
        if reading.kind == "terraform":
            return self._block_out(routes.record(number), reading.files)
        if reading.kind != "route-set":
            raise _RefusedError(say("vcolint removes entries only from route sets and Terraform"))
        if place.file.lower().endswith(_LINES):
            return self._lines_out(place.file, place.line, place.end_line)
        return self._item_out(place)

    def _block_out(self, record: Record, files: Iterable[str]) -> Edit:
        """Remove one Terraform resource block."""
        address, file = record.address or "", record.location.file
        if address.startswith("module.") or address.endswith("]"):
            raise _RefusedError(say("its block creates other entries too"))
        if not file.endswith(".tf"):
            raise _RefusedError(say("vcolint does not remove resources from JSON"))
        if any(re.search(rf"\b{re.escape(address)}\b", self._texts.get(other, "")) for other in files):
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
        line_start = lines.starts[place.line - 1]
        block = _BEFORE_BLOCK_ITEM.fullmatch(text, line_start, start)
        if block is not None:
            if not _has_neighbour(lines, place, block["indent"]):
                raise _RefusedError(say("the entry is the only one in its list"))
            return self._lines_out(file, place.line, place.end_line)
        before = start
        while before and text[before - 1].isspace():
            before -= 1
        mark = text[before - 1 : before]
        behind = _BEHIND_FLOW_ITEM.match(text, end)
        # The mark before it may be in a comment.
        own_line = text[text.rfind("\n", 0, before) + 1 : before]
        in_comment = "#" in own_line and not file.lower().endswith(_JSON)
        if mark not in ("[", ",") or behind is None or in_comment:
            raise _RefusedError(say("the entry is not one item of a list"))
        if behind["mark"] != "]":
            return Edit(lines.place(file, start, behind.end()), "")
        if mark == "[":
            raise _RefusedError(say("the entry is the only one in its list"))
        return Edit(lines.place(file, before - 1, end), "")

    def _lines_out(self, file: str, first: int, last: int) -> Edit:
        """Remove whole lines and the suppressions directly above, which would otherwise apply to the next
        entry. If something else is on these lines, the check after the edit notices."""
        lines = self._lines(file)
        while first > 1 and _SUPPRESSION.match(lines.line(first - 1)):
            first -= 1
        return Edit(lines.place(file, lines.starts[first - 1], lines.end(last)), "")

    def _lines(self, file: str) -> Lines:
        """The lines of a file; refuses the fix if there is none."""
        if file not in self._texts:
            raise _RefusedError(say("the entry is in no file"))
        return self._lines_of(file)


def _subject(finding: Finding) -> tuple[str | None, ...]:
    return finding.code, finding.root, finding.address


def _has_neighbour(lines: Lines, place: Location, indent: str) -> bool:
    """Whether a block item has another item of the same list before or after it."""

    def content(numbers: range) -> str:
        found = (line for line in map(lines.line, numbers) if line.strip() and line.lstrip()[0] != "#")
        return next(found, "")

    before, behind = content(range(place.line - 1, 0, -1)), content(range(place.end_line + 1, len(lines) + 1))
    item = rf"{indent}-(?:[ \t]|$)"
    return bool(re.match(rf"{item}|{indent}[ \t]", before) or re.match(item, behind))


def _shared_spans(file: str, text: str) -> Sequence[tuple[int, int]]:
    """The spans of a YAML file that aliases or merge keys use."""
    from vcolint.text.source import MappingNode, Node, ScalarNode, Source, SyntaxFault
    from vcolint.text.yaml import parse

    if "&" not in text or "*" not in text or file.lower().endswith((".tf", *_JSON)):
        return []
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
            waiting += chain.from_iterable((*node.pairs, *node.merged))
        elif not isinstance(node, ScalarNode):
            waiting += node.items
    return sorted(spans)
