"""The Terraform language: syntax, values, types, functions, expressions, modules and their instances.

It knows no routes and no rules: the caller describes resource types in a `schema`.
It reads folders of configuration through `files`, and evaluates each value once, when it is needed.
"""
