"""The model: the entries of a route set with their networks, the facts about them, and the forwarding table.

It does not know rules, hits, reports or formats of output.
It still reads `Reading` from `vcolint.read` and the types of the settings from `vcolint.config.load`.
"""
