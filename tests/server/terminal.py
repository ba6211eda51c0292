"""A terminal of tmux, in which a real editor runs: keys go in, and what stands on the screen comes out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "editors.md"
# Two faults, behind characters that take two units in UTF-16.
YAML = """\
RegionId: cn-hangzhou
VpnConnectionId: vco-a
NextHop: vco-a
Routes:
  - {Description: "杭州 🏢", RouteDest: 10.1.0.0/16, Weight: 50}
  - {Description: "杭州 🏢", RouteDest: 10.2.0.0/16, Weight: "100"}
"""
_PATIENCE = 60.0  # seconds; only a test that fails waits so long


def shown_in_docs(name: str) -> str:
    """The block of settings that the docs show behind a marker."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, name
    return found[1]


def environment(home: Path) -> dict[str, str]:
    """The environment of someone who has only what is in `home`, and vcolint."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "LC_", "TMUX"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**kept, "HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "TERM": "xterm-256color"}


class Terminal:
    """One program in a terminal of 160 columns and 40 lines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()

    def start(self, where: Path, *command: str) -> None:
        self._tmux("new-session", "-d", "-x", "160", "-y", "40", "-c", str(where), *command)

    def keys(self, *keys: str) -> None:
        """Press keys, by the names that tmux has for them."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, *texts: str, gone: str | None = None) -> str:
        """Wait until all texts stand on the screen, and `gone` does not; the screen."""
        end = time.monotonic() + _PATIENCE
        while True:
            screen = self.screen()
            if all(text in screen for text in texts) and (gone is None or gone not in screen):
                return screen
            assert time.monotonic() < end, f"{texts}, without {gone}:\n{screen}"
            time.sleep(0.05)

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-u", "-f", os.devnull, "-S", str(self.folder / "tmux"), *arguments]
        done = subprocess.run(
            command, env=environment(self.home), capture_output=True, encoding="utf-8", timeout=_PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def end(self) -> None:
        self._tmux("kill-server")


@pytest.fixture
def running_terminal(tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.skip("there is no tmux (Debian's package of that name)")
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.end()
