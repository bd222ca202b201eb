"""What is in a watch's way: stored, told once, tried again in time, and lifted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.domain.errors import RateLimited, Refused, Unavailable
from functions.domain.model import ChannelState, Verdict
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.tripwire import Crash

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEN = "ben@example.com"
WATCH = {"source": "drive.changes", "subject": ANA}
LISTED = "drive.changes.list"
GONE = Refused("404 notFound", Verdict.NOT_FOUND)


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


def test_missing_container_is_believed_the_second_time(system: System) -> None:
    """A drive may be missing for a moment: one 404 is a failure, two in a row park the watch."""
    system.begin()
    system.near.refuse(LISTED, GONE)
    system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    assert system.sink.troubles() == []
    assert system.sink.kinds() == ["file.created"]
    for _ in range(3):
        system.near.refuse(LISTED, GONE)
    system.drive.create(ANA, name="b")
    system.pass_time(2 * TICK)
    assert system.sink.troubles() == ["parked"]
    assert system.progress().verdict is Verdict.NOT_FOUND


def test_drive_that_is_gone_parks_its_watch_and_tells_no_items(system: System) -> None:
    """Its items are not told one by one; its channel is stopped."""
    drive = system.drive.create_drive("Team", members=[ANA])
    system.declare(team={**WATCH, "params": {"driveId": drive.id}})
    system.pass_time(3 * TICK)
    for number in range(3):
        system.drive.create(ANA, name=str(number), drive=drive.id)
    system.pass_time(5 * SECOND)
    system.drive.remove_drive(drive.id)
    system.pass_time(2 * HOUR)
    assert system.sink.kinds() == ["file.created"] * 3 + ["watch.parked"]
    assert system.progress("team").verdict is Verdict.NOT_FOUND
    assert (system.channels("team"), system.near.alive()) == ([], [])


def test_drive_that_still_tells_of_its_end_is_told_as_removed(system: System) -> None:
    """Google's log may say that the drive is gone: then that is an event, too."""
    drive = system.drive.create_drive("Team", members=[ANA])
    system.declare(team={**WATCH, "params": {"driveId": drive.id}})
    system.pass_time(3 * TICK)
    system.drive.remove_drive(drive.id, lingers=True)
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["drive.removed"]


def test_bad_document_is_parked_and_the_others_go_on(system: System) -> None:
    """One wrong declaration in the store is reported as an event, and no more."""
    system.declare(ana=WATCH, bad={"source": "drive.chnges", "subject": ANA})
    system.pass_time(3 * TICK)
    assert system.progress("bad").verdict is Verdict.INVALID
    (event,) = system.sink.told
    assert (event.watch, event.data["verdict"]) == ("bad", "invalid")
    assert "drive.chnges" in event.data["reason"]
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]
    system.pass_time(DAY)
    assert system.sink.troubles() == ["parked"]


def test_mended_document_resumes(system: System) -> None:
    """Once it is right its watch begins."""
    system.declare(bad={"source": "drive.changes", "subject": ANA, "colour": "red"})
    system.pass_time(2 * TICK)
    system.declare(bad=WATCH)
    system.pass_time(4 * TICK)
    assert system.sink.troubles() == ["parked", "resumed"]
    assert [channel.state for channel in system.channels("bad")] == [ChannelState.LIVE]


def test_watch_that_becomes_wrong_keeps_what_it_read(system: System) -> None:
    """An edit that does not parse is parked; mended back, the watch goes on where it was."""
    system.begin()
    cursor = system.progress().cursor
    system.declare(ana={**WATCH, "poll": "soon"})
    system.pass_time(2 * TICK)
    assert system.progress().cursor == cursor
    file = system.drive.create(ANA, name="meanwhile")
    system.declare(ana=WATCH)
    system.pass_time(4 * TICK)
    assert system.sink.kinds(file.id) == ["file.created"]
    assert system.sink.troubles() == ["parked", "resumed"]


def test_failures_of_google_park_nothing(system: System) -> None:
    """An outage of an hour is not the watch's verdict, and tells its owner nothing."""
    system.begin()
    for _ in range(500):
        system.near.refuse(LISTED, Unavailable("503 backendError"))
    file = system.drive.create(ANA, name="a")
    system.pass_time(HOUR)
    assert system.progress().verdict is Verdict.OK
    assert system.progress().failures > 5
    system.near._refusals.clear()
    system.pass_time(16 * TICK)
    assert system.sink.kinds() == ["file.created"]
    assert system.sink.told[0].subject == file.id


def test_restart_ends_a_back_off(system: System) -> None:
    """`control/declared` changed: what waited a quarter of an hour is tried on this tick."""
    system.begin()
    for _ in range(500):
        system.near.refuse(LISTED, Unavailable("503 backendError"))
    system.drive.create(ANA, name="a")
    system.pass_time(2 * HOUR)
    system.near._refusals.clear()
    assert system.progress().retry_at is not None
    system.declare(ana=WATCH)
    system.pass_time(TICK + SECOND)
    assert system.sink.kinds() == ["file.created"]


@pytest.mark.parametrize(
    "trouble",
    [
        RateLimited("403 userRateLimitExceeded", None, asked=True),
        RateLimited("429", 2 * HOUR, asked=True),
        Unavailable("503 with Retry-After", 2 * HOUR, asked=True),
    ],
    ids=["quota", "429", "retry-after"],
)
def test_restart_ends_no_wait_that_google_asked_for(system: System, trouble: Unavailable) -> None:
    """Rate limits and `Retry-After` are kept, over as many restarts as there are."""
    system.begin()
    system.near.refuse(LISTED, trouble)
    system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    retry_at = system.progress().retry_at
    assert retry_at is not None
    assert retry_at - system.clock.now() >= (trouble.delay or 40 * SECOND) - 2 * SECOND
    calls = len(system.near.calls)
    while system.clock.now() + 20 * SECOND < retry_at:
        system.declare(ana=WATCH)
        system.tick()
        system.drive.create(ANA, name="heard of, but not asked for")
        system.settle()
        system.clock.move(min(10 * TICK, (retry_at - system.clock.now()) * 0.9))
    assert len(system.near.calls) == calls
    system.next_tick = system.clock.now()
    system.pass_time(3 * TICK)
    assert set(system.sink.kinds()) == {"file.created"}


def test_cold_start_is_no_restart(system: System) -> None:
    """Ticks of fresh processes with the same revision leave a back-off alone."""
    system.begin()
    for _ in range(500):
        system.near.refuse(LISTED, Unavailable("503 backendError"))
    system.drive.create(ANA, name="a")
    system.pass_time(2 * HOUR)
    failures, retry_at = system.progress().failures, system.progress().retry_at
    assert retry_at is not None
    assert retry_at > system.clock.now()
    system.tick()
    assert (system.progress().failures, system.progress().retry_at) == (failures, retry_at)


def test_fault_of_ours_is_a_failure_of_its_watch_alone(system: System) -> None:
    """An answer nobody foresaw is written down like an outage; the job does not come again."""
    system.begin()

    def broken() -> None:
        raise ZeroDivisionError

    system.wire.after("google.call", broken)
    file = system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    assert ("internal error" in [text for text, _ in system.journal.warnings]) is True
    assert system.queue.waiting == []
    assert system.sink.kinds(file.id) == ["file.created"]


def test_crash_is_nobodys_verdict(system: System) -> None:
    """A process that dies writes nothing down: neither failures nor verdict."""
    system.begin()
    system.wire.after("google.call", _die)
    system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    assert (system.progress().failures, system.progress().verdict) == (0, Verdict.OK)


def _die() -> None:
    raise Crash
