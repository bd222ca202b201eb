"""The time without coverage is counted, and no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.errors import (
    Unavailable,
)
from functions.domain.model import ChannelState
from tests.world.system import ADDRESS, ANA, TICK, System

HOUR = timedelta(hours=1)
LIVE, RETIRING = ChannelState.LIVE, ChannelState.RETIRING
LATER = Unavailable("503 backendError")


def test_time_without_coverage_is_counted(system: System) -> None:
    """From the first confirmation on, until another channel is confirmed."""
    system.near.world.options.max_life = 3600
    system.begin()
    (channel,) = system.channels()
    for _ in range(200):
        system.near.refuse("*.watch", LATER)
    system.pass_time(channel.ends_at - system.clock.now() + HOUR)
    system.near._refusals.clear()
    system.pass_time(16 * TICK)
    assert system.states() == [LIVE]
    covered_again = system.channels()[0].confirmed_at
    assert covered_again is not None
    gap = (covered_again - channel.ends_at).total_seconds()
    assert system.progress().uncovered_seconds == pytest.approx(gap, abs=2)


def test_nothing_is_counted_before_the_first_confirmation(system: System) -> None:
    """A watch that never had a channel is not yet covered; that is no gap."""
    system.near.world.faults.set("drop")
    system.begin()
    system.pass_time(HOUR)
    assert system.progress().uncovered_seconds == 0


@pytest.mark.parametrize("why", ["paused", "parked", "push"])
def test_time_that_wants_no_channel_is_not_counted(system: System, why: str) -> None:
    """Paused, parked, or not to be pushed: being without a channel is no gap then."""
    system.near.world.options.max_life = 3600
    system.begin()
    watch = {"source": "drive.changes", "subject": ANA}
    if why == "parked":
        system.near.world.access.revoke(ANA)
        system.declare(ana=watch)
    else:
        changed = {"paused": True} if why == "paused" else {"push": False}
        system.declare(ana={**watch, **changed})
    system.pass_time(5 * HOUR + 7 * TICK)
    system.near.world.access.restore(ANA)
    system.declare(ana=watch)
    system.pass_time(10 * TICK)
    assert system.states() == [LIVE]
    assert system.progress().uncovered_seconds <= 120


def test_address_given_to_google_is_todays(system: System) -> None:
    """The record names key and address it was opened with."""
    system.begin()
    (channel,) = system.channels()
    assert (channel.address, channel.key_id) == (ADDRESS, "k1")
    assert system.near.alive()[0].ask.address == ADDRESS
