"""The clock of one machine: calls `renew` at a steady pace, as Cloud Scheduler does in the cloud.

The next call begins when the last has ended. Between two ticks it also calls as soon as something
is due, where looking is cheap: a new watch is not kept waiting for a minute.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import urllib3

from functions.ports import Journal

LOOK_EVERY = timedelta(milliseconds=500)
LONGEST_TICK = 120.0


class Ticker:
    """Calls one address until it is stopped."""

    def __init__(
        self,
        url: str,
        *,
        every: timedelta,
        is_due: Callable[[], bool] | None,
        journal: Journal,
    ) -> None:
        """Keep what to call, how often, and what tells that something is due before."""
        self._url = url
        self._every = every.total_seconds()
        self._is_due = is_due
        self._journal = journal
        self._stopping = threading.Event()
        self._http = urllib3.PoolManager(maxsize=1, retries=False, timeout=LONGEST_TICK)
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Tick now and from now on."""
        self._thread.start()

    def stop(self, *, within: timedelta) -> None:
        """Tick no more; wait for the tick under way."""
        self._stopping.set()
        self._thread.join(within.total_seconds())

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._tick()
            self._wait(began + self._every)

    def _wait(self, until: float) -> None:
        while not self._stopping.is_set():
            left = until - time.monotonic()
            if left <= 0:
                return
            pause = LOOK_EVERY.total_seconds() if self._is_due else left
            self._stopping.wait(min(left, pause))
            if self._is_due is not None and self._is_due():
                return

    def _tick(self) -> None:
        try:
            self._http.request("POST", self._url, body=b"")
        except urllib3.exceptions.HTTPError as error:
            self._journal.warn("tick not answered", reason=type(error).__name__)
