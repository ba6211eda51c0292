"""The engine: rules from their pages, their selection and precedence, and running their checks.

It does not know input or output formats, or any rule by its code but those that always run.
`rules` loads pages, `evaluate` runs them over a route set, `schema` checks what people write.
"""
