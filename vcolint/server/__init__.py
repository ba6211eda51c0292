"""The language server: what an editor shows of a project while someone types.

It does not know the command line. Only the command line knows it.
It asks the library, so an editor and `vcolint check` say the same.
"""
