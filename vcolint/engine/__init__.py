"""The engine: rules from their pages, their selection and precedence, and running their checks.

It knows no input or output formats, and no rule by its code. `rules` loads pages, `evaluate` runs them over a
route set.
"""
