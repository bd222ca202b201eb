"""Progress and channels in SQLite: one JSON document each, beside it what is searched for."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from functions.domain.errors import Conflict
from functions.domain.fields import salvage, to_fields
from functions.domain.model import Channel, ChannelState, Progress
from functions.ports import Case, Journal
from infra.local.sqlite_rows import from_text, to_number, to_text


class SqliteCases:
    """Reads and writes cases on a connection that somebody else holds."""

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal

    def to_progress(self, watch: str, text: str) -> Progress:
        """Read a progress; fields that somebody made unreadable are at their defaults."""
        where = f"progress/{watch}"
        progress, bad = salvage(Progress, self._document(where, text) | {"watch": watch})
        self._warn(where, bad)
        return progress or Progress(watch=watch)

    def to_channels(self, rows: Iterable[tuple[str, str]]) -> dict[str, Channel]:
        """Read channels, less those that somebody made unreadable."""
        found = {}
        for id_, text in rows:
            where = f"channels/{id_}"
            channel, bad = salvage(Channel, self._document(where, text) | {"id": id_})
            self._warn(where, bad)
            if channel:
                found[id_] = channel
        return found

    def progress(self, file: sqlite3.Connection, watch: str) -> Progress | None:
        """Read the progress of a watch."""
        query = "SELECT watch, document FROM progress WHERE watch = ?"
        row = file.execute(query, [watch]).fetchone()
        return self.to_progress(*row) if row else None

    def open_channels(self, file: sqlite3.Connection, watch: str) -> dict[str, Channel]:
        """Read the channels of a watch that are not closed."""
        return self.to_channels(
            file.execute(
                "SELECT id, document FROM channels WHERE watch = ? AND state <> ? ORDER BY id",
                (watch, ChannelState.CLOSED),
            )
        )

    def channel(self, file: sqlite3.Connection, id_: str) -> Channel | None:
        """Read one channel."""
        query = "SELECT id, document FROM channels WHERE id = ?"
        return self.to_channels(file.execute(query, [id_])).get(id_)

    def read(self, file: sqlite3.Connection, watch: str, ids: Collection[str] | None) -> Case:
        """Read what a decision needs."""
        if ids is None:
            channels = self.open_channels(file, watch)
        else:
            found = {id_: self.channel(file, id_) for id_ in ids}
            channels = {id_: channel for id_, channel in found.items() if channel}
        return Case(progress=self.progress(file, watch), channels=channels)

    def _document(self, where: str, text: str) -> dict[str, Any]:
        try:
            return from_text(text)
        except ValueError:
            self._warn(where, ("document",))
            return {}

    def _warn(self, where: str, fields: Collection[str]) -> None:
        if fields and self._journal:
            self._journal.warn("unreadable", document=where, fields=sorted(fields))


def write(file: sqlite3.Connection, before: Case, after: Case) -> None:
    """Write what a decision changed."""
    if after.progress is not None and after.progress != before.progress:
        write_progress(file, after.progress)
    _write_channels(file, before.channels, after.channels)


def write_progress(file: sqlite3.Connection, progress: Progress) -> None:
    """Write a progress and what it is found by."""
    file.execute(
        "INSERT OR REPLACE INTO progress (watch, short, due_at, delete_at, document)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            progress.watch,
            progress.short,
            to_number(progress.due_at),
            to_number(progress.delete_at),
            to_text(to_fields(progress)),
        ),
    )


def _write_channels(
    file: sqlite3.Connection, before: Mapping[str, Channel], after: Mapping[str, Channel]
) -> None:
    for id_, channel in after.items():
        if channel == before.get(id_):
            continue
        # Only what was read may be replaced: another channel of that id is somebody else's word.
        how = "REPLACE" if id_ in before else "IGNORE"
        written = file.execute(
            f"INSERT OR {how} INTO channels (id, watch, state, delete_at, document)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                id_,
                channel.watch,
                channel.state,
                to_number(channel.delete_at),
                to_text(to_fields(channel)),
            ),
        )
        if written.rowcount != 1:
            raise Conflict(f"channel {id_} is there already")
