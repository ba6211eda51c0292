"""The errors that vcolint raises. Findings are not errors: they are in the report."""

from __future__ import annotations

from typing import Any


class VcolintError(Exception):
    """The call itself is wrong: its arguments, the config, or a rule page."""

    @property
    def message(self) -> str:
        """What is wrong, in English; `vcolint.locale.tr` translates it."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class ConfigError(VcolintError):
    """`vcolint.yaml` or an option is wrong. Says where and, for a name, the nearest one."""


class RulePageError(VcolintError):
    """A rule page cannot be used. Says the file and the line."""


class PolicyError(VcolintError):
    """`Report.raise_for_errors` raises it; `report` is that `vcolint.Report`."""

    def __init__(self, report: Any) -> None:
        self.report = report
        first = next((f for f in report.findings if f.severity == "error"), None) or report.findings[0]
        more = f" (and {len(report.findings) - 1} more)" if len(report.findings) > 1 else ""
        super().__init__(f"{first.code} {first.name}: {first.message}{more}")
