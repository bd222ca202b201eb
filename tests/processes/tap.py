"""A subscriber of its own on the topic of changes: takes every event, and keeps the order."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from google.api_core.exceptions import GoogleAPIError
from google.pubsub_v1 import SubscriberClient

from infra.cloud.pubsub_setup import subscription_name
from tests.meanwhile import Meanwhile

Event = dict[str, Any]

TAP = "tap"
_AT_ONCE = 1000
_WAIT = 2.0  # seconds of one pull that finds nothing


class Tap(Meanwhile):
    """The events in the order of their arrival, repetitions included."""

    def __init__(self, project: str, *, keep: bool = True) -> None:
        """Keep whose topic it is; without `keep`, only subjects, ids and a count are kept."""
        super().__init__(every=0)
        self._name = subscription_name(project, TAP)
        self._subscriber = SubscriberClient()
        self._keep = keep
        self.events: list[Event] = []
        self.ids: dict[str, set[str]] = {}  # by subject
        self.count = 0
        self.last_at = 0.0

    def told(self) -> Sequence[Event]:
        """Give what was taken so far."""
        return list(self.events)

    def end(self) -> None:
        """Take no more."""
        super().end()
        self._subscriber.transport.close()  # type: ignore[no-untyped-call]

    def step(self) -> None:
        """Take what is there."""
        try:
            self._take()
        except GoogleAPIError:
            time.sleep(0.05)  # nothing there, or nobody

    def _take(self) -> None:
        found = self._subscriber.pull(
            subscription=self._name, max_messages=_AT_ONCE, timeout=_WAIT, retry=None
        )
        for each in found.received_messages:
            self._note(json.loads(each.message.data))
        acknowledged = [each.ack_id for each in found.received_messages]
        if acknowledged:
            self._subscriber.acknowledge(
                subscription=self._name, ack_ids=acknowledged, timeout=_WAIT
            )

    def _note(self, event: Event) -> None:
        self.count += 1
        self.last_at = time.monotonic()
        self.ids.setdefault(event.get("subject", ""), set()).add(event["id"])
        if self._keep:
            self.events.append(event)
