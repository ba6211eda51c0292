"""Shell scripts that call `aliyun vpc CreateVcoRouteEntry`.

It does not know rules or the set that an entry is part of; it runs nothing.
`scanner` splits a script into commands, `interpreter` follows its variables and reads the calls.
"""

# The scanner is our own. Of 892 scripts on a Debian machine that `bash -n` accepts, tree-sitter-bash 0.25.1
# has errors in 30 (`for i do`, `((a; b) | c)`, two here-documents in one line), and in 16 of them it loses a
# call at the end. This scanner reads all of them.

from __future__ import annotations

from vcolint.model.reading import Reading
from vcolint.read.shell.interpreter import COMMANDS, Interpreter
from vcolint.read.shell.scanner import Scanner
from vcolint.text.source import Remark, Source


def read(source: Source) -> Reading:
    """Read a script. Raises SyntaxFault for a quote or a bracket that is never closed."""
    reading = Reading("cli", [source.file])
    reading.texts[source.file] = source.text
    if any(command in source.text for command in COMMANDS):
        scanner = Scanner(source.text)
        scanner.scan()
        reading.remarks = [
            Remark(source.text[start:end], source.location(start, end)) for start, end in scanner.remarks
        ]
        Interpreter(source, reading, scanner.commands).run()
    return reading
