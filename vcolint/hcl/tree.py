"""A root module and the modules below it: their files, and what their instances share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vcolint.hcl.configuration import Configuration, load
from vcolint.hcl.files import Files
from vcolint.hcl.schema import Schema
from vcolint.hcl.values import HclValue, NotSupportedError
from vcolint.locale import say

MAX_INSTANCES = 50_000  # of resources and modules together, in one root
MAX_REASON = 200  # characters


class Tree:
    """A root module and the modules below it. `scope` is the scope of references to them."""

    def __init__(self, files: Files, schema: Schema, workspace: str, scope: str) -> None:
        self.files = files
        self.work = files.work
        self.schema = schema
        self.workspace = workspace
        self.scope = scope
        self.configurations: dict[Path, Configuration] = {}  # in the order of reading
        self.values: dict[str, HclValue] = {}  # of the root's variables
        self.values_broken = False  # a variable file cannot be read
        # The reason why a variable without a value is unknown.
        self.no_value: Callable[[str], str] = lambda name: say("var.{name} has no value", name=name)
        self._instances = 0
        self._called: dict[tuple[Path, str], Configuration | str] = {}

    def load(self, folder: Path) -> Configuration:
        """The configuration in a folder. Raises OSError."""
        found = self.configurations.get(folder)
        if found is None:
            found = self.configurations[folder] = load(folder, self.schema, self.files)
        return found

    def called(self, folder: Path, source: str) -> Configuration | str:
        """The configuration that a module in `folder` calls by a local path, or why it cannot be read."""
        key = (folder, source)
        if key not in self._called:
            self._called[key] = self._find(folder, source)
        return self._called[key]

    def _find(self, folder: Path, source: str) -> Configuration | str:
        try:
            called = (folder / source).resolve()
            if not self.files.inside(called):
                return say("a module outside the folder")
            if not called.is_dir():
                return say("there is no module in {source}", source=source[:MAX_REASON])
            return self.load(called)
        except (OSError, RuntimeError, ValueError):
            return say("a module that cannot be read: {source}", source=source[:MAX_REASON])

    def spend_instances(self, count: int) -> None:
        """Count instances. Raises NotSupportedError if there are too many."""
        if count > MAX_INSTANCES - self._instances:
            raise NotSupportedError(say("more than {MAX_INSTANCES} instances", MAX_INSTANCES=MAX_INSTANCES))
        self._instances += count
