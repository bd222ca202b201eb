"""A helping hand: a thread that does one piece of work, and whose maker waits for its end.

The end of the process does not wait for it, as it would for one of an executor: a hand may have to
wait for Google, for longer than an end may take.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Hand(threading.Thread, Generic[T]):
    """One piece of work under way; it sees what its maker has set, above all the logs' trace."""

    def __init__(self, work: Callable[[], T], *, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._context = contextvars.copy_context()
        self._result: list[T] = []
        self._failure: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Do the work; what it raised is for its maker."""
        try:
            self._result.append(self._context.run(self._work))
        except BaseException as failure:  # noqa: BLE001 - raised again by whoever waits
            self._failure = failure

    def wait(self) -> T:
        """Wait for the end, and give or raise what the work did."""
        self.join()
        if self._failure is not None:
            raise self._failure
        return self._result[0]
