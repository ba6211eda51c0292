"""The model: route entries and their values, networks, the route set with its domains, the forwarding table.

It does not know files, formats, rules or reports.
`reading` is what readers hand to it, `settings` what a config sets.
"""
