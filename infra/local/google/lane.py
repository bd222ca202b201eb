"""A thread that attempts messages in the order in which they are due."""

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count

import requests

from infra.local.google.message import Message


class Lane:
    """A thread and what it has to send, soonest first."""

    def __init__(self, attempt: Callable[[Message, requests.Session], None]) -> None:
        self._attempt = attempt
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Message]] = []
        self._order = count()
        self._closed = False
        self._thread: threading.Thread | None = None

    def put(self, message: Message, due: float) -> None:
        """Take a message to be attempted at a time of the monotonic clock."""
        with self._changed:
            if self._closed:
                return
            heapq.heappush(self._heap, (due, next(self._order), message))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True, name="delivery")
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """End the thread; what waits is lost."""
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._changed.notify()

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the environment is not for loopback
            while message := self._take():
                self._attempt(message, session)

    def _take(self) -> Message | None:
        with self._changed:
            while not self._closed:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(wait)
            return None
