"""The language server: what an editor shows of a project while someone types.

It asks the library, so an editor and `vcolint check` say the same. Only the command line knows it.
"""
