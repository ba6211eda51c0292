"""Comments for vcolint in YAML."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from vcolint.text.source import MappingNode, Node, Remark, ScalarNode, Source

# In YAML the last three characters end a line, too.
_BREAK = r"\r\n\x85\u2028\u2029"
# At the start of a line or behind a blank. It may stand in a comment for another tool:
# `# yamllint disable # vcolint: ignore[VCO106]`.
_REMARK = rf"#(?<![^ \t{_BREAK}]#)[ \t]*(?=(?i:vcolint(?::|[ \t_-]*ignore)))"
_LINE = rf"[^{_BREAK}]*"
_BLOCK_HEADER = rf"(?:![^ {_BREAK}]*[ {_BREAK}]+)?[|>]{_LINE}"


def find(source: Source, documents: Sequence[Node]) -> list[Remark]:
    """The comments that begin with `vcolint:` in any case, or lack its colon, in the order of the text.

    `documents` are the trees of the text: a `#` inside a scalar begins no comment.
    """
    text = source.text
    if "#" not in text or re.search(_REMARK, text) is None:
        return []
    scalars = _spans(text, documents)
    starts = [start for start, _ in scalars]
    line = re.compile(_LINE)
    remarks = []
    end = 0  # of the last remark
    for found in re.finditer(_REMARK, text):
        start = found.end()
        index = bisect_right(starts, start) - 1
        if start > end and (index < 0 or start >= scalars[index][1]):
            said = line.match(text, start)[0].rstrip()  # type: ignore[index]
            end = start + len(said)
            remarks.append(Remark(said, source.location(start, end)))
    return remarks


def _spans(text: str, documents: Sequence[Node]) -> list[tuple[int, int]]:
    """The spans of the scalars that may hold a `#`, in order. That of a block begins after its first line."""
    header = re.compile(_BLOCK_HEADER)
    spans = set()
    waiting = list(documents)
    seen = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ScalarNode):
            if not node.plain:
                block = header.match(text, node.start, node.end)
                spans.add((block.end() if block else node.start, node.end))
        elif id(node) not in seen:  # an alias is its anchor's node
            seen.add(id(node))
            if isinstance(node, MappingNode):
                for pair in (*node.pairs, *node.merged):
                    waiting += pair
            else:
                waiting += node.items
    return sorted(spans)
