"""Clients and workspaces that are not as they should be: bytes on the pipes of the real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pytest_lsp")

from editor import COMMAND, Editor, running_editor

editor = running_editor

ROUTE = (
    "- {RegionId: cn-hangzhou, VpnConnectionId: vco-a, NextHop: vco-a, "
    "RouteDest: 10.%d.%d.0/24, Weight: %d}\n"
)


class Pipes:
    """A client that writes what it likes."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message: object) -> None:
        self.frame(json.dumps(message).encode())

    def frame(self, body: bytes) -> None:
        self.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def read(self) -> Any:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return json.loads(self.process.stdout.read(length))

    def answer(self, number: int) -> Any:
        while True:
            message = self.read()
            if message.get("id") == number and "method" not in message:
                return message


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    pipes = Pipes()
    with pipes.process:  # closes the pipes
        yield pipes
        pipes.process.kill()


def initialize(number: int = 1) -> dict[str, Any]:
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    return {"jsonrpc": "2.0", "id": number, "method": "initialize", "params": params}


GARBAGE = [
    b"\xff\xfe\x00garbage",
    b"{",
    b"[1, 2]",
    b'"text"',
    b"null",
    b'{"jsonrpc": "2.0"}',
    b'{"jsonrpc": "2.0", "method": 7}',
    b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": 1}}',
    b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": null}',
    b'{"jsonrpc": "2.0", "id": 77, "result": null}',
    b'{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 999}}',
    b"[" * 100_000,
]


def test_garbage_is_survived(pipes: Pipes) -> None:
    pipes.write(b"GET / HTTP/1.1\r\nContent-Length: many\r\n")
    pipes.send(initialize())
    assert pipes.answer(1)["result"]["serverInfo"]["name"] == "vcolint"
    for body in GARBAGE:
        pipes.frame(body)
    pipes.send({"jsonrpc": "2.0", "id": 2, "method": "no/such", "params": {}})
    assert pipes.answer(2)["error"]["code"] == -32601
    hover = {
        "textDocument": {"uri": "file:///nowhere.yaml"},
        "position": {"line": 1 << 30, "character": 1 << 30},
    }
    pipes.send({"jsonrpc": "2.0", "id": 3, "method": "textDocument/hover", "params": hover})
    assert pipes.answer(3)["result"] is None
    pipes.send({"jsonrpc": "2.0", "id": 4, "method": "shutdown"})
    assert pipes.answer(4).get("error") is None
    pipes.send({"jsonrpc": "2.0", "method": "exit"})
    _, errors = pipes.process.communicate(timeout=60)
    assert pipes.process.returncode == 0
    assert errors == b""


def test_a_client_that_is_gone_ends_the_server(pipes: Pipes) -> None:
    pipes.send(initialize())
    pipes.answer(1)
    assert pipes.process.stdin is not None
    pipes.process.stdin.close()
    assert pipes.process.wait(timeout=60) == 0
    assert pipes.process.stderr is not None
    assert pipes.process.stderr.read() == b""


def test_halves_of_characters_and_changes_of_what_is_not_open(pipes: Pipes, tmp_path: Path) -> None:
    uri = (tmp_path / "a.yaml").as_uri()
    pipes.send(initialize())
    pipes.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
    change = {"textDocument": {"uri": uri, "version": 1}, "contentChanges": [{"text": "x"}]}
    pipes.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change})
    text = "# \ud83d\n" + ROUTE % (1, 1, 50)
    document = {"uri": uri, "languageId": "yaml", "version": 2, "text": text}
    pipes.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}})
    while (message := pipes.read()).get("method") != "textDocument/publishDiagnostics":
        pass
    assert [one["code"] for one in message["params"]["diagnostics"]] == ["VCO401"]
    assert message["params"]["version"] == 2


def test_the_language_that_the_call_asks_for_wins(tmp_path: Path) -> None:
    (tmp_path / "vcolint.yaml").write_text("language: en\n")
    uri = (tmp_path / "a.yaml").as_uri()
    pipes = Pipes("--language", "zh")
    with pipes.process:
        folder = {"workspaceFolders": [{"uri": tmp_path.as_uri(), "name": "a"}]}
        pipes.send(initialize() | {"params": initialize()["params"] | folder})
        pipes.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": ROUTE % (1, 1, 50)}
        pipes.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}})
        while (message := pipes.read()).get("method") != "textDocument/publishDiagnostics":
            pass
        pipes.process.kill()
    (one,) = message["params"]["diagnostics"]
    assert "权重" in one["message"]


def test_without_pygls_the_command_says_what_to_install() -> None:
    code = "import sys; sys.modules['pygls'] = None; from vcolint.cli import main; sys.exit(main(['server']))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        "vcolint: error: the language server needs pygls: "
        "run pip install '.[server]' in your copy of vcolint\n"
    )


@pytest.mark.asyncio
async def test_a_workspace_of_50_000_files(editor: Editor, tmp_path: Path) -> None:
    for folder in range(50):
        (tmp_path / str(folder)).mkdir()
        for file in range(1000):
            # Linked, for to write as many takes longer than the test.
            target = tmp_path / str(folder) / f"{file}.txt"
            if file:
                os.link(tmp_path / str(folder) / "0.txt", target)
            else:
                target.write_text("nothing\n")
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "b.yaml").write_text(ROUTE % (1, 1, 100))
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "routes" / "a.yaml", ROUTE % (2, 1, 100))
    await editor.shows(uri)
    editor.type(uri, "10.2.1", "10.1.1")
    await editor.shows(uri, "VCO201")


@pytest.mark.asyncio
async def test_a_file_that_grows_to_50_mb_while_typing(editor: Editor, tmp_path: Path) -> None:
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "a.yaml", ROUTE % (1, 1, 50))
    await editor.shows(uri, "VCO401")
    growth = "".join(ROUTE % (number >> 8 & 255, number & 255, 100) for number in range(100_000))
    text = ROUTE % (1, 1, 50)
    for times in (1, 2, 3, 4, 5):
        editor.change(uri, text + growth * times)
    (one,) = await editor.shows(uri, None)
    assert one.message == "not checked while it is open: larger than 8 MiB"
    other = editor.open(tmp_path / "b.yaml", ROUTE % (2, 1, 50))
    await editor.shows(other, "VCO401")  # the others are checked still
    editor.change(uri, text)
    await editor.shows(uri, "VCO401")


@pytest.mark.asyncio
async def test_many_findings_in_one_file_are_cut_short(editor: Editor, tmp_path: Path) -> None:
    await editor.start(tmp_path)
    text = "".join(ROUTE % (number >> 8, number & 255, 50) for number in range(1500))
    uri = editor.open(tmp_path / "a.yaml", text)
    await editor.until(lambda: len(editor.codes(uri)) == 1001)
    assert editor.client.diagnostics[uri][-1].message.startswith("500 more findings in this file")
