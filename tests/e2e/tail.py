"""Reads the changes file as it grows, and notes how long each change took to arrive there."""

from __future__ import annotations

import json
import statistics
import time
from datetime import datetime
from pathlib import Path

from tests.meanwhile import Meanwhile

EVERY = 0.01  # seconds between two looks


class Tail(Meanwhile):
    """The seconds from each change, by Google's clock, to its line in the file."""

    def __init__(self, path: Path) -> None:
        """Keep what is read."""
        super().__init__(every=EVERY)
        self._path = path
        self._read = 0
        self._known: set[str] = set()
        self.seconds: list[float] = []

    def __str__(self) -> str:
        """Give the figures."""
        if len(self.seconds) < 2:
            return "no latencies"
        median, high = statistics.median(self.seconds), statistics.quantiles(self.seconds, n=20)[-1]
        return f"latency: median {median:.2f} s, 95 % {high:.2f} s, most {max(self.seconds):.2f} s"

    def step(self) -> None:
        """Read what is new."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            self._note(line, time.time())

    def _note(self, line: bytes, now: float) -> None:
        try:
            event = json.loads(line)
            changed = datetime.fromisoformat(event["time"])
        except (ValueError, KeyError):
            return  # torn by a crash
        if event["id"] not in self._known:
            self._known.add(event["id"])
            self.seconds.append(now - changed.timestamp())
