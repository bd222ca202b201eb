"""The store in a SQLite file: ports `Store` and `Declarations` for one machine.

Writers stand in line (`BEGIN IMMEDIATE`), so a decision never loses and is never made twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from functions.domain.change import Seen
from functions.domain.handled import Handled, Outcome
from functions.domain.model import Channel, Progress
from functions.ports import Case, Decide, Journal
from infra.local import sqlite_cases, sqlite_handled, sqlite_memory
from infra.local.sqlite_cases import SqliteCases
from infra.local.sqlite_declarations import SqliteDeclarations
from infra.local.sqlite_file import SqliteFile
from infra.local.sqlite_rows import to_number, whole
from infra.local.sqlite_schema import STORE

_NOTES_ARE_KEPT = timedelta(days=30)
_LONGEST_ERROR = 1000


class SqliteStore(SqliteDeclarations):
    """The state of one machine, in one file that one process serves from."""

    def __init__(self, path: str | Path, *, journal: Journal | None = None) -> None:
        """Open the file, or make it.

        Raises:
            Misconfigured: the file cannot be used; the text says why and what to do.
            Unavailable: another process holds it.
        """
        super().__init__(SqliteFile(path, STORE))
        self._cases = SqliteCases(journal)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

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

    def recall(self, watch: str, keys: Collection[str]) -> Mapping[str, Seen]:
        with self._file.reading() as file:
            return sqlite_memory.recall(file, watch, keys)

    def memory(self, watch: str, *, after: str | None, limit: int) -> Sequence[tuple[str, Seen]]:
        with self._file.reading() as file:
            return sqlite_memory.page(file, watch, after=after or "", limit=limit)

    def forget(self, watch: str) -> None:
        if not self.memory(watch, after=None, limit=1):
            return  # a new watch has nothing to forget: no wait for the disk
        with self._file.writing() as file:
            sqlite_memory.forget(file, watch)

    def bury(self, watch: str, *, item: str, error: str, now: datetime) -> None:
        texts = (whole(text) for text in (watch, item, error[:_LONGEST_ERROR]))
        row = (*texts, to_number(now), to_number(now + _NOTES_ARE_KEPT))
        with self._file.writing() as file:
            file.execute("INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?, ?, ?)", row)

    def outcomes(self, keys: Collection[str]) -> Mapping[str, Handled]:
        with self._file.reading() as file:
            return sqlite_handled.outcomes(file, keys)

    def note_outcome(self, handled: Handled) -> None:
        with self._file.writing() as file:
            sqlite_handled.write(file, handled)

    def drop_outcomes(self, keys: Collection[str]) -> int:
        with self._file.writing() as file:
            return sqlite_handled.drop(file, keys)

    def dead(self, *, watch: str | None, limit: int) -> Sequence[Handled]:
        with self._file.reading() as file:
            return sqlite_handled.listed(file, Outcome.DEAD, watch=watch, limit=limit)

    def failing(self, *, limit: int) -> Sequence[Handled]:
        with self._file.reading() as file:
            return sqlite_handled.listed(file, Outcome.FAILED, watch=None, limit=limit)

    def sweep(self, now: datetime) -> None:
        """Delete what was kept until now, as Firestore's time-to-live does."""
        with self._file.writing() as file:
            expired = "delete_at <= :now"
            file.execute(
                f"DELETE FROM seen WHERE watch IN (SELECT watch FROM progress WHERE {expired})",
                {"now": to_number(now)},
            )
            for table in ("progress", "channels", "unreadable", "handled"):
                file.execute(f"DELETE FROM {table} WHERE {expired}", {"now": to_number(now)})
