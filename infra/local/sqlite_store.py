"""The store in a SQLite file: ports `Store` and `Declarations` for one machine.

Writers stand in line (`BEGIN IMMEDIATE`), so a decision never loses and is never made twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from functions.domain.change import Seen
from functions.domain.errors import Conflict
from functions.domain.model import Channel, Progress
from functions.ports import Case, Decide, Journal
from infra.local import sqlite_cases, sqlite_memory
from infra.local.sqlite_cases import SqliteCases
from infra.local.sqlite_file import SqliteFile
from infra.local.sqlite_rows import from_text, to_number, to_text, whole
from infra.local.sqlite_schema import STORE

_PAGE = 500
_NOTES_ARE_KEPT = timedelta(days=30)
_LONGEST_ERROR = 1000


class SqliteStore:
    """The state of one machine, in one file that one process serves from."""

    def __init__(self, path: str | Path, *, journal: Journal | None = None) -> None:
        """Open the file, or make it.

        Raises:
            Misconfigured: the file cannot be used; the text says why and what to do.
            Unavailable: another process holds it.
        """
        self._file = SqliteFile(path, STORE)
        self._cases = SqliteCases(journal)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    # --- what operators write --------------------------------------------------------------------

    def declare(self, documents: Mapping[str, Mapping[str, Any]], *, revision: str) -> None:
        rows = [(watch, to_text(document)) for watch, document in documents.items()]
        with self._file.writing() as file:
            file.execute("DELETE FROM watches")
            file.executemany("INSERT INTO watches VALUES (?, ?)", rows)
            file.execute(
                "INSERT INTO control VALUES ('declared', 1, ?) ON CONFLICT (name)"
                " DO UPDATE SET version = version + 1, document = excluded.document",
                [to_text({"revision": revision})],
            )

    def revision(self) -> str | None:
        declared = self.read_control("declared")
        return None if declared is None else declared.get("revision")

    def declarations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for watch, text in self._pages("SELECT id, document FROM watches WHERE id > ?", "id"):
            yield watch, from_text(text)

    def declaration(self, watch: str) -> Mapping[str, Any] | None:
        rows = self._rows("SELECT document FROM watches WHERE id = ?", watch)
        return from_text(rows[0][0]) if rows else None

    # --- control ---------------------------------------------------------------------------------

    def read_control(self, name: str) -> Mapping[str, Any] | None:
        rows = self._rows("SELECT document, version FROM control WHERE name = ?", name)
        return from_text(rows[0][0]) | {"_version": rows[0][1]} if rows else None

    def write_control(
        self, name: str, fields: Mapping[str, Any], *, version: object | None
    ) -> None:
        text = to_text({key: value for key, value in fields.items() if key != "_version"})
        with self._file.writing() as file:
            if version is None:
                statement = "INSERT OR IGNORE INTO control VALUES (?, 1, ?)"
                written = file.execute(statement, (name, text))
            else:
                statement = (
                    "UPDATE control SET version = version + 1, document = ?"
                    " WHERE name = ? AND version = ?"
                )
                written = file.execute(statement, (text, name, version))
            if written.rowcount != 1:
                raise Conflict(f"somebody else wrote control/{name}")

    # --- progress and channels -------------------------------------------------------------------

    def progress(self, watch: str) -> Progress | None:
        with self._file.reading() as file:
            return self._cases.progress(file, watch)

    def find(self, short: str) -> Progress | None:
        rows = self._rows("SELECT watch, document FROM progress WHERE short = ? LIMIT 1", short)
        return self._cases.to_progress(*rows[0]) if rows else None

    def due(self, now: datetime, limit: int) -> Sequence[Progress]:
        rows = self._rows(
            "SELECT watch, document FROM progress WHERE due_at <= ? ORDER BY due_at, watch LIMIT ?",
            to_number(now),
            limit,
        )
        return [self._cases.to_progress(*row) for row in rows]

    def all_progress(self) -> Iterator[Progress]:
        query = "SELECT watch, document FROM progress WHERE watch > ?"
        for row in self._pages(query, "watch"):
            yield self._cases.to_progress(*row)

    def channels(self, watch: str) -> Sequence[Channel]:
        with self._file.reading() as file:
            return list(self._cases.open_channels(file, watch).values())

    def channel(self, channel: str) -> Channel | None:
        with self._file.reading() as file:
            return self._cases.channel(file, channel)

    def change(
        self,
        watch: str,
        decide: Decide,
        *,
        channels: Collection[str] | None = (),
        seen: Mapping[str, Seen | None] | None = None,
    ) -> Case | None:
        with self._file.writing() as file:
            before = self._cases.read(file, watch, channels)
            after = decide(before)
            if after is None:
                return None
            if seen and after.progress is None:
                raise ValueError("memory belongs to a progress, and there is none")
            sqlite_memory.write(file, watch, seen or {})
            sqlite_cases.write(file, before, after)
            return after

    # --- memory ----------------------------------------------------------------------------------

    def recall(self, watch: str, keys: Collection[str]) -> Mapping[str, Seen]:
        with self._file.reading() as file:
            return sqlite_memory.recall(file, watch, keys)

    def memory(self, watch: str, *, after: str | None, limit: int) -> Sequence[tuple[str, Seen]]:
        with self._file.reading() as file:
            return sqlite_memory.page(file, watch, after=after or "", limit=limit)

    def forget(self, watch: str) -> None:
        with self._file.writing() as file:
            sqlite_memory.forget(file, watch)

    def bury(self, watch: str, *, item: str, error: str, now: datetime) -> None:
        texts = (whole(text) for text in (watch, item, error[:_LONGEST_ERROR]))
        row = (*texts, to_number(now), to_number(now + _NOTES_ARE_KEPT))
        with self._file.writing() as file:
            file.execute("INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?, ?, ?)", row)

    # --- what Firestore does by itself, and what one process may do -------------------------------

    def sweep(self, now: datetime) -> None:
        """Delete what was kept until now, as Firestore's time-to-live does."""
        with self._file.writing() as file:
            expired = "delete_at <= :now"
            file.execute(
                f"DELETE FROM seen WHERE watch IN (SELECT watch FROM progress WHERE {expired})",
                {"now": to_number(now)},
            )
            for table in ("progress", "channels", "unreadable"):
                file.execute(f"DELETE FROM {table} WHERE {expired}", {"now": to_number(now)})

    def break_leases(self, now: datetime) -> None:
        """End all leases: at a start, whoever held one is dead, as one process owns the file."""
        with self._file.writing() as file:
            self._cases.break_leases(file, now)

    # ---------------------------------------------------------------------------------------------

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._file.reading() as file:
            return file.execute(query, values).fetchall()

    def _pages(self, query: str, key: str) -> Iterator[Any]:
        """Give all rows, a page at a time: nobody holds the file while a row is worked on."""
        last = ""
        while rows := self._rows(f"{query} ORDER BY {key} LIMIT {_PAGE}", last):
            yield from rows
            last = rows[-1][0]
