"""A subscriber of its own on the topic of changes: takes every event, and keeps the order."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from google.api_core.exceptions import GoogleAPIError
from google.pubsub_v1 import SubscriberClient

from infra.cloud.pubsub_setup import subscription_name

Event = dict[str, Any]

TAP = "tap"
_AT_ONCE = 1000
_WAIT = 2.0  # seconds of one pull that finds nothing


class Tap:
    """The events in the order of their arrival, repetitions included."""

    def __init__(self, project: str, *, keep: bool = True) -> None:
        """Keep whose topic it is; without `keep`, only subjects, ids and a count are kept."""
        self._name = subscription_name(project, TAP)
        self._keep = keep
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tap", daemon=True)
        self.events: list[Event] = []
        self.ids: dict[str, set[str]] = {}  # by subject
        self.count = 0
        self.last_at = 0.0

    def __enter__(self) -> Self:
        """Begin to take."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take no more."""
        self._ended.set()
        self._thread.join()

    def told(self) -> Sequence[Event]:
        """Give what was taken so far."""
        return list(self.events)

    def _run(self) -> None:
        with SubscriberClient() as subscriber:
            while not self._ended.is_set():
                try:
                    self._take(subscriber)
                except GoogleAPIError:
                    time.sleep(0.05)  # nothing there, or nobody

    def _take(self, subscriber: SubscriberClient) -> None:
        found = subscriber.pull(
            subscription=self._name, max_messages=_AT_ONCE, timeout=_WAIT, retry=None
        )
        for each in found.received_messages:
            self._note(json.loads(each.message.data))
        acknowledged = [each.ack_id for each in found.received_messages]
        if acknowledged:
            subscriber.acknowledge(subscription=self._name, ack_ids=acknowledged, timeout=_WAIT)

    def _note(self, event: Event) -> None:
        self.count += 1
        self.last_at = time.monotonic()
        self.ids.setdefault(event.get("subject", ""), set()).add(event["id"])
        if self._keep:
            self.events.append(event)
