"""Puts SQLite's write-ahead log on the disk: once for all who wait for it at that moment.

A commit that waits for the disk by itself (`synchronous = FULL`) makes all others wait, too. So
connections commit with NORMAL, which only writes the log, and whoever needs to be sure of it waits
here, side by side. What is promised is the same. https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import os
import threading
from pathlib import Path


class LogSync:
    """The log of one database file; threads share it."""

    def __init__(self, database: str | Path) -> None:
        """Keep where the log is; nothing is opened yet."""
        self._path = f"{database}-wal"
        self._turn = threading.Condition()
        self._asked = 0  # whoever asks, has committed before
        self._done = 0  # all who had asked by then are served
        self._busy = False

    def wait(self) -> None:
        """Return when all that was committed before the call is on the disk.

        Raises:
            OSError: the disk fails.
        """
        with self._turn:
            self._asked += 1
            mine = self._asked
            while self._done < mine:
                if self._busy:
                    self._turn.wait()
                else:
                    self._serve()

    def _serve(self) -> None:
        """Serve all who have asked so far; the lock is held, but not while the disk works."""
        self._busy, asked = True, self._asked
        self._turn.release()
        try:
            self._sync()
        finally:
            self._turn.acquire()
            self._busy = False
            self._turn.notify_all()
        self._done = max(self._done, asked)

    def _sync(self) -> None:
        try:
            log = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return  # its content went into the database, which was then put on the disk
        try:
            os.fsync(log)
        finally:
            os.close(log)
