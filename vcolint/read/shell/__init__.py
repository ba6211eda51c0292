"""Shell scripts that call `aliyun vpc CreateVcoRouteEntry`.

It does not know rules or the set that an entry is part of; it runs nothing.
`words` and `scanner` split a script into commands, `interpreter` follows its variables, `flags` is the CLI.
"""

# The scanner is our own. Of 771 scripts on a Debian machine that `bash -n` accepts, tree-sitter-bash 0.25 has
# errors in 53 (`for i; do`, `for i` before a line with `do`, backticks with escapes, here-documents in
# pipelines), and in several of them the whole file is one error. This scanner reads all of them.

from __future__ import annotations

from vcolint.model.reading import Reading
from vcolint.read.shell.flags import COMMANDS
from vcolint.read.shell.interpreter import Interpreter
from vcolint.read.shell.scanner import Scanner
from vcolint.text.source import Remark, Source


def read(source: Source) -> Reading:
    """Read a script. Never raises: what cannot be understood is a problem at its place."""
    reading = Reading("cli", [source.file])
    reading.texts[source.file] = source.text
    if any(command in source.text for command in COMMANDS):
        scanner = Scanner(source, reading)
        scanner.scan()
        reading.remarks = [
            Remark(source.text[start:end], source.location(start, end))
            for start, end in scanner.remarks.items()
        ]
        Interpreter(source, reading, scanner.events).run()
    return reading
