"""The command line: a module for each command or for similar ones, and what they share.

It does not know how anything is checked: it calls the library and writes what renderers give.
`app` puts the commands together; `options` and `terminal` hold what they share.
"""

from vcolint.cli.app import console, main

__all__ = ["console", "main"]
