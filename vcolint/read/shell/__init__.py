"""Shell scripts that call `aliyun vpc CreateVcoRouteEntry`.

It does not know rules or the set that an entry is part of; it runs nothing.
`scanner` splits a script into commands, `interpreter` follows its variables, `flags` is the CLI.
"""

# The scanner is our own. Of 771 scripts on a Debian machine that `bash -n` accepts, tree-sitter-bash 0.25 has
# errors in 53 (`for i; do`, `for i` before a line with `do`, backticks with escapes, here-documents in
# pipelines), and in several of them the whole file is one error. This scanner reads all of them.

from __future__ import annotations

from vcolint.model.reading import Reading
from vcolint.read.shell.flags import COMMANDS
from vcolint.read.shell.interpreter import Interpreter
from vcolint.read.shell.scanner import Scanner
from vcolint.text.source import Problem, Remark, Source, SyntaxFault


def read(source: Source) -> Reading:
    """Read a script. A quote or bracket that is never closed is a problem; the text above it is read."""
    reading = Reading("cli", [source.file])
    reading.texts[source.file] = source.text
    if not any(command in source.text for command in COMMANDS):
        return reading
    scanner = Scanner(source.text)
    commands = scanner.commands
    try:
        scanner.scan()
    except SyntaxFault as fault:
        commands = [one for one in commands if one.words[0].start < scanner.begin]
        if any(command in source.text[scanner.begin :] for command in COMMANDS):  # else none is missed
            place = source.location(fault.start, fault.end)
            reading.problems.append(Problem("syntax", fault.message, place))
    reading.remarks = [
        Remark(source.text[start:end], source.location(start, end)) for start, end in scanner.remarks
    ]
    Interpreter(source, reading, commands).run()
    return reading
