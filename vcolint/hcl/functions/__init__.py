"""The functions of Terraform that routes use, one module for each kind, each with a table of signatures.

They do not know modules, expressions or files.
`signature.call` calls one; `vcolint.hcl.files` adds those that read files.
"""
