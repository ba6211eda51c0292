"""The Terraform language: syntax, values, types, functions, expressions, modules and their instances.

It does not know routes or rules: the caller describes resource types in a `Schema`.
It reads folders of configuration through `configuration`, and evaluates each value once, when it is needed.
"""
