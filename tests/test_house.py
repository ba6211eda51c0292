"""The house: which package imports which, what each says about itself, and what the project depends on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "vcolint"
ROOMS = sorted(path.relative_to(ROOT) for path in PACKAGE.glob("*/**/__init__.py"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> set[str]:
    """The top-level modules that the package imports, also inside of functions and for types only."""
    names: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"vcolint"}


def declared() -> set[str]:
    lines = requires("vcolint") or []
    # The language server's are in an extra; the other extras are for what runs beside vcolint.
    own = [line for line in lines if "extra ==" not in line or re.search(r"extra == .server.", line)]
    return {normal(re.split(r"[^\w.-]", line)[0]) for line in own}


def test_imported_dependencies_are_those_that_are_declared() -> None:
    owners = packages_distributions()
    unowned = sorted(name for name in imported() if name not in owners)
    assert unowned == []
    assert {normal(owner) for name in imported() for owner in owners[name]} == declared()


def test_layers() -> None:
    """The contracts of `[tool.importlinter]` in pyproject.toml hold."""
    program = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_circles() -> None:
    """No module imports itself through others, not even for types."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in names.items()}
    imports = {name: imports_of(path) & modules.keys() for name, path in modules.items()}
    while leaves := [name for name, found in imports.items() if not found & imports.keys()]:
        for name in leaves:
            del imports[name]
    assert sorted(imports) == []


def imports_of(path: Path) -> set[str]:
    """The modules of vcolint that a file imports, wherever in it: `from a.b import c` is a.b, or a.b.c."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("vcolint."):
            for alias in node.names:
                inner = PACKAGE.joinpath(*node.module.split(".")[1:], alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").exists()
                found.add(f"{node.module}.{alias.name}" if is_module else node.module)
    return found


@pytest.mark.parametrize("path", ROOMS, ids=str)
def test_each_package_says_what_it_holds_and_what_it_does_not_know(path: Path) -> None:
    text = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8"))) or ""
    lines = [line for line in text.splitlines() if line]
    assert len(lines) == 3
    assert re.search(r"\b(do|does) not know\b", lines[1])
