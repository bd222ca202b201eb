"""A channel covers once a message of it came; until then it is waited for, then given up."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from functions.domain.errors import (
    Unavailable,
)
from tests.world.ports import START
from tests.world.system import ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = Unavailable("503 backendError")


def test_any_message_confirms_when_sync_is_lost(system: System) -> None:
    """Google loses `sync` messages, too: the first message of any state confirms."""
    system.near.world.faults.set("drop", state="sync")
    system.begin()
    assert system.channels()[0].confirmed_at is None
    system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    assert system.channels()[0].confirmed_at is not None
    assert system.sink.kinds() == ["file.created"]


def test_silent_channel_is_given_up_and_another_opened_with_back_off(system: System) -> None:
    """Unconfirmed after 5 minutes it is stopped, then another is opened, later each time."""
    system.near.world.faults.set("drop")
    system.begin()
    (first,) = system.channels()
    system.pass_time(5 * TICK)
    assert first.id not in [channel.ask.id for channel in system.near.alive()]
    opened: list[float] = []
    for _ in range(12 * 60):
        system.pass_time(TICK)
        opened += [
            (channel.opened_at - START).total_seconds()
            for channel in system.channels()
            if (channel.opened_at - START).total_seconds() not in opened
        ]
        assert len(system.near.alive()) <= 1
    gaps = [later - earlier for earlier, later in pairwise(opened)]
    assert gaps[0] < 10 * 60
    assert gaps == sorted(gaps)
    assert 2 * 3600 < gaps[-1] < 6.2 * 3600


def test_short_life_is_given_up_sooner(system: System) -> None:
    """A fifth of the granted life, if that is less than 5 minutes; the back-off in proportion."""
    system.near.world.options.max_life = 600
    system.near.world.faults.set("drop")
    system.begin()
    (first,) = system.channels()
    system.pass_time(2 * TICK)
    assert first.id not in [channel.ask.id for channel in system.near.alive()]
    assert len(system.near.alive()) == 1


def test_an_older_live_channel_stays_and_never_more_than_two_live(system: System) -> None:
    """While new ones are silent the old one covers; each given up is stopped before a third."""
    system.begin()
    (first,) = system.channels()
    system.near.world.faults.set("drop", state="sync")
    most: list[int] = []
    system.watching = lambda: most.append(len(system.near.alive()))
    system.pass_time(2 * DAY)
    assert max(most) == 2
    assert first.id in [channel.ask.id for channel in system.near.alive()]
    assert system.near.count("*.stop") >= 3
    assert system.progress().uncovered_seconds == 0


def test_given_up_channel_that_cannot_be_stopped_yet_blocks_a_third(system: System) -> None:
    """Its stop fails again and again: no third channel is opened until it is gone."""
    system.begin()
    system.near.world.faults.set("drop", state="sync")
    for _ in range(40):
        system.near.refuse("*.stop", LATER)
    most: list[int] = []
    system.watching = lambda: most.append(len(system.near.alive()))
    system.pass_time(DAY + 2 * HOUR)
    assert max(most) == 2
    assert system.near.count("*.stop") > 3
