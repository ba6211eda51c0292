"""The Terraform language: syntax, values, types, functions, expressions, modules and their instances.

It does not know routes or rules: `schema` is what the caller tells it about resource types.
It reads folders of configuration through `files` and evaluates what is asked for, once.
"""
