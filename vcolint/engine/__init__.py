"""The engine: rules from their pages, their selection and precedence, and running their checks.

It does not know formats of input or of output, and no rule by its code.
`rules` loads pages, `evaluate` runs them over a route set.
"""
