"""A topic to publish notifications to: Google's Pub/Sub emulator, where it is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests import emulators
from tests.emulators import PUBSUB, EmulatorFailedError, EmulatorMissingError

TOPIC = "projects/bench/topics/notifications"


class NoQueueError(Exception):
    """There is none; the text says how to get one."""


@contextmanager
def topic() -> Iterator[dict[str, str]]:
    """Run the emulator for the length of the block; gives the settings that lead to its topic."""
    from google.pubsub_v1 import PublisherClient

    try:
        with emulators.running(PUBSUB) as address:
            os.environ[PUBSUB.variable] = address
            try:
                PublisherClient().create_topic(name=TOPIC)
                yield {PUBSUB.variable: address}
            finally:
                del os.environ[PUBSUB.variable]
    except (EmulatorMissingError, EmulatorFailedError) as missing:
        raise NoQueueError(f"emulator missing: {missing}") from missing
