"""The readers: one module for each kind of input. They turn files into route entries with their places.

They do not know rules, reports or output formats; of the settings, only the environments of Terraform.
`recognise` tells the kinds apart, and `inputs` calls the readers; every reader returns a `Reading`.
"""
