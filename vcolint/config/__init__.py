"""The config: reading `vcolint.yaml`, settling it with the command line, and showing what is in effect.

It does not know inputs or outputs.
The types of the settings are in `vcolint.model.settings`.
"""
