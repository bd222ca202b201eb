"""Channels are replaced in time: by what Google granted, spread, and without a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.model import ChannelState
from tests.world.system import ANA, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE, RETIRING = ChannelState.LIVE, ChannelState.RETIRING


def test_channel_is_replaced_within_a_day_without_a_gap(system: System) -> None:
    """However long it would live, it is replaced within 24 h; the old one is stopped after that."""
    system.begin()
    (first,) = system.channels()
    assert first.life > 6 * DAY
    system.pass_time(DAY)
    (second,) = system.channels()
    assert second.id != first.id
    assert DAY * 0.85 <= second.opened_at - first.opened_at <= DAY
    assert [channel.ask.id for channel in system.near.alive()] == [second.id]
    assert system.progress().uncovered_seconds == 0


def test_old_channel_is_stopped_only_after_the_new_one_is_confirmed(system: System) -> None:
    """Coverage without a gap: as long as the new channel is silent the old one stays."""
    system.begin()
    (first,) = system.channels()
    system.near.world.faults.set("drop", state="sync")
    system.pass_time(DAY)
    assert first.id in [channel.ask.id for channel in system.near.alive()]
    assert system.near.count("*.stop") >= 1  # those given up
    system.near.world.faults.remove()
    system.pass_time(6 * HOUR)
    assert system.states() == [LIVE]
    assert first.id not in [channel.ask.id for channel in system.near.alive()]
    assert system.progress().uncovered_seconds == 0


@pytest.mark.parametrize("life", [timedelta(minutes=10), HOUR, 6 * HOUR])
def test_expiration_is_planned_from_what_google_granted(system: System, life: timedelta) -> None:
    """Asked for days and granted hours, it is replaced by a fraction of what was granted."""
    system.near.world.options.max_life = life.total_seconds()
    system.begin()
    (first,) = system.channels()
    assert first.life <= life < first.asked_until - first.opened_at
    system.pass_time(life * 0.5 + 2 * TICK)
    (second,) = system.channels()
    assert second.id != first.id
    assert second.opened_at - first.opened_at <= life * 0.5 + TICK
    system.pass_time(3 * life)
    assert system.progress().uncovered_seconds == 0


def test_ttl_is_the_life_that_is_asked_for(system: System) -> None:
    """`ttl` of the declaration is asked of Google, in whole milliseconds."""
    system.begin(ttl="2h")
    (channel,) = system.channels()
    assert channel.life == 2 * HOUR


def test_renewal_never_touches_the_cursor(system: System) -> None:
    """Only `sync` moves a cursor; a new channel is opened with the stored one."""
    system.begin(poll="2d")
    cursor = system.progress().cursor
    system.near.world.faults.set("drop", state="change")
    system.drive.create(ANA, name="unread")
    seen: list[str | None] = []
    system.near.between = lambda call: seen.append(
        call.params.get("pageToken") if call.once else None
    )
    system.next_tick, before = None, system.clock.now()
    system.clock.move(DAY)
    system.tick()
    assert system.clock.now() - before == DAY
    assert cursor in seen
    assert system.progress().cursor == cursor


def test_renewals_of_many_are_spread(system: System) -> None:
    """Channels opened in one tick are not all replaced in one tick."""
    watch = {"source": "drive.changes", "subject": ANA, "poll": "2d"}
    system.declare(**{f"w{number}": watch for number in range(20)})
    system.pass_time(3 * TICK)
    system.pass_time(DAY)
    opened = {channel.opened_at for n in range(20) for channel in system.channels(f"w{n}")}
    assert len(opened) > 10
