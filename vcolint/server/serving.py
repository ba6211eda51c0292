"""The server itself: documents come in, another thread checks them, diagnostics and answers go out."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from vcolint.config.load import find_config
from vcolint.locale import chosen, use
from vcolint.server import findings, lookup
from vcolint.server.project import Document, Project, Snapshot, path_of, uri_of
from vcolint.text.walk import upward
from vcolint.version import __version__

_Result = TypeVar("_Result")

_DELAY = 0.1  # seconds after a keystroke; a project whose check takes longer waits longer
_LONGEST_DELAY = 1.0
_PATIENCE = 5.0  # seconds that an answer may wait for a check
_WATCHED = "**/*.{yaml,yml,json,jsonl,ndjson,csv,tsv,tf,tfvars,sh,bash,md}"


class Watch:
    """Checks one project again when something in it changes."""

    def __init__(self, server: Server, folder: str) -> None:
        self.server = server
        self.project = Project(folder)
        self.snapshot: Snapshot | None = None  # the result of the last completed check
        self.shown: dict[str, tuple[list[lsp.Diagnostic], int | None]] = {}  # by real path
        self._took = 0.0
        self._task: asyncio.Task[None] | None = None  # the next check, the running one, or the last one

    def touch(self) -> None:
        """Something has changed: check soon."""
        self._stop()
        self._task = asyncio.create_task(self._check())

    async def fresh(self) -> Snapshot | None:
        """The result of the newest check, once it is there; None if it takes too long."""
        until = monotonic() + _PATIENCE
        while self._task is not None and not self._task.done():  # another one, if something changes again
            if monotonic() > until:
                return None
            await asyncio.wait([self._task], timeout=until - monotonic())
        return self.snapshot

    def end(self) -> None:
        """Stop checking, and remove the diagnostics."""
        self._stop()
        self._show({}, {})

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _check(self) -> None:
        await asyncio.sleep(min(_DELAY + self._took, _LONGEST_DELAY))
        opened, encoding, began = dict(self.server.documents), self.server.encoding, monotonic()

        def work() -> tuple[Snapshot, dict[str, list[lsp.Diagnostic]]]:
            snapshot = self.project.check(opened, encoding)
            return snapshot, findings.diagnostics(snapshot)

        try:
            self.snapshot, found = await self.server.beside(work)
        except Exception as error:
            self.snapshot = None
            self.server.say(f"the check failed: {type(error).__name__}: {error}")
        else:
            self._took = monotonic() - began
            self._show(found, opened)

    def _show(self, found: dict[str, list[lsp.Diagnostic]], opened: dict[str, Document]) -> None:
        """Send the changed diagnostics to the client."""
        folders = {parent: self.server.owner(parent) for parent in map(os.path.dirname, {*found, *opened})}
        now = {
            path: (found.get(path, []), opened[path].version if path in opened else None)
            for path in {*found, *opened}
            if folders[os.path.dirname(path)] == self.project.folder
        }
        for path in {**self.shown, **now}:
            if now.get(path) != self.shown.get(path):
                listed, version = now.get(path, ([], None))
                document = self.server.documents.get(path)
                uri = uri_of(path) if document is None else document.uri
                self.server.text_document_publish_diagnostics(
                    lsp.PublishDiagnosticsParams(uri, listed, version)
                )
        self.shown = now


class Server(LanguageServer):
    """Knows the open documents and the projects that they belong to."""

    def __init__(self) -> None:
        # The client sends the whole text of a changed document. In parts, pygls would count lines as Python
        # does, which also end at form feeds.
        super().__init__("vcolint", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        self.documents: dict[str, Document] = {}  # by real path
        self.watches: dict[str, Watch] = {}  # by the project's folder
        # One thread for all checks: each changes the working directory to its project's folder.
        self._thread = ThreadPoolExecutor(1, "check")

    @property
    def encoding(self) -> str:
        """The unit of positions: utf-8, utf-16 or utf-32."""
        found = self.workspace.position_encoding
        return found.value if isinstance(found, lsp.PositionEncodingKind) else found or "utf-16"

    async def beside(self, work: Callable[[], _Result]) -> _Result:
        """Run work in the thread of the checks. Messages of the client do not wait for it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def say(self, message: str) -> None:
        """Write to the client's log."""
        self.window_log_message(lsp.LogMessageParams(lsp.MessageType.Error, f"vcolint: {message}"))

    def report_server_error(self, error: Exception, source: object) -> None:
        """A client may send anything: the error goes to the log, and the server continues."""
        self.say(f"{type(error).__name__}: {error}")

    # -- projects -----------------------------------------------------------------------------------------

    def folders(self) -> list[str]:
        """The real paths of the workspace folders."""
        uris = [folder.uri for folder in self.workspace.folders.values()] or [self.workspace.root_uri]
        return [path for uri in uris if uri is not None and (path := path_of(uri)) is not None]

    def owner(self, folder: str) -> str:
        """The project that the files in a folder belong to: the nearest folder that has a config or is a
        workspace folder. Outside of the workspace each folder is a project."""
        around = [one for one in self.folders() if one in upward(folder)]
        config = os.path.dirname(find_config(folder) or "")
        return max(*around, config, key=len) if around else folder

    def touch(self, path: str | None = None) -> None:
        """A file (None: anything) has changed: the projects around it are checked again."""
        folders = self.folders()
        owners = {path: self.owner(os.path.dirname(path)) for path in self.documents}
        for folder in [one for one in self.watches if one not in folders and one not in owners.values()]:
            self.watches.pop(folder).end()
        for folder in {*folders, *owners.values()}:
            watch = self.watches.get(folder)
            if watch is None:
                watch = self.watches[folder] = Watch(self, folder)
                watch.touch()
            elif path is None or path.startswith(folder.rstrip(os.sep) + os.sep) or lookup.is_config(path):
                watch.touch()
            if not any(one in folders for one in upward(folder)):
                watch.project.names = sorted(os.path.basename(one) for one in owners if owners[one] == folder)

    async def ask(self, params: Any, work: Callable[[Snapshot, str, Any], _Result]) -> _Result | None:
        """Call `work` with the newest snapshot of a document's project, the document's path, and `params`.
        None if there is no snapshot in time."""
        path = path_of(params.text_document.uri) or ""
        watch = self.watches.get(self.owner(os.path.dirname(path)))
        snapshot = await watch.fresh() if watch is not None else None
        if snapshot is None:
            return None

        def answer() -> _Result:
            use(chosen(None, snapshot.settings.config.language))
            return work(snapshot, path, params)

        return await self.beside(answer)


server = Server()


@server.feature(lsp.INITIALIZED)
async def _initialized(ls: Server, params: lsp.InitializedParams) -> None:
    ls.touch()
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is not None and watching.dynamic_registration:
        options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(_WATCHED)])
        registration = lsp.Registration("files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await ls.client_register_capability_async(lsp.RegistrationParams([registration]))


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def _text_changed(
    ls: Server, params: lsp.DidOpenTextDocumentParams | lsp.DidChangeTextDocumentParams
) -> None:
    path, document = (
        path_of(params.text_document.uri),
        ls.workspace.get_text_document(params.text_document.uri),
    )
    if path is not None:
        # JSON can carry halves of characters, and UTF-8 cannot.
        text = document.source.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        ls.documents[path] = Document(document.uri, document.version or 0, text)
        ls.touch(path)


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def _closed(ls: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    path = path_of(params.text_document.uri) or ""
    if ls.documents.pop(path, None) is not None:  # its file counts again
        ls.touch(path)


@server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def _files_changed(ls: Server, params: lsp.DidChangeWatchedFilesParams) -> None:
    if any(one.type != lsp.FileChangeType.Changed for one in params.changes):
        for watch in ls.watches.values():
            watch.project.kept.clear()  # Terraform's fileset() may find other files
    ls.touch()


@server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
@server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
def _changed(ls: Server, params: object) -> None:
    ls.touch()


def _answering(work: Callable[[Snapshot, str, Any], _Result]) -> Callable[..., Any]:
    async def handle(ls: Server, params: Any) -> _Result | None:
        return await ls.ask(params, work)

    return handle


for _method, _work, _options in (
    (lsp.TEXT_DOCUMENT_CODE_ACTION, findings.actions, lsp.CodeActionOptions(findings.ACTIONS)),
    (lsp.TEXT_DOCUMENT_HOVER, lookup.hover, None),
    (lsp.TEXT_DOCUMENT_DEFINITION, lookup.definition, None),
    (lsp.TEXT_DOCUMENT_REFERENCES, lookup.references, None),
    (lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lookup.symbols, None),
    (lsp.TEXT_DOCUMENT_COMPLETION, lookup.completions, lsp.CompletionOptions(trigger_characters=["[", ","])),
):
    server.feature(_method, _options)(_answering(_work))


def serve() -> None:
    """Serve one client on standard input and output until it leaves."""
    gc.enable()  # the command line, whose runs are short, turns it off
    if not os.environ.get("VCOLINT_DEBUG"):
        logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)
    server.start_io()
