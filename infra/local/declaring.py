"""Brings the watches file into the store, and again whenever it changes.

A changed file counts once it has been unchanged for a second; a wrong one changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from functions.domain.errors import Conflict, Misconfigured, Unavailable
from functions.ports import Chance, Declarations, Journal, Store
from infra.local.watches_file import WatchesFile, read_watches

SETTLED = timedelta(seconds=1)
CONTROL = "file"


class DeclaredStore(Store, Declarations, Protocol):
    """A store whose declarations this process may write."""


class Declaring:
    """Watches the watches file."""

    def __init__(
        self,
        path: Path,
        store: DeclaredStore,
        *,
        chance: Chance,
        journal: Journal,
        prepare: Callable[[Mapping[str, Mapping[str, Any]]], None] = lambda _: None,
    ) -> None:
        """Keep which file to follow; `prepare` is told of what is about to be declared."""
        self._prepare = prepare
        self._path = path
        self._store = store
        self._chance = chance
        self._journal = journal
        self._stopping = threading.Event()
        self._again = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watches-file", daemon=True)
        self._state = _state(path)

    def first(self, found: WatchesFile) -> None:
        """Declare what the file said at the start: a restart ends every back-off.

        Raises:
            Misconfigured: the store's declarations are another tool's.
        """
        managed = [
            name for name, document in self._store.declarations() if document.get("managed_by")
        ]
        if managed:
            raise Misconfigured(
                f"the store has watches that another tool manages ({managed[0]!r}; "
                f"{len(managed)} in all): serve does not replace them; use another database"
            )
        self._declare(found.documents)

    def start(self) -> None:
        """Follow the file."""
        self._thread.start()

    def stop(self) -> None:
        """Follow it no longer."""
        self._stopping.set()
        self._again.set()

    def read_again(self) -> None:
        """Read the file at once, changed or not (SIGHUP)."""
        self._state = ()
        self._again.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._again.wait(SETTLED.total_seconds())
            asked = self._again.is_set()
            self._again.clear()
            before, now = self._state, _state(self._path)
            if now == before or self._stopping.is_set():
                continue
            if not asked:
                self._stopping.wait(SETTLED.total_seconds())
                if _state(self._path) != now:
                    continue  # still being written
            self._state = now
            self._read()

    def _read(self) -> None:
        try:
            self._declare(read_watches(self._path).documents)
        except Misconfigured as fault:
            self._note_fault(fault.text)
            self._journal.warn("watches file refused", reason=fault.text)
        except Unavailable as trouble:
            self._state = ()
            self._journal.warn("watches not declared", reason=trouble.text)

    def _declare(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self._prepare(documents)
        self._store.declare(documents, revision=self._chance.new_id())
        self._note_fault(None)
        self._journal.note("watches declared", watches=len(documents))

    def _note_fault(self, text: str | None) -> None:
        """Keep what is wrong with the file where `status` finds it."""
        known = self._store.read_control(CONTROL)
        if text is None and known is None:
            return
        try:
            version = known.get("_version") if known else None
            fields = {"path": str(self._path), "fault": text}
            self._store.write_control(CONTROL, fields, version=version)
        except (Conflict, Unavailable) as trouble:
            self._journal.warn("fault not noted", reason=trouble.text)


def _state(path: Path) -> tuple[object, ...]:
    try:
        status = path.stat()
    except OSError:
        return ("missing",)
    return (status.st_mtime_ns, status.st_size, status.st_ino)
