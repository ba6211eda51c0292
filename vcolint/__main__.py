"""`python -m vcolint`."""

from vcolint.cli import console

console()
