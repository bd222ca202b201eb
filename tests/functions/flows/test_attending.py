"""Attending to a watch writes twice for each thing it does: what it wants, and what came of it."""

from __future__ import annotations

from functions.channels.stopping import closed
from functions.domain.model import ChannelState
from functions.ports import Case
from tests.world.system import System


def test_answer_is_stored_with_the_next_decision(system: System) -> None:
    """The intent is stored before Google is asked; the answer, and what is next, in one write."""
    system.declare(ana={"source": "drive.changes", "subject": "ana@example.com"})
    system.near.world.faults.set("drop")
    begun = 0
    while not system.channels():
        system.next_tick = None
        begun = len(system.wire.calls)
        system.tick()
        while job := system.queue.take():
            system.sync(job)
    calls = [name for name in system.wire.calls[begun:] if name in {"store.change", "google.call"}]
    asked = calls.index("google.call")
    assert calls[asked - 1 : asked + 3] == ["store.change", "google.call", "store.change"]
    assert system.states() == [ChannelState.LIVE]
    look_at = system.progress().look_at
    assert look_at is not None
    assert look_at > system.clock.now()
    assert system.progress().opening is None


def test_channel_closed_meanwhile_is_recorded_all_the_same(covered: System) -> None:
    """Somebody else closes a channel while Google is asked to stop it: both may say so."""
    (channel,) = covered.channels()

    def close(case: Case) -> Case:
        now = covered.clock.now()
        return Case(case.progress, {channel.id: closed(case.channels[channel.id], now)})

    covered.declare()
    covered.wire.after(
        "google.call", lambda: covered.sqlite.change("ana", close, channels=[channel.id])
    )
    covered.tick()
    assert covered.journal.decisions().count("channel stopped") == 1
    assert covered.channels() == []
    assert covered.progress().known == ()
