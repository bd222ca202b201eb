"""A message that verifies is ours, even if nothing is known of its channel any more."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.errors import (
    Unavailable,
)
from functions.domain.model import ChannelState, Job, Message
from tests.world.system import ANA, TICK, System

DAY = timedelta(days=1)
LIVE, RETIRING = ChannelState.LIVE, ChannelState.RETIRING
LATER = Unavailable("503 backendError")


def test_channel_without_a_record_is_adopted_and_stopped_in_order(system: System) -> None:
    """Our record is lost, its token verifies: it is stopped, once a regular one is confirmed."""
    system.begin()
    (lost,) = system.channels()
    with system.sqlite._file.writing() as file:
        file.execute("DELETE FROM channels")
    system.near.world.faults.set("drop", state="sync", times=2)
    file_ = system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    adopted = system.sqlite.channel(lost.id)
    assert adopted is not None
    assert (adopted.state, adopted.confirmed_at) == (RETIRING, None)
    assert lost.id in [channel.ask.id for channel in system.near.alive()]
    assert system.sink.kinds(file_.id) == ["file.created"]
    system.near.world.faults.remove()
    system.pass_time(10 * TICK)
    assert system.states() == [LIVE]
    assert lost.id not in [channel.ask.id for channel in system.near.alive()]
    assert len(system.near.alive()) == 1


def test_lost_channel_is_adopted_by_a_message_that_needs_no_pull(system: System) -> None:
    """Beside its successor's each of its messages may come too late for a pull of its own."""
    system.begin()
    (lost,) = system.channels()
    with system.sqlite._file.writing() as file:
        file.execute("DELETE FROM channels")
    system.pass_time(DAY)
    assert lost.id not in [channel.id for channel in system.channels()]
    progress = system.progress()
    assert progress.began_at is not None
    said = Message(
        channel=lost.id, number=9, state="change", resource_id="r", resource_uri="https://u"
    )
    queued_at = progress.began_at - timedelta(minutes=1)
    system.sync(Job(watch="ana", queued_at=queued_at, reason="notification", message=said))
    adopted = system.sqlite.channel(lost.id)
    assert adopted is not None
    assert adopted.state is RETIRING


def test_lost_store_finds_its_channels_again(system: System) -> None:
    """All but the declarations is gone: the watch starts anew, its old channel is stopped."""
    system.begin()
    with system.sqlite._file.writing() as file:
        for table in ("channels", "progress", "seen"):
            file.execute(f"DELETE FROM {table}")  # noqa: S608 - three names of ours
    system.drive.create(ANA, name="a")
    system.pass_time(20 * TICK)
    assert system.states() == [LIVE]
    assert len(system.near.alive()) == 1


def test_refused_channel_that_came_to_be_all_the_same_is_stopped(system: System) -> None:
    """Google answered with an error, yet a message comes: it is adopted and stopped."""
    system.near.refuse("*.watch", LATER, done=True)
    system.near.world.faults.set("delay", state="sync", seconds=70, times=1)
    system.begin()
    system.pass_time(5 * TICK)
    assert system.states() == [LIVE]
    assert len(system.near.alive()) == 1
    assert system.near.count("*.watch") == 2


def test_message_of_an_undeclared_watch_leads_to_nothing(system: System) -> None:
    """Nothing is known of the watch any more: 204, and no call, no write, no error."""
    system.begin()
    system.near.world.access.revoke(ANA)
    system.declare()
    system.pass_time(TICK)
    system.sqlite.sweep(system.clock.now() + 31 * DAY)
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    assert system.deliver() == 1
    assert system.work() == 1
    assert len(system.near.calls) == calls
    assert system.journal.decisions()[-1] == "not declared"
    assert system.sqlite.progress("ana") is None
