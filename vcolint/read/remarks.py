"""Comments in YAML that speak to vcolint."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from vcolint.read.reading import Remark
from vcolint.read.source import MappingNode, Node, ScalarNode, Source
from vcolint.read.yaml import PROPERTIES

# A comment begins at the beginning of a line or behind a blank. The group ends at the last character of
# the comment that is not blank. YAML ends a line at the three last characters too.
_BREAK = r"\r\n\x85\u2028\u2029"
_REMARK = re.compile(rf"(?:(?<=[ \t{_BREAK}])|\A)#[ \t]*(vcolint:[^{_BREAK}]*)", re.IGNORECASE)

# What may stand in a scalar's span before a comment: its tag, and the first line of a block.
_BEFORE_COMMENT = re.compile(rf"{PROPERTIES}(?:[|>][-+0-9]*[ \t]+)?")


def find(source: Source, documents: Sequence[Node]) -> list[Remark]:
    """The comments that begin with `vcolint:`, in any case of letters, as they stand in the text.

    `documents` are the trees of the text: what looks like a comment inside a scalar is none.
    """
    text = source.text
    candidates = list(_REMARK.finditer(text))
    if not candidates:
        return []
    scalars = _spans(documents)
    starts = [start for start, _ in scalars]
    remarks = []
    for candidate in candidates:
        index = bisect_right(starts, candidate.start()) - 1
        if index >= 0 and candidate.start() < scalars[index][1]:
            begin = scalars[index][0]
            if _BEFORE_COMMENT.fullmatch(text, begin, candidate.start()) is None:
                continue
        said = candidate[1].rstrip()
        start = candidate.start(1)
        remarks.append(Remark(said, source.location(start, start + len(said))))
    return remarks


def _spans(documents: Sequence[Node]) -> list[tuple[int, int]]:
    """The spans of all scalars that may hold a `#`, by their beginning. No two overlap."""
    spans = set()
    waiting = list(documents)
    seen = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ScalarNode):
            if not node.plain or node.tag is not None:
                spans.add((node.start, node.end))
        elif id(node) not in seen:  # an alias is its anchor's node
            seen.add(id(node))
            if isinstance(node, MappingNode):
                for pair in (*node.pairs, *node.merged):
                    waiting += pair
            else:
                waiting += node.items
    return sorted(spans)
