"""Publishes change events once more: those a topic has kept, and those that were given up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol, TypeAlias

from infra.cloudevent import Encoded, repeated
from infra.local.queue.delivery import Message
from infra.local.queues import CHANGES
from infra.local.sqlite_queue import SqliteQueue
from infra.machine.handle_route import HANDLE
from infra.machine.installation import Installation
from infra.ordering import ordering_key

Kept: TypeAlias = tuple[bytes, Mapping[str, str]]


class Changes(Protocol):
    """The queue of changes, as an operator reaches it."""

    def kept(self, watch: str, since: datetime) -> Iterator[Kept]: ...
    def publish(self, watch: str, events: Iterable[Encoded]) -> None: ...
    def hand(self, watch: str, event: Encoded) -> None: ...


class LocalChanges:
    """The queue of one machine."""

    def __init__(self, queue: SqliteQueue) -> None:
        """Keep the queue; `serve` may run beside us."""
        self._queue = queue

    def kept(self, watch: str, since: datetime) -> Iterator[Kept]:
        """Give what is kept of a watch."""
        for each in self._queue.retained(CHANGES, ordering_key(watch), since=since.timestamp()):
            yield each.data, each.attributes

    def publish(self, watch: str, events: Iterable[Encoded]) -> None:
        """Publish to everybody."""
        self._queue.publish(CHANGES, [_message(watch, event) for event in events])

    def hand(self, watch: str, event: Encoded) -> None:
        """Bring an event to the handlers alone."""
        self._queue.put(HANDLE, [_message(watch, event)])


class TopicChanges:
    """The topic of Pub/Sub: whatever is published comes to everybody."""

    def __init__(self, topic: str) -> None:
        """Keep its full name."""
        from infra.cloud.pubsub import PubsubChanges

        self._topic = topic
        self._changes = PubsubChanges(topic)

    def kept(self, watch: str, since: datetime) -> Iterator[Kept]:
        """Give what is kept of a watch."""
        from infra.cloud.pubsub_retained import retained

        for message in retained(self._topic, watch, since=since):
            yield message.data, dict(message.attributes)

    def publish(self, watch: str, events: Iterable[Encoded]) -> None:
        """Publish to everybody."""
        self._changes.repeat(watch, events)

    def hand(self, watch: str, event: Encoded) -> None:
        """Bring an event to the handlers, and to whoever else listens: with its id as before."""
        self._changes.repeat(watch, [event])


def changes_of(at: Installation, topic: str) -> Changes:
    """Give the queue of changes of an installation."""
    wiring = at.wiring
    if at.site.project is not None:
        return TopicChanges(f"projects/{at.site.project}/topics/{topic}")
    from infra.machine.wiring import MachineWiring

    if not isinstance(wiring, MachineWiring):
        raise TypeError("one machine has a machine's wiring")
    if wiring.is_on_pubsub:
        return TopicChanges(wiring.topic(topic))
    return LocalChanges(wiring.queue)


def replay(changes: Changes, watch: str, *, since: datetime, name: str) -> int:
    """Publish what is kept of a watch once more, each event once; gives how many."""
    events: dict[str, Encoded] = {}
    for data, attributes in changes.kept(watch, since):
        try:
            event = repeated(data, attributes, replay=name)
        except ValueError:
            continue
        if "ce-replay" not in attributes:
            events.setdefault(attributes.get("ce-id", ""), event)
    changes.publish(watch, events.values())
    return len(events)


def _message(watch: str, event: Encoded) -> Message:
    return Message(key=ordering_key(watch), data=event.data, attributes=event.attributes)
