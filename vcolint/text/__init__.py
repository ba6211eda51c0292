"""Files as text with places: source text, YAML and JSON as nodes, walking folders, globs, wording.

It knows no routes, rules, settings or reports. All other packages build on it.
"""
