"""What is in a watch's way: stored, told once, tried again in time, and lifted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.domain.model import ChannelState, Verdict
from tests.world.system import ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WATCH = {"source": "drive.changes", "subject": ANA}


def park(system: System) -> None:
    """Take Ana's access away, and wait until her watch is parked."""
    system.near.world.access.revoke(ANA)
    system.drive.create(ANA, name="unseen")
    system.pass_time(TICK)
    assert system.progress().verdict is Verdict.UNAUTHORIZED


def test_revoked_access_parks_and_is_told_once(system: System) -> None:
    """The owner learns verdict, reason and when it is tried again; then there is silence."""
    system.begin()
    park(system)
    system.pass_time(DAY)
    assert system.sink.troubles() == ["parked"]
    (event,) = system.sink.told
    assert event.type == "watchkeeper.watch.parked"
    assert (event.source, event.watch, event.account) == ("/watches/ana", "ana", ANA)
    assert set(event.data) == {"verdict", "reason", "retry_at"}
    assert event.data["verdict"] == "unauthorized"
    assert "authError" in event.data["reason"]
    assert datetime.fromisoformat(event.data["retry_at"]) > event.time


def test_parked_watch_is_tried_rarely(system: System) -> None:
    """Hours apart, at most a day: not with every message and every tick."""
    system.begin()
    park(system)
    before = len(system.near.calls)
    for _ in range(48):
        system.drive.create(ANA, name="unseen")
        system.pass_time(HOUR)
    assert 3 <= len(system.near.calls) - before <= 8


def test_restored_access_resumes_and_nothing_is_lost(system: System) -> None:
    """At the next try: told as resumed, then whatever changed meanwhile, covered again."""
    system.begin()
    park(system)
    system.near.world.access.restore(ANA)
    system.pass_time(2 * HOUR)
    assert system.sink.troubles() == ["parked", "resumed"]
    assert "file.created" in system.sink.kinds()
    assert system.progress().verdict is Verdict.OK
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]


@pytest.mark.parametrize("how", ["an apply", "an edit"])
def test_parked_watch_is_tried_at_once(system: System, how: str) -> None:
    """A restart, an `apply` or an edit of the watch ends the wait."""
    system.begin()
    park(system)
    system.near.world.access.restore(ANA)
    edited = {**WATCH, "poll": "2h"}
    system.declare(ana=edited if how == "an edit" else WATCH)
    system.pass_time(2 * TICK)
    assert system.sink.troubles() == ["parked", "resumed"]


def test_verdict_is_stored_before_it_is_told(system: System) -> None:
    """A crash between the two: it is told once more, with the same id and the same content."""
    system.begin()
    system.near.world.access.revoke(ANA)
    system.wire.after("changes.tell")
    system.drive.create(ANA, name="unseen")
    system.pass_time(20 * TICK)
    assert system.crashes == 1
    first, second = system.sink.told
    assert first == second
    assert system.progress().notices == ()


def test_verdict_is_told_even_if_its_job_never_comes_again(system: System) -> None:
    """Until it is told the watch is due: the next tick queues a job for that alone."""
    system.begin()
    system.near.world.access.revoke(ANA)
    system.wire.before("changes.tell")
    system.drive.create(ANA, name="unseen")
    system.pass_time(SECOND)
    assert system.crashes == 1
    system.queue.waiting.clear()
    system.pass_time(2 * TICK)
    assert system.sink.troubles() == ["parked"]


def test_verdict_that_could_not_be_told_is_told_later(system: System) -> None:
    """The queue of changes was down when the watch was parked: nothing is forgotten."""
    system.begin()
    system.near.world.access.revoke(ANA)
    system.sink.fails = True
    system.drive.create(ANA, name="unseen")
    system.pass_time(3 * TICK)
    assert system.sink.told == []
    system.sink.fails = False
    system.pass_time(10 * TICK)
    assert system.sink.troubles() == ["parked"]


def test_telling_late_asks_google_nothing(system: System) -> None:
    """While parked, what waits to be told is told without another try of the watch."""
    system.begin()
    system.near.world.access.revoke(ANA)
    system.wire.before("changes.tell")
    system.drive.create(ANA, name="unseen")
    system.pass_time(SECOND)
    calls = len(system.near.calls)
    system.pass_time(20 * TICK)
    assert system.sink.troubles() == ["parked"]
    assert len(system.near.calls) == calls


def test_each_parking_has_an_id_of_its_own(system: System) -> None:
    """Parked, resumed, parked again: four events, four ids."""
    system.begin()
    for _ in range(2):
        park(system)
        system.near.world.access.restore(ANA)
        system.pass_time(3 * HOUR)
    troubles = [event for event in system.sink.told if ".watch." in event.type]
    assert system.sink.troubles() == ["parked", "resumed"] * 2
    assert len({event.id for event in troubles}) == 4
