"""Sends messages from threads of its own, as Google's sender does: retries, back-off, robots.txt.

Success is 200, 201, 202, 204 or 102; 500, 502, 503, 504 and failing connections are tried again;
any other answer loses the message.
https://developers.google.com/workspace/drive/api/guides/push#receive-notifications
"""

import threading
import time
from collections import Counter

import requests

from infra.local.google.lane import Lane
from infra.local.google.message import Message, Outcome
from infra.local.google.options import Options
from infra.local.google.robots import Robots

USER_AGENT = "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"
SUCCESS = frozenset({102, 200, 201, 202, 204})
RETRIED = frozenset({500, 502, 503, 504})


class Delivery:
    """Lanes of messages, each worked off by one thread."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._robots = Robots()
        self._lock = threading.Lock()
        self._waiting = 0
        self.outcomes: Counter[str] = Counter()
        self._lanes = [Lane(self._attempt) for _ in range(options.delivery_workers)]

    def send(self, message: Message, delay: float = 0.0) -> None:
        """Send a message, now or later; never blocks."""
        with self._lock:
            self._waiting += 1
        self._put(message, delay)

    def waiting(self) -> int:
        """Tell how many messages are on their way, those being sent included."""
        return self._waiting

    def close(self) -> None:
        """End all threads; what waits is lost."""
        for lane in self._lanes:
            lane.close()

    def _put(self, message: Message, delay: float) -> None:
        lane = self._lanes[hash(message.lane) % len(self._lanes)]
        lane.put(message, time.monotonic() + delay)

    def _attempt(self, message: Message, session: requests.Session) -> None:
        if not message.wanted():
            self._end(message, Outcome.UNWANTED)
            return
        if self._options.respect_robots and not self._robots.allow(message.address, session):
            self._end(message, Outcome.DISALLOWED)
            return
        status = self._post(message, session)
        message.attempts += 1
        if status in SUCCESS:
            self._end(message, Outcome.DELIVERED)
        elif not (status is None or status in RETRIED or message.retry_all):
            self._end(message, Outcome.REFUSED)
        elif message.attempts >= self._options.retry_attempts:
            self._end(message, Outcome.GIVEN_UP)
        else:
            with self._lock:
                self.outcomes["retried"] += 1
            self._put(message, self._back_off(message.attempts))

    def _post(self, message: Message, session: requests.Session) -> int | None:
        try:
            answer = session.post(
                message.address,
                data=message.body,
                headers=message.headers,
                timeout=self._options.delivery_timeout,
                allow_redirects=False,
            )
        except (
            requests.RequestException,
            OSError,
            ValueError,
        ):  # ValueError: no address, no header
            return None
        return answer.status_code

    def _back_off(self, attempts: int) -> float:
        longest = self._options.retry_longest
        return min(longest, self._options.retry_first * 2.0 ** min(attempts - 1, 30))

    def _end(self, message: Message, outcome: Outcome) -> None:
        message.ended(outcome)
        with self._lock:
            self.outcomes[outcome] += 1
            self._waiting -= 1
        message.done.set()
