"""The readers: one module for each kind of input. They turn files into route entries with their places.

They do not know rules, settings, reports or output formats.
`inputs` tells the kinds apart; every reader returns a `Reading`.
"""
