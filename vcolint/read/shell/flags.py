"""The parameters and flags of the `aliyun` CLI, and where a call begins."""

from __future__ import annotations

import re

from vcolint.read.draft import CLI

COMMANDS = ("CreateVcoRouteEntry", "create-vco-route-entry")
# The parameters in both spellings of the CLI: its plugins use kebab-case.
PARAMETERS = (
    CLI
    | {re.sub(r"(?<!^)(?=[A-Z])", "-", field).lower(): field for field in CLI}
    | {"biz-region-id": "RegionId"}
)
# The CLI's own flags: those that take a value, and switches; and the parameters of every RPC call.
_FLAGS = """
profile language region endpoint endpoint-type mode config-path read-timeout connect-timeout retry-count
access-key-id access-key-secret sts-token sts-region ram-role-name ram-role-arn role-session-name
source-profile external-id private-key key-pair-name process-command expired-seconds credentials-uri
oidc-provider-arn oidc-token-file cloud-sso-sign-in-url cloud-sso-access-config cloud-sso-account-id
version header body body-file method output waiter cli-query pager cli-ai-mode user-agent
OwnerAccount ResourceOwnerAccount ResourceOwnerId
"""
_SWITCHES = "force secure insecure quiet help roa skip-secure-verify dryrun cli-dry-run no-pager yes"
FLAGS = frozenset(_FLAGS.split())
SWITCHES = frozenset(_SWITCHES.split())
DRY_RUN = ("dryrun", "cli-dry-run")  # print the request and send nothing


def call(texts: list[str | None]) -> int | None:
    """The position of the program among the words of a command that creates a route, else None."""
    end = next((place for place, text in enumerate(texts) if text in COMMANDS), 0)
    for place, text in enumerate(texts[:end]):
        if text is not None and text.rpartition("/")[2] == "aliyun":
            beside = texts[place + 1 : end]
            return place if "help" not in beside and ("vpc" in beside or None in beside) else None
    # Otherwise, through a variable or a wrapper.
    return end - 2 if end > 1 and texts[end - 1] == "vpc" else None


def takes_value(flag: str) -> bool:
    """Whether the word after the flag is its value."""
    return flag[2:] not in SWITCHES if flag.startswith("--") else flag in ("-p", "-o")
