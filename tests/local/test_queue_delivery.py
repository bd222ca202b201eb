"""How the local queue hands out, repeats and gives up messages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.domain.errors import Misconfigured, Unavailable
from infra.local.queue.claim import LARGEST_BATCH
from infra.local.queue.delivery import Backlog, Message
from infra.local.queue.file import QueueFile
from infra.local.sqlite_queue import SqliteQueue
from tests.local.queue_rig import FOREVER, LEASE, POLICY, TOPIC, WORK, Rig, opened, texts


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Give a queue with one subscription."""
    with opened(tmp_path / "queue.db") as rig:
        yield rig


def test_one_message_of_a_key_is_in_hand(rig: Rig) -> None:
    """While a message is in hand, the next of its key waits; other keys do not."""
    rig.publish("a1", "a2")
    rig.publish("b1", key="bob")
    first, second = rig.take(), rig.take()
    assert (texts(first), texts(second), rig.claim()) == (["a1"], ["b1"], None)
    assert rig.queue.ack(first)
    assert texts(rig.claim()) == ["a2"]


def test_a_busy_key_takes_turns(rig: Rig) -> None:
    """A key with a long line does not keep others from being served."""
    rig.publish("a1", "a2", "a3")
    rig.clock.seconds += 1
    rig.publish("b1", key="bob")
    served = []
    for _ in range(4):
        rig.clock.seconds += 1
        batch = rig.take()
        served += texts(batch)
        rig.queue.ack(batch)
    assert served == ["a1", "b1", "a2", "a3"]


def test_each_subscription_gets_its_own(rig: Rig) -> None:
    """What one subscription acknowledges still waits for the other."""
    rig.queue.subscribe("file", topic=TOPIC, policy=POLICY)
    rig.publish("a1")
    rig.queue.ack(rig.take())
    assert texts(rig.queue.claim("file", lease=LEASE)) == ["a1"]


def test_nothing_is_kept_without_a_subscription(rig: Rig) -> None:
    """What a topic gets before its subscription is not for it."""
    rig.queue.publish("notifications", [Message(key="ana", data=b"early")])
    rig.queue.subscribe("sync", topic="notifications", policy=POLICY)
    assert rig.queue.claim("sync", lease=LEASE) is None


def test_attributes_come_along(rig: Rig) -> None:
    """A message arrives with its attributes and the time of its publication."""
    rig.queue.publish(TOPIC, [Message(key="ana", data=b"\x00\xff", attributes={"ce-id": "ü"})])
    (message,) = rig.take().messages
    assert (message.key, message.data, message.attributes) == ("ana", b"\x00\xff", {"ce-id": "ü"})
    assert message.published_at == datetime.fromtimestamp(rig.clock.seconds, UTC)


def test_a_failure_is_repeated_after_a_growing_while(rig: Rig) -> None:
    """Each failure doubles the wait up to the longest; the next of the key waits, too."""
    rig.publish("a1", "a2")
    for wait in (10, 20, 30):
        rig.queue.nack(rig.take(), error="503")
        rig.clock.seconds += wait - 0.5
        assert rig.claim() is None
        rig.clock.seconds += 0.5
    assert rig.take().attempt == 4


def test_a_failing_key_holds_up_no_other(rig: Rig) -> None:
    """While one key waits to be repeated, others are delivered."""
    rig.publish("a1")
    rig.publish("b1", key="bob")
    rig.queue.nack(rig.take(), error="503")
    assert texts(rig.claim()) == ["b1"]


def test_the_wait_is_kept_in_the_file(rig: Rig, tmp_path: Path) -> None:
    """Another process that opens the file sees when a message is due, and how often it failed."""
    rig.publish("a1")
    rig.queue.nack(rig.take(), error="503")
    with opened(tmp_path / "queue.db") as other:
        assert other.claim() is None
        other.clock.seconds += 10
        assert other.take().attempt == 2


def test_after_the_last_attempt_it_is_a_dead_letter(rig: Rig) -> None:
    """A message that fails too often makes room for the next of its key."""
    rig.publish("a1", "a2")
    dead = []
    for _ in range(4):
        dead.append(rig.queue.nack(rig.take(), error="it answers 500"))
        rig.clock.seconds += 60
    assert dead == [0, 0, 0, 1]
    assert texts(rig.take()) == ["a2"]
    (letter,) = rig.dead.list()
    assert (letter.error, letter.attempts, letter.key) == ("it answers 500", 4, "ana")


def test_some_are_repeated_until_they_succeed(rig: Rig) -> None:
    """Without a number of attempts nothing is given up."""
    rig.queue.subscribe(WORK, topic=TOPIC, policy=FOREVER)
    rig.publish("a1")
    for _ in range(300):
        rig.queue.nack(rig.take(), error="disk full")
        rig.clock.seconds += 1
    assert rig.take().attempt == 301


def test_a_lease_that_ran_out_frees_the_message(rig: Rig) -> None:
    """A message whose worker is silent comes again; the late worker settles nothing any more."""
    rig.publish("a1", "a2")
    late = rig.take()
    rig.clock.seconds += 59
    assert rig.claim() is None
    rig.clock.seconds += 1
    again = rig.take()
    assert (texts(again), again.attempt) == (["a1"], 2)
    assert not rig.queue.ack(late)
    assert rig.queue.nack(late, error="late") == 0
    rig.queue.release(late)
    assert rig.claim() is None
    assert rig.queue.ack(again)
    assert texts(rig.claim()) == ["a2"]


def test_a_message_that_never_ends_is_given_up(rig: Rig) -> None:
    """What takes its worker down each time becomes a dead letter, too."""
    rig.publish("poison", "a2")
    for _ in range(4):
        assert texts(rig.claim()) == ["poison"]
        rig.queue.recover()
    assert texts(rig.claim()) == ["a2"]
    assert rig.dead.list()[0].error == "the last try never ended"


def test_released_is_as_if_never_taken(rig: Rig) -> None:
    """What is given back is delivered at once, and the attempt does not count."""
    rig.publish("a1")
    rig.queue.release(rig.take())
    assert rig.take().attempt == 1


def test_a_start_frees_what_was_in_hand(rig: Rig, tmp_path: Path) -> None:
    """After a crash, what it had in hand and what was backing off is delivered at once."""
    rig.publish("a1")
    rig.publish("b1", key="bob")
    rig.take()
    rig.queue.nack(rig.take(), error="503")
    with opened(tmp_path / "queue.db") as other:
        assert other.claim() is None
        other.queue.recover()
        assert {*texts(other.claim()), *texts(other.claim())} == {"a1", "b1"}


def test_a_clock_set_back_strands_nothing_at_a_start(rig: Rig, tmp_path: Path) -> None:
    """What was due in a future that the clock has left is due at the next start."""
    rig.publish("a1")
    with opened(tmp_path / "queue.db") as other:
        other.clock.seconds -= 1_000_000
        other.queue.recover()
        assert texts(other.claim()) == ["a1"]


def test_a_batch_is_in_order_of_publication(rig: Rig) -> None:
    """A batch holds messages of several keys as they came, and all of them are settled at once."""
    for number in range(6):
        rig.publish(f"m{number}", key="ana" if number % 2 else "bob")
    batch = rig.take(most=4)
    assert texts(batch) == ["m0", "m1", "m2", "m3"]
    assert rig.claim(most=4) is None
    rig.queue.ack(batch)
    assert texts(rig.claim(most=4)) == ["m4", "m5"]


def test_a_failed_batch_comes_again_whole(rig: Rig) -> None:
    """After a failure all of the batch is repeated, in its order; other keys go on."""
    rig.publish("a1", "a2")
    rig.publish("b1", key="bob")
    rig.queue.nack(rig.take(most=3), error="disk full")
    rig.publish("c1", key="cy")
    assert texts(rig.claim(most=9)) == ["c1"]
    rig.clock.seconds += 10
    again = rig.take(most=9)
    assert (texts(again), again.attempt) == (["a1", "a2", "b1"], 2)


def test_of_a_failing_batch_the_heads_die_first(rig: Rig) -> None:
    """When a batch is given up, the oldest message of each key goes, and the rest is tried anew."""
    rig.publish("a1", "a2")
    for _ in range(4):
        rig.queue.nack(rig.take(most=9), error="500")
        rig.clock.seconds += 60
    rest = rig.take(most=9)
    assert (texts(rest), rest.attempt, len(rig.dead.list())) == (["a2"], 1, 1)


def test_a_batch_is_bounded_by_size(rig: Rig) -> None:
    """A batch ends before it is too large; one message alone may be."""
    for _ in range(3):
        rig.queue.publish(TOPIC, [Message(key="ana", data=bytes(LARGEST_BATCH // 2))])
    assert len(rig.take(most=9).messages) == 2
    rig.queue.publish(TOPIC, [Message(key="bob", data=bytes(LARGEST_BATCH + 1))])
    assert len(rig.take(most=9).messages) == 1


def test_only_wanted_subscriptions_stay(rig: Rig) -> None:
    """A subscription that nobody serves any more is ended, and what waits for it goes."""
    rig.queue.subscribe("file", topic=TOPIC, policy=POLICY)
    rig.publish("a1")
    batch = rig.queue.claim("file", lease=LEASE)
    assert batch is not None
    rig.queue.retain([WORK])
    assert not rig.queue.ack(batch)
    assert rig.queue.nack(batch, error="late") == 0
    assert [backlog.subscription for backlog in rig.queue.backlogs()] == [WORK]
    rig.queue.subscribe("file", topic=TOPIC, policy=POLICY)
    assert rig.queue.claim("file", lease=LEASE) is None
    rig.publish("a2")
    assert texts(rig.queue.claim("file", lease=LEASE)) == ["a2"]


def test_a_subscription_that_comes_back_keeps_what_waits(rig: Rig) -> None:
    """Subscribing again, with another policy, loses nothing."""
    rig.publish("a1")
    rig.queue.subscribe(WORK, topic=TOPIC, policy=FOREVER)
    assert texts(rig.claim()) == ["a1"]


def test_the_backlog_is_counted(rig: Rig) -> None:
    """The status tells how much waits, since when, and how much was given up."""
    since = datetime.fromtimestamp(rig.clock.seconds, UTC)
    rig.publish("a1", "a2")
    rig.clock.seconds += 5
    rig.publish("b1", key="bob")
    assert list(rig.queue.backlogs()) == [
        Backlog(subscription=WORK, topic=TOPIC, waiting=3, oldest=since, dead=0)
    ]
    rig.queue.ack(rig.take())
    (left,) = rig.queue.backlogs()
    assert (left.waiting, left.oldest) == (2, since)
    rig.queue.ack(rig.take())
    rig.queue.ack(rig.take())
    assert rig.queue.backlogs()[0].oldest is None


def test_publishing_is_all_or_nothing(rig: Rig) -> None:
    """A message that cannot be kept takes those of its call along, so that all are told again."""
    good, bad = Message(key="ana", data=b"a1"), Message(key="\ud800", data=b"a2")
    with pytest.raises(UnicodeEncodeError):
        rig.queue.publish(TOPIC, [good, bad])
    assert rig.claim() is None
    rig.queue.publish(TOPIC, [good])
    assert texts(rig.claim(most=9)) == ["a1"]


def test_a_closed_queue_is_unavailable(tmp_path: Path) -> None:
    """Whoever uses the queue while it ends is told to try again."""
    file = QueueFile(tmp_path / "queue.db")
    queue = SqliteQueue(file)
    file.close()
    with pytest.raises(Unavailable):
        queue.publish(TOPIC, [Message(key="ana", data=b"a1")])
    with pytest.raises(Unavailable):
        queue.backlogs()


def test_a_full_disk_is_unavailable(rig: Rig) -> None:
    """What cannot be written is not taken, and works again once there is room."""
    with rig.file.read() as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
    with rig.file._lock:
        rig.file._durable.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable, match="full"):
        rig.publish("x" * 100_000)
    with rig.file._lock:
        rig.file._durable.execute("PRAGMA max_page_count = 1000000")
    rig.publish("a1")
    assert texts(rig.claim()) == ["a1"]


@pytest.mark.parametrize("kind", ["no folder", "a folder", "no database"])
def test_a_file_that_cannot_serve_is_named(tmp_path: Path, kind: str) -> None:
    """A wrong path is said at the start, with what is allowed."""
    path = tmp_path / "wanting" / "queue.db" if kind == "no folder" else tmp_path / "queue.db"
    if kind == "a folder":
        path.mkdir()
    if kind == "no database":
        path.write_text("Dear diary, " * 1000)
    with pytest.raises(Misconfigured, match="writable folder") as refusal:
        QueueFile(path)
    assert str(path) in str(refusal.value)


def test_a_held_file_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another process holds for long is not the operator's mistake."""
    monkeypatch.setattr("infra.local.queue.file._PATIENCE", 0.05)
    path = tmp_path / "queue.db"
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="another process"):
        QueueFile(path)
    holder.close()
    QueueFile(path).close()


def test_the_file_is_shared_with_other_tables(tmp_path: Path) -> None:
    """The queue leaves alone what else is in the file."""
    path = tmp_path / "watchkeeper.db"
    with sqlite3.connect(path) as store:
        store.execute("CREATE TABLE progress (watch TEXT)")
        store.execute("INSERT INTO progress VALUES ('ana')")
    store.close()
    with opened(path) as rig:
        rig.publish("a1")
        with rig.file.read() as database:
            assert database.execute("SELECT watch FROM progress").fetchone() == ("ana",)


def test_many_messages_pass_in_reasonable_time(rig: Rig) -> None:
    """Twenty thousand messages of many keys are kept and taken in batches within seconds."""
    began = datetime.now(UTC)
    for start in range(0, 20_000, 1000):
        numbers = range(start, start + 1000)
        rig.queue.publish(TOPIC, [Message(key=f"k{n % 70}", data=b"x" * 500) for n in numbers])
    taken = 0
    while batch := rig.claim(most=500):
        taken += len(batch.messages)
        rig.queue.ack(batch)
    assert taken == 20_000
    assert datetime.now(UTC) - began < timedelta(seconds=20)
