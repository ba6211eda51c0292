"""The report: findings, suppressions, the baseline, fixes, and the results of paths, trace and diff.

It does not know output formats or the command line.
`run` goes from readings to a report.
"""
