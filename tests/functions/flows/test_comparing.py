"""When declarations are compared with what is there, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest

from functions.domain.model import ChannelState
from tests.world.system import ANA, SECOND, TICK, System

BEN = "ben@example.com"
WATCH = {"source": "drive.changes", "subject": ANA}


def test_new_revision_is_compared_on_this_tick_and_the_next_two(system: System) -> None:
    """Terraform deletes after it writes the revision: the deletion counts without another one."""
    system.declare(ana=WATCH, ben={**WATCH, "subject": BEN})
    system.pass_time(5 * TICK)
    revision = system.chance.new_id()
    system.sqlite.declare({"ana": WATCH, "ben": {**WATCH, "subject": BEN}}, revision=revision)
    system.pass_time(TICK)
    system.sqlite.declare({"ana": WATCH}, revision=revision)
    system.pass_time(2 * TICK)
    assert system.channels("ben") == []
    assert system.progress("ben").removed_at is not None


def test_declarations_are_compared_every_15_minutes(system: System) -> None:
    """What was edited without a revision counts then, not on each tick."""
    system.begin()
    system.pass_time(5 * TICK)
    revision = system.sqlite.revision()
    assert revision is not None
    system.sqlite.declare({}, revision=revision)
    compared = system.wire.count("store.all_progress")
    system.pass_time(5 * TICK)
    assert len(system.channels()) == 1
    system.pass_time(12 * TICK)
    assert system.channels() == []
    assert system.wire.count("store.all_progress") - compared <= 2


@pytest.mark.parametrize("away", [{}, {"ana": {**WATCH, "paused": True}}], ids=["gone", "paused"])
def test_return_that_no_revision_tells_of_is_pulled_at_once(
    system: System, away: dict[str, Any]
) -> None:
    """Found by the comparison every 15 minutes, it is pulled then, not at its next poll."""
    system.begin()
    revision = system.sqlite.revision()
    assert revision is not None
    system.sqlite.declare(away, revision=revision)
    system.pass_time(40 * TICK)
    assert system.channels() == []
    file = system.drive.create(ANA, name="meanwhile")
    system.sqlite.declare({"ana": WATCH}, revision=revision)
    system.pass_time(16 * TICK)
    assert system.sink.kinds(file.id) == ["file.created"]


def test_quiet_tick_reads_neither_declarations_nor_every_progress(system: System) -> None:
    """Work that is due is found by an index: an idle tick costs three reads and no write."""
    watch = {**WATCH, "poll": "2d"}
    system.declare(**{f"w{number}": watch for number in range(30)})
    system.pass_time(5 * TICK)
    calls = len(system.wire.calls)
    system.next_tick = None
    system.tick()
    assert sorted(system.wire.calls[calls:]) == [
        "keys.ring",
        "store.due",
        "store.read_control",
        "store.revision",
    ]


def test_unchanged_watches_cost_no_write_in_a_comparison(system: System) -> None:
    """Every 15 minutes everything is read once; what agrees is left alone."""
    system.declare(**{f"w{number}": WATCH for number in range(10)})
    system.pass_time(5 * TICK)
    system.next_tick = None
    system.clock.move(15 * TICK)
    calls = len(system.wire.calls)
    assert system.tick().compared
    assert "store.change" not in system.wire.calls[calls:]


def test_first_revision_may_be_missing(system: System) -> None:
    """Documents without `control/declared`, as somebody may write them, are watched, too."""
    system.declare(ana=WATCH)
    with system.sqlite._file.writing() as file:
        file.execute("DELETE FROM control")
    system.pass_time(3 * TICK)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]


def test_lost_progress_is_made_again(system: System) -> None:
    """Somebody deleted the document: the next comparison begins the watch anew."""
    system.begin()
    with system.sqlite._file.writing() as file:
        file.execute("DELETE FROM progress")
    system.pass_time(20 * TICK)
    assert system.progress().cursor is not None
    assert len(system.near.alive()) == 1
    file_ = system.drive.create(ANA, name="a")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds(file_.id) == ["file.created"]
