"""What operators write, in SQLite: the declared watches, and the documents of `control`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.domain.errors import Conflict
from infra.local.sqlite_file import SqliteFile
from infra.local.sqlite_rows import from_text, to_text

_PAGE = 500


class SqliteDeclarations:
    """The desired state: the functions only read it."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

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

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._file.reading() as file:
            return file.execute(query, values).fetchall()

    def _pages(self, query: str, key: str) -> Iterator[Any]:
        """Give all rows, a page at a time: nobody holds the file while a row is worked on."""
        last = ""
        while rows := self._rows(f"{query} ORDER BY {key} LIMIT {_PAGE}", last):
            yield from rows
            last = rows[-1][0]
