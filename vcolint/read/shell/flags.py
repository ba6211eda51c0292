"""The parameters and flags of the `aliyun` CLI, and where a call begins."""

from __future__ import annotations

import re

from vcolint.read.draft import CLI

COMMANDS = ("CreateVcoRouteEntry", "create-vco-route-entry")
# The parameters in both spellings of the CLI: that of its plugins is kebab-case.
PARAMETERS = (
    CLI
    | {re.sub(r"(?<!^)(?=[A-Z])", "-", field).lower(): field for field in CLI}
    | {"biz-region-id": "RegionId"}
)
# Parameters of every RPC call, which say nothing of the route.
COMMON = frozenset({"OwnerAccount", "ResourceOwnerAccount", "ResourceOwnerId"})
# The CLI's own flags: those that take a value, and switches.
_FLAGS = """
profile language region endpoint endpoint-type mode config-path read-timeout connect-timeout retry-count
access-key-id access-key-secret sts-token sts-region ram-role-name ram-role-arn role-session-name
source-profile external-id private-key key-pair-name process-command expired-seconds credentials-uri
oidc-provider-arn oidc-token-file cloud-sso-sign-in-url cloud-sso-access-config cloud-sso-account-id
version header body body-file method output waiter cli-query pager cli-ai-mode user-agent
"""
_SWITCHES = "force secure insecure quiet help roa skip-secure-verify dryrun cli-dry-run no-pager yes"
FLAGS = frozenset(_FLAGS.split())
SWITCHES = frozenset(_SWITCHES.split())
DRY_RUN = ("dryrun", "cli-dry-run")  # print the request and send nothing
_SHORT_FLAGS = {"-p": True, "-o": True, "-q": False, "-h": False}  # whether a value follows


def call(texts: list[str | None]) -> int | None:
    """The position of the program among the words of a command that creates a route, else None."""
    for place, text in enumerate(texts):
        if text is not None and text.rpartition("/")[2] == "aliyun":
            beside = [one for one in texts[place + 1 :] if one is None or not one.startswith("-")]
            if beside[:1] == ["help"]:
                return None
            if any(one in COMMANDS for one in beside) and ("vpc" in beside or None in beside):
                return place
    for place, text in enumerate(texts[1:-1], 1):
        if text == "vpc" and texts[place + 1] in COMMANDS:  # through a variable or a wrapper
            return place - 1
    return None


def takes_value(flag: str) -> bool:
    """Whether a word behind the flag is its value."""
    if flag.startswith("--"):
        return flag[2:] not in SWITCHES
    return _SHORT_FLAGS.get(flag, False)
