"""One SQLite file of ours: opened with care, read and written by several threads at once.

A connection is lent to one thread at a time. Whatever is wrong with the file itself is said when
it is opened (`Misconfigured`); what goes wrong later is an outage (`Unavailable`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from functions.domain.errors import Misconfigured, Unavailable
from infra.local.log_sync import LogSync
from infra.local.private_files import begin_private

_BUSY = 10.0  # seconds to wait for another process, e.g. the command line
_LARGEST_LOG = 64 * 1024 * 1024  # bytes of the write-ahead log that stay on disk after a burst


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What a file holds: whose it is, in which version, and the statements that make a new one."""

    application: int  # https://www.sqlite.org/pragma.html#pragma_application_id
    version: int
    statements: tuple[str, ...]
    additions: tuple[str, ...] = ()  # what files of this version may lack, made at each opening


class SqliteFile:
    """A file with a schema, and its connections."""

    def __init__(self, path: str | Path, schema: Schema) -> None:
        """Open the file; make it if there is none.

        Raises:
            Misconfigured: it cannot be used; the text says why and what to do.
            Unavailable: another process holds it for long.
        """
        self.path = Path(path).absolute()
        self._idle: list[sqlite3.Connection] = []
        self._writing = threading.Lock()  # fairer and quicker than SQLite's own waiting
        self._closed = False
        self._log = LogSync(self.path)
        begin_private(self.path)  # its log gets the same mode from SQLite
        try:
            with closing(self._connect()) as connection:
                _prepare(connection, schema, self.path)
        except sqlite3.Error as error:
            raise _refusal(self.path, error) from error

    def close(self) -> None:
        """Let go of the file; whoever still uses it meets `Unavailable` the next time."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for one statement."""
        try:
            with self._lent() as connection:
                yield connection
        except sqlite3.Error as error:
            raise Unavailable(f"the store {self.path}: {error}") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for one transaction, durable after the block, undone if it raises."""
        with self._writing, self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        try:
            self._log.wait()  # the next one writes meanwhile
        except OSError as error:
            raise Unavailable(f"the store {self.path}: {error}") from error

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            if self._closed:
                raise Unavailable(f"the store {self.path} is closed") from None
            connection = self._connect()
        try:
            yield connection
        finally:
            if self._closed or connection.in_transaction:
                connection.close()  # which undoes the transaction
            else:
                self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        try:
            # A change survives the loss of power, too, not only that of the process: `_log`.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_LOG}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection, schema: Schema, path: Path) -> None:
    """Check the file, or make it if it is empty; two processes may start at once."""
    connection.execute("BEGIN IMMEDIATE")  # also tells whether it can be written
    if _number(connection, "SELECT count(*) FROM sqlite_schema") == 0:
        for statement in schema.statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.application}")
        connection.execute(f"PRAGMA user_version = {schema.version}")
    _check(connection, schema, path)
    for statement in schema.additions:
        connection.execute(statement)
    connection.execute("COMMIT")
    # Readers do not wait for the writer: https://www.sqlite.org/wal.html
    connection.execute("PRAGMA journal_mode = WAL")


def _check(connection: sqlite3.Connection, schema: Schema, path: Path) -> None:
    if _number(connection, "PRAGMA application_id") != schema.application:
        raise Misconfigured(
            f"{path} is a database of another program: name another file, which will be created"
        )
    version = _number(connection, "PRAGMA user_version")
    if version != schema.version:
        raise Misconfigured(
            f"{path} has version {version}, this Watchkeeper reads version {schema.version}: "
            "run the Watchkeeper that wrote it, or name a new file and start afresh"
        )
    finding = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if finding != "ok":
        raise sqlite3.DatabaseError(finding)


def _number(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])


_NEXT_STEP = {
    sqlite3.SQLITE_NOTADB: "is not a database: name another file, which will be created",
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened: name a file in a folder that exists and is writable"
    ),
    sqlite3.SQLITE_READONLY: "cannot be written: give this user the right to write it",
    sqlite3.SQLITE_IOERR: "cannot be read or written: is the disk full or failing?",
    sqlite3.SQLITE_FULL: "cannot grow: free some space on its disk",
}
_DAMAGED = "is damaged: put back a copy, or move it away together with its -wal and -shm files"
_HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _refusal(path: Path, error: Exception) -> Misconfigured | Unavailable:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _HELD:
        return Unavailable(f"{path} is held by another process")
    return Misconfigured(f"{path} {_NEXT_STEP.get(code, _DAMAGED)} ({error})")
