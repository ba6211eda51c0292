"""Files as text with places: source text, YAML, JSON and CSV as nodes, walking folders, globs, wording.

It does not know routes, rules, settings or reports.
Every other package builds on it: a `Location` comes from here.
"""
