"""Something done again and again, from a thread of its own, while a block runs."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Meanwhile(ABC):
    """A subclass says what is done; what it raises ends it, and is raised at the block's end."""

    def __init__(self, *, every: float) -> None:
        """Keep how many seconds lie between two steps."""
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)
        self._trouble: Exception | None = None

    @abstractmethod
    def step(self) -> None:
        """Do it once."""

    def begin(self) -> None:
        """Begin; the first step comes after a pause."""
        self._thread.start()

    def end(self) -> None:
        """End; when this returns, nothing is done any more."""
        self._ended.set()
        self._thread.join()

    def __enter__(self) -> Self:
        """Begin."""
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; what went wrong is raised, unless something else did already."""
        self.end()
        if self._trouble is not None and error is None:
            raise self._trouble

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._every):
                self.step()
        except Exception as trouble:  # noqa: BLE001 - whoever ends it is told
            self._trouble = trouble
