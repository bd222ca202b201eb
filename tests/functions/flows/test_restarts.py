"""A restart ends a wait, unless Google asked for it; faults and crashes are no verdicts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.errors import RateLimited, Unavailable
from functions.domain.model import Verdict
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.tripwire import Crash

HOUR = timedelta(hours=1)
WATCH = {"source": "drive.changes", "subject": ANA}
LISTED = "drive.changes.list"


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
