"""The page for a browser: findings, the address-space picture, the failover matrix, the switchboard.

It does not know rules, readers or settings, and computes nothing about routes: the script does that in
`routing.js`, from the destinations that Python passes to it.
"""
