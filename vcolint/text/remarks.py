"""Comments for vcolint in YAML."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from vcolint.text.source import MappingNode, Node, Remark, ScalarNode, Source
from vcolint.text.yaml import content_start

# In YAML the last three characters end a line, too.
_BREAK = r"\r\n\x85\u2028\u2029"
# The beginning of a comment outside of scalars: at the start of a line, or behind a blank.
_BEGINNING = rf"#(?<![^ \t{_BREAK}]#)"
# Also behind the comment for another tool: `# yamllint disable # vcolint: ignore[VCO106]`.
_REMARK = rf"{_BEGINNING}[ \t]*((?i:vcolint(?::|[ \t_-]*ignore))[^{_BREAK}]*)"
_LINE = rf"[^{_BREAK}]*"


def find(source: Source, documents: Sequence[Node]) -> list[Remark]:
    """The comments that begin with `vcolint:` in any case, or lack its colon, in the order of the text.

    `documents` are the trees of the text: a `#` inside a scalar begins no comment.
    """
    text = source.text
    if "#" not in text or re.search(_REMARK, text) is None:
        return []
    beginning, form, rest = map(re.compile, (_BEGINNING, _REMARK, _LINE))
    scalars = _spans(text, documents)
    starts = [start for start, _ in scalars]
    remarks = []
    end = 0  # of the last comment or scalar
    for hash_sign in beginning.finditer(text):
        at = hash_sign.start()
        if at < end:
            continue
        index = bisect_right(starts, at) - 1
        if index >= 0 and at < scalars[index][1] and not _in_header(text, starts[index], at):
            end = scalars[index][1]
            continue
        line = rest.match(text, at)
        assert line is not None
        end = line.end()
        found = form.search(text, at, end)
        if found is not None:
            said = found[1].rstrip()
            start = found.start(1)
            remarks.append(Remark(said, source.location(start, start + len(said))))
    return remarks


def _in_header(text: str, start: int, at: int) -> bool:
    """Whether `at` is in the first line of the block that begins at `start`."""
    return text[start] in "|>" and re.compile(_LINE).fullmatch(text, start, at) is not None


def _spans(text: str, documents: Sequence[Node]) -> list[tuple[int, int]]:
    """The spans of the scalars that may hold a `#`, in order. None overlap."""
    spans = set()
    waiting = list(documents)
    seen = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ScalarNode):
            if not node.plain or node.tag is not None:
                spans.add((content_start(text, node.start, node.end), node.end))
        elif id(node) not in seen:  # an alias is its anchor's node
            seen.add(id(node))
            if isinstance(node, MappingNode):
                for pair in (*node.pairs, *node.merged):
                    waiting += pair
            else:
                waiting += node.items
    return sorted(spans)
