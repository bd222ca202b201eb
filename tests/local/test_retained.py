"""A topic keeps what it got for a while, whether anybody was subscribed or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from infra.local.queue.delivery import Message, Policy
from infra.local.queue.file import QueueFile
from infra.local.sqlite_queue import SqliteQueue
from tests.local.queue_rig import Hand

TOPIC, DAY = "changes", 86_400
POLICY = Policy(first=timedelta(seconds=1), longest=timedelta(seconds=1), attempts=None)


@pytest.fixture
def clock() -> Hand:
    """Give a clock."""
    return Hand()


@pytest.fixture
def queue(tmp_path: Path, clock: Hand) -> Iterator[SqliteQueue]:
    """Give a queue that keeps what the topic gets for 7 days."""
    file = QueueFile(tmp_path / "queue.db")
    yield SqliteQueue(file, clock=clock, kept={TOPIC: timedelta(days=7)})
    file.close()


def publish(queue: SqliteQueue, *texts: str, key: str = "ana", topic: str = TOPIC) -> None:
    """Publish messages."""
    messages = [Message(key=key, data=text.encode(), attributes={"n": text}) for text in texts]
    queue.publish(topic, messages)


def kept(queue: SqliteQueue, key: str = "ana", since: float = 0) -> list[str]:
    """Give what is kept of a key."""
    return [each.data.decode() for each in queue.retained(TOPIC, key, since=since)]


def test_it_is_kept_without_subscriptions(queue: SqliteQueue) -> None:
    """Nobody need be subscribed; keys are kept apart, in order."""
    publish(queue, "a", "b")
    publish(queue, "x", key="ben")
    publish(queue, "c")
    assert kept(queue) == ["a", "b", "c"]
    assert kept(queue, "ben") == ["x"]
    (first, *_) = queue.retained(TOPIC, "ana", since=0)
    assert first.attributes == {"n": "a"}


def test_since_a_time(queue: SqliteQueue, clock: Hand) -> None:
    """Only what was published then or later."""
    publish(queue, "a")
    clock.seconds += 60
    publish(queue, "b")
    assert kept(queue, since=clock.seconds) == ["b"]


def test_after_seven_days_it_goes(queue: SqliteQueue, clock: Hand) -> None:
    """What is older goes when something new comes."""
    publish(queue, "old")
    clock.seconds += 7 * DAY
    publish(queue, "edge")
    assert kept(queue) == ["old", "edge"]
    clock.seconds += 1
    publish(queue, "new")
    assert kept(queue) == ["edge", "new"]


def test_another_topic_keeps_nothing(queue: SqliteQueue) -> None:
    """Jobs need no replay."""
    publish(queue, "job", topic="notifications")
    assert list(queue.retained("notifications", "ana", since=0)) == []


def test_many(queue: SqliteQueue) -> None:
    """More than one page is read whole and in order."""
    texts = [str(n) for n in range(450)]
    publish(queue, *texts)
    assert kept(queue) == texts


def test_for_one_subscription_alone(queue: SqliteQueue) -> None:
    """What is put for one is neither for others nor kept."""
    for name in ("handle", "file"):
        queue.subscribe(name, topic=TOPIC, policy=POLICY)
    queue.put("handle", [Message(key="ana", data=b"again")])
    assert queue.claim("file", lease=timedelta(seconds=9)) is None
    assert queue.claim("handle", lease=timedelta(seconds=9)) is not None
    assert kept(queue) == []


def test_unsubscribing(queue: SqliteQueue) -> None:
    """What waits for a subscription that ends goes with it; what is kept stays."""
    queue.subscribe("handle", topic=TOPIC, policy=POLICY)
    publish(queue, "a")
    queue.unsubscribe("handle")
    queue.subscribe("handle", topic=TOPIC, policy=POLICY)
    assert queue.claim("handle", lease=timedelta(seconds=9)) is None
    assert kept(queue) == ["a"]
