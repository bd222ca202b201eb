"""A paused watch keeps its cursor and nothing else."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.model import ChannelState
from tests.world.system import ANA, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WATCH = {"source": "drive.changes", "subject": ANA}


def test_paused_watch_has_no_channel_and_is_not_pulled(system: System) -> None:
    """Its cursor stays where it is, for as long as the pause lasts."""
    system.begin()
    cursor = system.progress().cursor
    system.declare(ana={**WATCH, "paused": True})
    system.pass_time(2 * TICK)
    assert (system.channels(), system.near.alive()) == ([], [])
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    system.pass_time(2 * DAY)
    assert len(system.near.calls) == calls
    assert system.progress().cursor == cursor


def test_unpaused_watch_is_pulled_at_once(system: System) -> None:
    """Everything that changed meanwhile is told on the same tick."""
    system.begin()
    system.declare(ana={**WATCH, "paused": True})
    system.pass_time(HOUR)
    file = system.drive.create(ANA, name="meanwhile")
    system.declare(ana=WATCH)
    system.pass_time(TICK)
    assert system.sink.kinds(file.id) == ["file.created"]
    system.pass_time(TICK)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]


def test_paused_watch_whose_access_is_gone_tries_to_stop_its_channel(system: System) -> None:
    """Parked first, then paused: the channel is not kept for a return that nobody will try."""
    system.begin()
    system.near.world.access.revoke(ANA)
    system.drive.create(ANA, name="a")
    system.pass_time(TICK)
    system.declare(ana={**WATCH, "paused": True})
    system.pass_time(2 * TICK)
    assert system.near.count("drive.channels.stop") >= 1


def test_message_on_a_paused_watch_leads_to_nothing(system: System) -> None:
    """One that was on its way is answered and acknowledged."""
    system.begin()
    system.near.world.faults.set("after_stop", count=5)
    system.declare(ana={**WATCH, "paused": True})
    system.pass_time(2 * TICK)
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    assert system.deliver() == 1
    assert system.work() == 1
    assert (len(system.near.calls), system.sink.told) == (calls, [])
