"""The language server in a real Neovim, with the configuration that docs/editors.md shows."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pygls")

from terminal import YAML, environment, shown_in_docs

NEOVIM = shutil.which("nvim")

# What someone does in the editor. Each step waits for the one before it.
DRIVE = """
local seen = {}
local function codes()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(nil)) do
    table.insert(found, string.format("%d:%d %s", one.lnum, one.col, one.code))
  end
  table.sort(found)
  return found
end
local function wait(what, ready)
  if not vim.wait(60000, ready, 20) then
    seen.timeout = what
    seen.last = codes()
  end
end
local function shows(...)
  local wanted = { ... }
  wait(table.concat(wanted, ", "), function() return vim.deep_equal(codes(), wanted) end)
end
local function ask(method, extra)
  local params = vim.lsp.util.make_position_params()
  local answers = vim.lsp.buf_request_sync(0, method, vim.tbl_extend("force", params, extra or {}), 60000)
  for _, answer in pairs(answers or {}) do return answer.result end
end
local function type(keys)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(keys, true, false, true), "x", false)
end

local ok, fault = pcall(function()
  shows(FIRST, SECOND)
  seen.first = codes()

  vim.api.nvim_win_set_cursor(0, { 5, 0 })
  type("/50<CR>ciw100<Esc>")
  shows(SECOND)
  seen.typed = codes()

  type("gg/10.1.0.0<CR>")
  seen.hover = ask("textDocument/hover").contents.value

  type("gg/\\"100<CR>")
  local here = vim.lsp.util.make_range_params()
  here.context = { diagnostics = {} }
  for _, action in ipairs(ask("textDocument/codeAction", here)) do
    if action.isPreferred then
      vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
    end
  end
  shows()
  seen.text = vim.api.nvim_buf_get_lines(0, 0, -1, true)
end)
if not ok then seen.fault = fault end
local out = io.open(vim.env.SEEN, "w")
out:write(vim.json and vim.json.encode(seen) or vim.fn.json_encode(seen))
out:close()
vim.cmd("qa!")
"""


@pytest.mark.skipif(NEOVIM is None, reason="there is no Neovim (Debian's package neovim)")
def test_neovim_with_the_configuration_of_the_docs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    plugin = home / ".config" / "nvim" / "plugin" / "vcolint.lua"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(shown_in_docs("neovim"), encoding="utf-8")
    project = tmp_path / "my 项目"
    project.mkdir()
    (project / "a.yaml").write_text(YAML, encoding="utf-8")
    # Neovim counts bytes.
    lines = YAML.encode().splitlines()
    first = f"4:{lines[4].index(b'50')} VCO401"
    second = f"5:{lines[5].index(b'100') - 1} VCO402"
    drive = tmp_path / "drive.lua"
    drive.write_text(DRIVE.replace("FIRST", f'"{first}"').replace("SECOND", f'"{second}"'), encoding="utf-8")
    seen = tmp_path / "seen.json"
    result = subprocess.run(
        [str(NEOVIM), "--headless", "a.yaml", "-c", f"luafile {drive}"],
        cwd=project,
        env={**environment(home), "SEEN": str(seen)},
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    assert seen.exists(), result.stderr
    told = json.loads(seen.read_text(encoding="utf-8"))
    assert told.keys() == {"first", "typed", "hover", "text"}, told
    assert told["first"] == [first, second]
    assert told["typed"] == [second]
    assert told["hover"].startswith("**10.1.0.0/16**: 65,536 addresses")
    assert told["text"] == YAML.replace("50", "100").replace('"100"', "100").splitlines()
