"""The language server: what an editor shows of a project while someone types.

It knows the library and the protocol. Nothing knows it but the command line.
"""
