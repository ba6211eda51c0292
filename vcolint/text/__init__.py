"""Files as text with places: source text, YAML and JSON as nodes, walking folders, globs, wording.

It does not know routes, rules, settings or reports.
All other packages build on it: a `Location` comes from here.
"""
