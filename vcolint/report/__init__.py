"""The report: findings from hits, rule pages and their selection, suppressions, and fixes.

It does not know formats of output or the command line.
The rule pages are here too: `rules` and `pages` read them, `trials` runs their examples.
"""
