"""Entries of `handled` in SQLite: one JSON document each, beside it what is searched for.

One that cannot be read counts as none: its event is handled again, which handlers must expect.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace

from functions.domain.fields import salvage, to_fields
from functions.domain.handled import Handled, Outcome
from infra.local.sqlite_rows import from_text, to_number, to_text, whole

_AT_ONCE = 500


def outcomes(file: sqlite3.Connection, keys: Collection[str]) -> dict[str, Handled]:
    """Read entries by their keys."""
    found: dict[str, Handled] = {}
    for some in _portions(keys):
        marks = ", ".join("?" * len(some))
        query = f"SELECT key, document, body FROM handled WHERE key IN ({marks})"
        found |= {each.key: each for each in map(_read, file.execute(query, some)) if each}
    return found


def write(file: sqlite3.Connection, handled: Handled) -> None:
    """Write an entry."""
    fields = {
        name: whole(value) if isinstance(value, str) else value
        for name, value in to_fields(replace(handled, body=b"")).items()
        if name != "body"
    }
    row = (
        handled.key,
        whole(handled.watch),
        str(handled.outcome),
        to_number(handled.at),
        to_number(handled.delete_at),
        to_text(fields),
        handled.body or None,
    )
    file.execute("INSERT OR REPLACE INTO handled VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def drop(file: sqlite3.Connection, keys: Collection[str]) -> int:
    """Delete entries; give how many there were."""
    dropped = 0
    for some in _portions(keys):
        marks = ", ".join("?" * len(some))
        dropped += file.execute(f"DELETE FROM handled WHERE key IN ({marks})", some).rowcount
    return dropped


def listed(
    file: sqlite3.Connection, outcome: Outcome, *, watch: str | None, limit: int
) -> list[Handled]:
    """Read the entries of an outcome without their bodies, oldest first."""
    query = (
        "SELECT key, document, NULL FROM handled WHERE outcome = ? AND (? IS NULL OR watch = ?)"
        " ORDER BY at, key LIMIT ?"
    )
    rows = file.execute(query, (str(outcome), watch, watch, limit))
    return [each for each in map(_read, rows) if each]


def _read(row: tuple[str, str, bytes | None]) -> Handled | None:
    key, document, body = row
    try:
        fields = from_text(document)
    except ValueError:
        return None
    return salvage(Handled, fields | {"key": key, "body": body or b""})[0]


def _portions(keys: Iterable[str]) -> list[list[str]]:
    every = sorted(set(keys))
    return [every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)]
