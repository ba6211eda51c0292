"""vcolint: an offline linter and validation library for Alibaba Cloud VCO route entries.

report = vcolint.check(entries)
report.raise_for_errors()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcolint.version import __version__

if TYPE_CHECKING:
    from vcolint.config.load import load_config
    from vcolint.errors import ConfigError, PolicyError, RulePageError, VcolintError
    from vcolint.library import check, check_paths, diff, load, paths
    from vcolint.model.entry import RouteEntry
    from vcolint.model.settings import Config
    from vcolint.report.comparison import Diff
    from vcolint.report.finding import Finding, Report, Unchecked
    from vcolint.report.routing import Paths
    from vcolint.text.value import Location, Unknown

# Where the names come from. A module is imported when a name of it is needed, so that `import vcolint` stays
# light.
_HOMES = {
    "config.load": ("load_config",),
    "errors": ("ConfigError", "PolicyError", "RulePageError", "VcolintError"),
    "library": ("check", "check_paths", "diff", "load", "paths"),
    "model.entry": ("RouteEntry",),
    "model.settings": ("Config",),
    "report.comparison": ("Diff",),
    "report.finding": ("Finding", "Report", "Unchecked"),
    "report.routing": ("Paths",),
    "text.value": ("Location", "Unknown"),
}

__all__ = [
    "Config",
    "ConfigError",
    "Diff",
    "Finding",
    "Location",
    "Paths",
    "PolicyError",
    "Report",
    "RouteEntry",
    "RulePageError",
    "Unchecked",
    "Unknown",
    "VcolintError",
    "__version__",
    "check",
    "check_paths",
    "diff",
    "load",
    "load_config",
    "paths",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
