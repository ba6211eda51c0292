"""Real editors in a terminal, with the settings of docs/editors.md: keys go in, the screen is looked at."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pygls")

from terminal import YAML, Terminal, running_terminal, shown_in_docs

terminal = running_terminal

MENDED = YAML.replace("50", "100").replace('"100"', "100")
REFUSED = "weight 50 is not allowed: use 100 (primary) or 0 (backup)"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my 项目"
    folder.mkdir()
    (folder / "a.yaml").write_text(YAML, encoding="utf-8")
    return folder


@pytest.mark.skipif(shutil.which("nvim") is None, reason="there is no Neovim (Debian's package neovim)")
def test_neovim(terminal: Terminal, project: Path) -> None:
    plugin = terminal.home / ".config" / "nvim" / "plugin" / "vcolint.lua"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(shown_in_docs("neovim"), encoding="utf-8")
    terminal.start(project, "nvim", "a.yaml")
    terminal.until(REFUSED, "Weight is the text")

    terminal.type("/50\rciw100")
    terminal.keys("Escape")
    terminal.until("Weight: 100}", gone="weight 50")

    terminal.type("gg/10.1.0.0\r:lua vim.lsp.buf.hover()\r")
    terminal.until("10.1.0.0/16: 65,536 addresses", "Carried by `vco-a`.", "If `vco-a` fails: nobody.")

    terminal.type('gg/"100\r:lua vim.lsp.buf.code_action()\r')
    terminal.until("VCO402: write the number 100", "VCO402: suppress with a reason")
    terminal.type("1\r")
    terminal.until("10.2.0.0/16, Weight: 100}", gone="Weight is the text")

    terminal.type(":w\r")
    terminal.until("written")
    assert (project / "a.yaml").read_text(encoding="utf-8") == MENDED

    terminal.type("ggO# vcolint: ignore-file[VCO40")
    terminal.keys("C-x", "C-o")
    terminal.until("VCO401", "VCO402", "VCO403")


def command(terminal: Terminal, name: str) -> None:
    """A command of Emacs, by its name."""
    terminal.keys("M-x")
    terminal.type(f"{name}\r")


def has_eglot() -> bool:
    needs = "(progn (package-initialize) (require 'eglot) (require 'yaml-mode))"
    return (
        shutil.which("emacs") is not None
        and not subprocess.run(
            ["emacs", "--batch", "--eval", needs], capture_output=True, timeout=60
        ).returncode
    )


def test_emacs(terminal: Terminal, project: Path) -> None:
    if not has_eglot():
        pytest.skip("there is no Emacs with Eglot (Debian's packages emacs-nox, elpa-eglot, elpa-yaml-mode)")
    settings = terminal.home / ".emacs.d"
    settings.mkdir()
    (settings / "init.el").write_text(shown_in_docs("emacs"), encoding="utf-8")
    # In a new home Emacs would compile its packages, and show what it does not like in them.
    quiet = "(setq native-comp-deferred-compilation nil native-comp-jit-compilation nil)"
    (settings / "early-init.el").write_text(quiet, encoding="utf-8")
    terminal.start(project, "emacs", "-nw", "a.yaml")
    terminal.until("VpnConnectionId: vco-a")

    command(terminal, "eglot")
    terminal.until("Connected! Server `vcolint'")
    terminal.until("Flymake[1 1]")
    command(terminal, "flymake-show-buffer-diagnostics")
    terminal.until("invalid-weight [VCO401]: weight 50 is not", "weight-type [VCO402]: Weight")
    terminal.keys("C-x", "1")

    command(terminal, "replace-string")
    terminal.type("50\r100\r")
    terminal.until("Flymake[0 1]")

    terminal.keys("M-<")
    terminal.keys("C-s")
    terminal.type("10.1.0\r")
    terminal.keys("C-b")  # ElDoc waits for a movement
    terminal.until("65,536 addresses")

    terminal.keys("C-s")
    terminal.type('"10\r')
    command(terminal, "eglot-code-actions")
    terminal.until("[eglot] Pick an action")
    terminal.type("\r")  # the preferred one
    terminal.until("10.2.0.0/16, Weight: 100}", "Flymake[0 0]")

    terminal.keys("C-x", "C-s")
    terminal.until("Wrote")
    assert (project / "a.yaml").read_text(encoding="utf-8") == MENDED

    terminal.keys("M-<")
    terminal.type("# vcolint: ignore-file[VCO40")
    command(terminal, "completion-at-point")
    terminal.until("VCO401", "VCO402", "VCO403")
