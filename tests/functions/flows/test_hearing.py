"""When a watch was last notified is known, and costs no write of its own."""

from __future__ import annotations

from dataclasses import replace

from functions.domain.hearing import as_heard, heard_at
from functions.domain.model import Job
from tests.world.system import ANA, SECOND, System
from tests.world.work import meanwhile, notification


def test_a_notification_is_remembered_with_its_pull(quiet: System) -> None:
    """The lease is written for a pull anyway: remembering takes no write more."""

    def writes(told: Job) -> int:
        quiet.clock.move(2 * SECOND)
        before = quiet.wire.count("store.change")
        quiet.sync(replace(told, queued_at=quiet.clock.now()))
        return quiet.wire.count("store.change") - before

    quiet.drive.create(ANA, name="first")
    unheard = writes(replace(notification(quiet, 6), reason="due"))
    (channel,) = quiet.channels()
    quiet.drive.create(ANA, name="second")
    assert writes(notification(quiet, 7)) == unheard
    assert heard_at(quiet.progress()) == quiet.clock.now()
    assert channel.last_number < 6
    assert as_heard(channel, quiet.progress()).last_number == 7


def test_one_that_meets_a_pull_is_remembered_with_the_mark(quiet: System) -> None:
    """Whoever leaves the mark writes; what came is noted with it."""
    quiet.drive.create(ANA, name="first")
    noted = []

    def later() -> None:
        quiet.clock.move(2 * SECOND)
        told = notification(quiet, 9)
        quiet.sync(told)
        noted.append((heard_at(quiet.progress()), told.queued_at))

    meanwhile(quiet, later)
    quiet.sync(notification(quiet, 2))
    assert noted[0][0] == noted[0][1]


def test_a_replaced_channel_tells_its_last_message(covered: System) -> None:
    """When it is let go of, its record takes over what is known, and when it was closed."""
    (first,) = covered.channels()
    covered.drive.create(ANA, name="a")
    covered.pass_time(10 * SECOND)
    covered.declare()
    covered.pass_time(60 * SECOND)
    record = covered.sqlite.channel(first.id)
    assert record is not None
    assert record.closed_at is not None
    assert record.last_number >= 2
    assert record.heard_at is not None


def test_a_channel_that_ended_unseen_tells_its_last_message(quiet: System) -> None:
    """It was not replaced in time: the tick that finds it closes it as of its end."""
    (first,) = quiet.channels()
    quiet.drive.create(ANA, name="a")
    quiet.sync(notification(quiet, 8))
    quiet.clock.move(first.ends_at - quiet.clock.now() + 60 * SECOND)
    quiet.tick()
    record = quiet.sqlite.channel(first.id)
    assert record is not None
    assert (record.closed_at, record.last_number) == (first.ends_at, 8)
