"""Dead letters can be listed, shown, repeated and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.queue.delivery import Message
from tests.local.queue_rig import FOREVER, TOPIC, WORK, Rig, opened, texts


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Give a queue with one subscription."""
    with opened(tmp_path / "queue.db") as rig:
        yield rig


def bury(rig: Rig, text: str, *, key: str = "ana") -> int:
    """Let a message fail until it is given up; gives the number of its dead letter."""
    message = Message(key=key, data=text.encode(), attributes={"ce-id": text})
    rig.queue.publish(TOPIC, [message])
    while not rig.queue.nack(rig.take(), error=f"no {text}"):
        rig.clock.seconds += 60
    return rig.dead.list()[-1].id


def test_a_dead_letter_tells_its_story(rig: Rig) -> None:
    """The list names what failed, when, how often and why, without what it said."""
    number = bury(rig, "a1")
    (letter,) = rig.dead.list()
    assert (letter.id, letter.subscription, letter.key) == (number, WORK, "ana")
    assert (letter.error, letter.attempts, letter.size, letter.data) == ("no a1", 4, 2, b"")
    assert letter.died_at == datetime.fromtimestamp(rig.clock.seconds, UTC)
    assert letter.published_at < letter.died_at


def test_one_is_shown_whole(rig: Rig) -> None:
    """Shown by its number, a dead letter has its data and attributes."""
    shown = rig.dead.show(bury(rig, "a1"))
    assert shown is not None
    assert (shown.data, shown.attributes) == (b"a1", {"ce-id": "a1"})
    assert rig.dead.show(99) is None


def test_the_list_is_paged_and_filtered(rig: Rig) -> None:
    """Many dead letters are read page by page, those of one subscription if wanted."""
    numbers = [bury(rig, f"a{n}") for n in range(3)]
    page = rig.dead.list(limit=2)
    assert [letter.id for letter in page] == numbers[:2]
    assert [letter.id for letter in rig.dead.list(after=page[-1].id)] == numbers[2:]
    assert len(rig.dead.list(subscription=WORK)) == 3
    assert rig.dead.list(subscription="sync") == []


def test_a_dead_letter_is_repeated(rig: Rig) -> None:
    """A repeated one is delivered as new, after what waits under its key, and is no letter more."""
    number = bury(rig, "a1")
    rig.publish("a2")
    assert rig.dead.retry([number, 99]) == 1
    first = rig.take()
    rig.queue.ack(first)
    second = rig.take()
    assert (texts(first), texts(second), second.attempt) == (["a2"], ["a1"], 1)
    assert second.messages[0].attributes == {"ce-id": "a1"}
    assert rig.dead.list() == []


def test_one_without_subscription_stays(rig: Rig) -> None:
    """What nobody would receive is not repeated into nothing."""
    number = bury(rig, "a1")
    rig.queue.retain([])
    assert rig.dead.retry([number]) == 0
    rig.queue.subscribe(WORK, topic=TOPIC, policy=FOREVER)
    assert rig.dead.retry([number]) == 1


def test_a_dead_letter_is_dropped(rig: Rig) -> None:
    """A dropped one is gone, the others stay."""
    first, second = bury(rig, "a1"), bury(rig, "a2")
    assert rig.queue.backlogs()[0].dead == 2
    assert rig.dead.drop([first, 99]) == 1
    assert [letter.id for letter in rig.dead.list()] == [second]
    assert rig.queue.backlogs()[0].dead == 1


def test_a_number_is_never_given_twice(rig: Rig) -> None:
    """Who drops a letter by its number cannot hit a later one."""
    first = bury(rig, "a1")
    rig.dead.drop([first])
    assert bury(rig, "a2") > first


def test_a_long_error_is_cut(rig: Rig) -> None:
    """What an answer says may be a page; a sentence of it is kept."""
    rig.publish("a1")
    while not rig.queue.nack(rig.take(), error="x" * 10_000):
        rig.clock.seconds += 60
    assert len(rig.dead.list()[0].error) == 256
