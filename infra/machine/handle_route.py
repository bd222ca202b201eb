"""Leads changes to `handle` as long as a declared watch has handlers, and no longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from functions.domain.handled import MOST_ATTEMPTS
from infra.local.dispatcher import Lane
from infra.local.push import Push
from infra.local.queue.delivery import Policy
from infra.local.queues import CHANGES
from infra.machine.wiring import MachineWiring

HANDLE = "handle"
WORKERS = 8
FIRST, LONGEST = timedelta(seconds=10), timedelta(minutes=10)
# `handle` itself gives an event up at its last attempt, with its error; this is for one that ends
# the process each time.
POLICY = Policy(first=FIRST, longest=LONGEST, attempts=MOST_ATTEMPTS)
TIMEOUT = timedelta(seconds=300)


class HandleRoute:
    """The subscription `handle` of the topic `changes`."""

    def __init__(self, machine: MachineWiring, inner: str) -> None:
        """Keep where `handle` listens."""
        self._machine = machine
        self._url = f"{inner}/handle"
        self._is_open: bool | None = None

    def follow(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Open or close the subscription as the declarations want it.

        Raises:
            Unavailable: the queue fails.
        """
        wanted = any(document.get("handle") for document in documents.values())
        if wanted is self._is_open:
            return
        if self._machine.is_on_pubsub:
            from infra.machine.pubsub_queues import close_handle, open_handle

            if wanted:
                open_handle(self._machine.project, self._url, first=FIRST, longest=LONGEST)
            else:
                close_handle(self._machine.project)
        elif wanted:
            self._machine.queue.subscribe(HANDLE, topic=CHANGES, policy=POLICY)
        else:
            self._machine.queue.unsubscribe(HANDLE)
        self._is_open = wanted

    def lane(self) -> Lane:
        """Give the lane that serves the subscription on the queue of one machine."""
        push = Push(self._url, timeout=TIMEOUT, connections=WORKERS)
        return Lane(subscription=HANDLE, deliver=push, workers=WORKERS)
