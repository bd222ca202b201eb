"""Channels are stopped, as far as Google lets us, and those that are not ours in order."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.errors import (
    Refused,
    Unavailable,
)
from functions.domain.model import ChannelState, Verdict
from tests.world.system import ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE, RETIRING = ChannelState.LIVE, ChannelState.RETIRING
LATER = Unavailable("503 backendError")


def test_channel_unknown_to_google_counts_as_stopped(system: System) -> None:
    """A stop answered 404 is a stop: nothing is left to be ended."""
    system.begin()
    system.near.refuse("*.stop", Refused("404 channelNotFound", Verdict.NOT_FOUND), done=True)
    system.declare()
    system.pass_time(3 * TICK)
    assert system.channels() == []
    assert system.near.count("*.stop") == 1


def test_failed_stop_is_repeated_with_back_off(system: System) -> None:
    """Google's outage leaves the channel `retiring`; the stop is tried again until it is done."""
    system.begin()
    for _ in range(3):
        system.near.refuse("*.stop", LATER)
    system.declare()
    system.pass_time(TICK)
    assert system.states() == [RETIRING]
    system.pass_time(10 * TICK)
    assert (system.channels(), system.near.alive()) == ([], [])
    assert system.near.count("*.stop") == 4


def test_channel_that_cannot_be_stopped_stays_as_a_tombstone(system: System) -> None:
    """Access is gone: its record stays until its expiration; its messages lead to nothing."""
    system.begin(ttl="6h")
    (channel,) = system.channels()
    system.near.world.access.revoke(ANA)
    system.declare()
    system.pass_time(HOUR)
    assert system.states() == [RETIRING]
    assert system.near.count("*.stop") == 1
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    assert system.deliver() == 1  # answered 204
    system.settle()
    assert (len(system.near.calls), system.sink.told) == (calls, [])
    system.pass_time(5 * HOUR)
    assert system.channels() == []
    record = system.sqlite.channel(channel.id)
    assert record is not None
    assert record.state is ChannelState.CLOSED


def test_messages_after_a_stop_change_nothing(system: System) -> None:
    """A few more come after a stop: each is a pull, none revives the channel."""
    system.begin()
    (first,) = system.channels()
    system.near.world.faults.set("after_stop", count=3, target=first.id)
    system.pass_time(DAY)
    for number in range(3):
        system.drive.create(ANA, name=str(number))
        system.pass_time(3 * SECOND)
    assert system.states() == [LIVE]
    assert system.sink.kinds() == ["file.created"] * 3
    assert system.near.count("*.stop") == 1
