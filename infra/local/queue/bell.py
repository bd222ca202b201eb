"""Wakes workers when something was published in this process."""

from __future__ import annotations

import threading


class Bell:
    """Counts its strokes, so that one that fell between looking and waiting is not missed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._strokes = 0

    @property
    def strokes(self) -> int:
        """How often it was rung."""
        return self._strokes

    def ring(self, workers: int) -> None:
        """Wake so many of those who wait."""
        with self._changed:
            self._strokes += 1
            self._changed.notify(workers)

    def wait(self, heard: int, timeout: float) -> None:
        """Wait for a stroke after the `heard` ones, so many seconds at most."""
        with self._changed:
            if self._strokes == heard:
                self._changed.wait(timeout)
