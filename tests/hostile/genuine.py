"""Google's sender as it ought to be: a notification now and then, sent again until it is taken."""

from __future__ import annotations

import http.client
import itertools
import statistics
import threading
import time
from types import TracebackType
from typing import Self

from functions.domain import token
from functions.domain.keyring import Ring
from tests.hostile.forgeries import GENUINE

CHANNEL = "genuine-channel"
WATCH = "ana-drive"
SUCCESS = frozenset({200, 201, 202, 204})
RETRIED = frozenset({500, 502, 503, 504})
PATIENCE = 5.0  # seconds for an answer; Google's is not documented
BACK_OFF = 0.2

_numbers = itertools.count(1)


class Genuine:
    """Notifications of one channel at a steady rate, each with a number of its own."""

    def __init__(self, port: int, ring: Ring, *, every: float, senders: int = 4) -> None:
        """Keep where they go and how often."""
        self._port = port
        self._every = every
        proof = token.mint(ring.keys[0], channel=CHANNEL, watch=WATCH)
        self._headers = {**GENUINE, "X-Goog-Channel-ID": CHANNEL, "X-Goog-Channel-Token": proof}
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(senders)]
        self.given: set[int] = set()
        self.taken: set[int] = set()
        self.lost: list[tuple[int, int]] = []  # number and status, of what Google would drop
        self.retries = 0
        self.seconds: list[float] = []

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Send no more; what was begun is finished."""
        self._ended.set()
        for thread in self._threads:
            thread.join(30)

    def __str__(self) -> str:
        """Give the figures."""
        times = sorted(self.seconds) or [0.0]
        high = times[int(len(times) * 0.99)] * 1000
        return (
            f"{len(self.given)} genuine, {len(self.taken)} taken, {self.retries} sent again; "
            f"median {statistics.median(times) * 1000:.0f} ms, 99 % {high:.0f} ms, "
            f"most {times[-1] * 1000:.0f} ms"
        )

    def _run(self) -> None:
        while not self._ended.wait(self._every * len(self._threads)):
            with self._lock:
                number = next(_numbers)
                self.given.add(number)
            began = time.monotonic()
            status = self._send(number)
            if status in SUCCESS:
                self.taken.add(number)
                self.seconds.append(time.monotonic() - began)
            else:
                self.lost.append((number, status))

    def _send(self, number: int) -> int:
        status = self._post(number)
        for _ in range(20):
            if status not in RETRIED:
                break
            self.retries += 1
            time.sleep(BACK_OFF)
            status = self._post(number)
        return status

    def _post(self, number: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            headers = {**self._headers, "X-Goog-Message-Number": str(number)}
            connection.request("POST", "/receive", body=b"", headers=headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 503  # no answer: sent again like a 503
        finally:
            connection.close()
