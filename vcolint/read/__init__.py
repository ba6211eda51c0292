"""The readers: one module for each kind of input. They turn files into route entries with their places.

They do not know rules, settings, reports or output formats.
`recognise` tells the kinds apart, and `inputs` calls the readers; every reader returns a `Reading`.
"""
