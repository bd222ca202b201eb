"""The SQLite file of the queue: its tables, its transactions, and what its errors mean.

Other tables may live in the same file. https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from functions.domain.errors import Misconfigured, Unavailable
from infra.local.log_sync import LogSync
from infra.local.private_files import begin_private

_PATIENCE = 30.0  # seconds that a transaction waits for one of another process
_LARGEST_LOG = 64 * 1024 * 1024  # bytes of the write-ahead log that stay on disk after a burst

# A line is all that waits under one key of a subscription. Its head alone is delivered: the line
# says when, who has it in hand (claim), and how often it was tried.
_TABLES = """
CREATE TABLE IF NOT EXISTS queue_subscription (
    name TEXT PRIMARY KEY, topic TEXT NOT NULL,
    first REAL NOT NULL, longest REAL NOT NULL, attempts INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS queue_line (
    subscription TEXT NOT NULL, line TEXT NOT NULL, due_at REAL NOT NULL, claim TEXT,
    attempts INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (subscription, line)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS queue_line_due ON queue_line (subscription, due_at);
CREATE TABLE IF NOT EXISTS queue_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, line TEXT NOT NULL,
    published_at REAL NOT NULL, attributes TEXT NOT NULL, data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS queue_message_line ON queue_message (subscription, line, id);
CREATE INDEX IF NOT EXISTS queue_message_order ON queue_message (subscription, id);
CREATE TABLE IF NOT EXISTS queue_dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, line TEXT NOT NULL,
    published_at REAL NOT NULL, died_at REAL NOT NULL, attempts INTEGER NOT NULL,
    error TEXT NOT NULL, attributes TEXT NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS queue_retained (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, line TEXT NOT NULL,
    published_at REAL NOT NULL, attributes TEXT NOT NULL, data BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS queue_retained_line ON queue_retained (topic, line, id);
CREATE INDEX IF NOT EXISTS queue_retained_age ON queue_retained (topic, published_at);
CREATE INDEX IF NOT EXISTS queue_dead_letter_subscription ON queue_dead_letter (subscription, id);
"""


class QueueFile:
    """Transactions on one file; threads may share it.

    Args:
        path: the file, which is created if it is not there.

    Raises:
        Misconfigured: it cannot be opened, or is no SQLite database.
        Unavailable: another process holds it for long.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        # Published is what is on the disk. What is taken out needs no such care: after a power
        # failure it is delivered once more. A kill -9 undoes neither.
        self._log = LogSync(path)
        begin_private(path)  # changes are in it; its log gets the same mode from SQLite
        try:
            with ExitStack() as undo:
                self._durable = undo.enter_context(closing(_open(path)))
                self._quick = undo.enter_context(closing(_open(path)))
                self._durable.executescript(_TABLES)
                undo.pop_all()
        except sqlite3.Error as error:
            raise _refusal(path, error) from error

    def close(self) -> None:
        """Close the file; whoever still uses it meets `Unavailable`."""
        with self._lock:
            self._quick.close()
            self._durable.close()

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction, on the disk at its end if `durable`."""
        with self._lock, self._translated():
            database = self._durable if durable else self._quick
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise
        if durable:
            try:
                self._log.wait()  # the next one writes meanwhile
            except OSError as error:
                raise Unavailable(f"the queue {self._path} fails: {error}") from error

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give the block the connection to read from."""
        with self._lock, self._translated():
            yield self._quick

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable(f"the queue {self._path} fails: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        # Before anything is in it: then the file can shrink, see upkeep.
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(f"PRAGMA journal_size_limit = {_LARGEST_LOG}")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _refusal(path: Path, error: sqlite3.Error) -> Misconfigured | Unavailable:
    if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Unavailable(f"the queue {path} is held by another process")
    allowed = "name a file in a writable folder, a database of Watchkeeper's or one to be made"
    return Misconfigured(f"{path} cannot keep a queue ({error}): {allowed}")
