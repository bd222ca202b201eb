"""What is remembered of items: one row each, in the order of their keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping

from functions.domain.change import Seen
from infra.local.sqlite_rows import SEEN_COLUMNS, from_seen_row, to_seen_row

_AT_ONCE = 500  # items a query; older forms of SQLite take 999 values


def recall(file: sqlite3.Connection, watch: str, keys: Collection[str]) -> dict[str, Seen]:
    """Give what is remembered of these items."""
    wanted = list(keys)
    found = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = file.execute(
            f"SELECT item, {SEEN_COLUMNS} FROM seen WHERE watch = ? AND item IN ({marks})",
            (watch, *some),
        )
        found.update({item: from_seen_row(row) for item, *row in rows})
    return found


def page(file: sqlite3.Connection, watch: str, *, after: str, limit: int) -> list[tuple[str, Seen]]:
    """Give remembered items whose keys come after this one."""
    rows = file.execute(
        f"SELECT item, {SEEN_COLUMNS} FROM seen WHERE watch = ? AND item > ? ORDER BY item LIMIT ?",
        (watch, after, limit),
    )
    return [(item, from_seen_row(row)) for item, *row in rows]


def write(file: sqlite3.Connection, watch: str, seen: Mapping[str, Seen | None]) -> None:
    """Remember these entries; drop items whose entry is None."""
    file.executemany(
        "DELETE FROM seen WHERE watch = ? AND item = ?",
        [(watch, item) for item, entry in seen.items() if entry is None],
    )
    file.executemany(
        f"INSERT OR REPLACE INTO seen (watch, item, {SEEN_COLUMNS})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(watch, item, *to_seen_row(entry)) for item, entry in seen.items() if entry is not None],
    )


def forget(file: sqlite3.Connection, watch: str) -> None:
    """Drop all that is remembered of a watch."""
    file.execute("DELETE FROM seen WHERE watch = ?", [watch])
