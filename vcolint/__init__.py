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

# Where each name comes from. They are imported when they are needed, so that `import vcolint` stays light.
_HOMES = {
    "Config": "model.settings",
    "ConfigError": "errors",
    "Diff": "report.comparison",
    "Finding": "report.finding",
    "Location": "text.value",
    "Paths": "report.routing",
    "PolicyError": "errors",
    "Report": "report.finding",
    "RouteEntry": "model.entry",
    "RulePageError": "errors",
    "Unchecked": "report.finding",
    "Unknown": "text.value",
    "VcolintError": "errors",
    "check": "library",
    "check_paths": "library",
    "diff": "library",
    "load": "library",
    "load_config": "config.load",
    "paths": "library",
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
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
