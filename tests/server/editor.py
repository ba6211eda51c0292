"""A scripted editor: pytest-lsp's client, which runs the real process `vcolint server` and talks to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest_asyncio
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient

COMMAND = [sys.executable, "-m", "vcolint", "server"]
_PATIENCE = 30.0  # seconds; only a test that fails waits so long


class Editor:
    """An editor with a workspace."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.texts: dict[str, str] = {}  # by URI
        self.versions: dict[str, int] = {}
        self.encoding = "utf-16"
        self.registered: list[lsp.Registration] = []

        @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def register(params: lsp.RegistrationParams) -> None:
            self.registered += params.registrations

    async def start(
        self, *folders: Path, encodings: Sequence[str] | None = None, root: Path | None = None
    ) -> lsp.InitializeResult:
        general = lsp.GeneralClientCapabilities(
            position_encodings=None if encodings is None else list(map(lsp.PositionEncodingKind, encodings))
        )
        watching = lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
        result = await self.client.initialize_session(
            lsp.InitializeParams(
                lsp.ClientCapabilities(
                    workspace=lsp.WorkspaceClientCapabilities(did_change_watched_files=watching),
                    general=general,
                ),
                root_uri=None if root is None else root.as_uri(),
                workspace_folders=[lsp.WorkspaceFolder(one.as_uri(), one.name) for one in folders],
            )
        )
        self.encoding = str(result.capabilities.position_encoding)
        return result

    def open(self, file: Path, text: str | None = None, uri: str | None = None) -> str:
        uri = uri or file.as_uri()
        self.texts[uri] = file.read_text(encoding="utf-8") if text is None else text
        self.versions[uri] = 1
        document = lsp.TextDocumentItem(uri, "yaml", 1, self.texts[uri])
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(document))
        return uri

    def type(self, uri: str, old: str, new: str) -> None:
        """Replace a text that stands once in a document, as a keystroke does."""
        text = self.texts[uri]
        assert text.count(old) == 1, old
        self.change(uri, text.replace(old, new))

    def change(self, uri: str, *texts: str) -> None:
        """Send what a document holds after each of several changes."""
        self.texts[uri] = texts[-1]
        self.versions[uri] += 1
        document = lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        changes = list(map(lsp.TextDocumentContentChangeWholeDocument, texts))
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, changes))

    def position(self, before: str) -> lsp.Position:
        """The position behind a text."""
        line = before.rpartition("\n")[2]
        width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[self.encoding]
        codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[self.encoding]
        return lsp.Position(before.count("\n"), len(line.encode(codec)) // width)

    def at(self, uri: str, text: str) -> lsp.Position:
        """The position in a text that stands once in a document, behind its first character."""
        held = self.texts[uri]
        assert held.count(text) == 1, text
        return self.position(held[: held.index(text) + 1])

    def text_at(self, uri: str, span: lsp.Range) -> str:
        """The text in a range."""
        start, end = self._offsets(uri, span)
        return self.texts[uri][start:end]

    def _offsets(self, uri: str, span: lsp.Range) -> tuple[int, int]:
        text = self.texts[uri]
        where = {}
        for offset in range(len(text) + 1):
            position = self.position(text[:offset])
            where[position.line, position.character] = offset
        return where[span.start.line, span.start.character], where[span.end.line, span.end.character]

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _PATIENCE
        while not ready():
            if loop.time() > end:
                raise TimeoutError(f"diagnostics: {self.client.diagnostics}; {self.client.log_messages}")
            await asyncio.sleep(0.01)

    def codes(self, uri: str) -> list[str | int | None]:
        return [one.code for one in self.client.diagnostics.get(uri, ())]

    async def shows(self, uri: str, *codes: str) -> Sequence[lsp.Diagnostic]:
        """The diagnostics of a document as soon as they are those with these codes."""
        await self.until(lambda: uri in self.client.diagnostics and self.codes(uri) == list(codes))
        return self.client.diagnostics[uri]

    async def ask(self, method: str, uri: str, at: lsp.Position) -> Any:
        """The answer to a question about a position."""
        kind = {
            "hover": lsp.HoverParams,
            "definition": lsp.DefinitionParams,
            "completion": lsp.CompletionParams,
        }
        params = kind[method](lsp.TextDocumentIdentifier(uri), at)
        return await getattr(self.client, f"text_document_{method}_async")(params)

    async def hover(self, uri: str, text: str) -> str | None:
        found = await self.ask("hover", uri, self.at(uri, text))
        # A guessed domain may carry its region.
        return None if found is None else found.contents.value.replace(" (cn-hangzhou)`", "`")

    async def actions(self, uri: str, at: lsp.Position, *only: str) -> dict[str, lsp.CodeAction]:
        """The actions at a position, by title."""
        context = lsp.CodeActionContext([], list(only) or None)
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), lsp.Range(at, at), context)
        found = await self.client.text_document_code_action_async(params)
        return {one.title: one for one in found or ()}

    def apply(self, action: lsp.CodeAction) -> None:
        """Do what an action says, in open documents."""
        for change in action.edit.document_changes:
            uri = change.text_document.uri
            assert change.text_document.version == self.versions[uri]
            # From the end, so that the earlier places stay right.
            for edit in sorted(
                change.edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True
            ):
                self.change(uri, self._replaced(uri, edit.range, edit.new_text))

    def _replaced(self, uri: str, span: lsp.Range, new: str) -> str:
        start, end = self._offsets(uri, span)
        return self.texts[uri][:start] + new + self.texts[uri][end:]


@pytest_asyncio.fixture
async def running_editor() -> AsyncIterator[Editor]:
    """An editor with a server of its own."""
    client = await ClientServerConfig(server_command=COMMAND).start()
    yield Editor(client)
    await client.shutdown_session()
    await client.stop()
