"""What only operators do with a SQLite store: edit single declarations, look at all channels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from functions.domain.model import Channel, Progress
from infra.local.sqlite_cases import SqliteCases
from infra.local.sqlite_file import SqliteFile
from infra.local.sqlite_rows import from_text, to_text
from infra.local.sqlite_schema import STORE

_PAGE = 500

Documents = Mapping[str, Mapping[str, Any]]
Edit = Callable[[Documents], Mapping[str, Mapping[str, Any] | None]]


class SqliteOperating:
    """The operators' side of a store that may be served from at the same time."""

    def __init__(self, path: str | Path) -> None:
        """Open the file.

        Raises:
            Misconfigured: the file cannot be used; the text says why and what to do.
            Unavailable: another process holds it.
        """
        self._file = SqliteFile(path, STORE)
        self._cases = SqliteCases(None)
        self._read: dict[str, tuple[str, Progress]] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def amend(self, edit: Edit, *, revision: str) -> Collection[str]:
        """Write what `edit` makes of the declarations (None: gone), then the revision."""
        with self._file.writing() as file:
            rows = file.execute("SELECT id, document FROM watches").fetchall()
            made = edit({id_: from_text(text) for id_, text in rows})
            for id_, document in made.items():
                file.execute("DELETE FROM watches WHERE id = ?", [id_])
                if document is not None:
                    file.execute("INSERT INTO watches VALUES (?, ?)", (id_, to_text(document)))
            file.execute(
                "INSERT INTO control VALUES ('declared', 1, ?) ON CONFLICT (name)"
                " DO UPDATE SET version = version + 1, document = excluded.document",
                [to_text({"revision": revision})],
            )
        return tuple(made)

    def all_channels(self, watches: Collection[str] | None = None) -> Iterator[Channel]:
        """Give the channels of these watches, or all; closed ones too until they are forgotten."""
        if watches is None:
            yield from self._pages()
            return
        for watch in watches:
            query = "SELECT id, document FROM channels WHERE watch = ? ORDER BY id"
            yield from self._channels(query, watch)

    def all_progress(self) -> Iterator[Progress]:
        """Give every progress; what has not changed since the last time is not parsed again."""
        last, read = "", {}
        query = f"SELECT watch, document FROM progress WHERE watch > ? ORDER BY watch LIMIT {_PAGE}"
        while True:
            with self._file.reading() as file:
                rows = file.execute(query, [last]).fetchall()
            if not rows:
                break
            for watch, text in rows:
                known = self._read.get(watch)
                if known is None or known[0] != text:
                    known = (text, self._cases.to_progress(watch, text))
                read[watch] = known
                yield known[1]
            last = rows[-1][0]
        self._read = read

    def unreadable(self, limit: int) -> list[dict[str, Any]]:
        """Give the newest notes of items that could not be told."""
        query = "SELECT watch, item, error FROM unreadable ORDER BY noted_at DESC LIMIT ?"
        with self._file.reading() as file:
            rows = file.execute(query, [limit]).fetchall()
        return [dict(zip(("watch", "item", "error"), row, strict=True)) for row in rows]

    def quick_check(self) -> str:
        """Let SQLite look whether the file is whole: `ok`, or what is wrong."""
        with self._file.reading() as file:
            return str(file.execute("PRAGMA quick_check(1)").fetchone()[0])

    def _pages(self) -> Iterator[Channel]:
        last = ""
        while found := list(
            self._channels(
                f"SELECT id, document FROM channels WHERE id > ? ORDER BY id LIMIT {_PAGE}", last
            )
        ):
            yield from found
            last = found[-1].id

    def _channels(self, query: str, value: str) -> Iterator[Channel]:
        with self._file.reading() as file:
            rows = file.execute(query, [value]).fetchall()
        yield from self._cases.to_channels(rows).values()
