"""A watch that is parked no longer: its channel is asked for anew, whatever was refused before."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.errors import Unwatchable
from functions.domain.model import ChannelState, Verdict
from tests.world.system import ANA, TICK, System

HOUR = timedelta(hours=1)
NO_PUSH = Unwatchable("400 pushNotSupportedForRequestedResource")


def park_unwatchable(system: System) -> None:
    """Refuse to push for Ana's Drive, then to read it, then give it back."""
    system.near.refuse("*.watch", NO_PUSH)
    system.begin()
    assert system.progress().verdict is Verdict.UNWATCHABLE
    system.near.world.access.revoke(ANA)
    system.pass_time(2 * HOUR)
    assert system.progress().verdict is Verdict.UNAUTHORIZED
    system.near.world.access.restore(ANA)


def test_resumed_watch_is_asked_for_at_once(system: System) -> None:
    """It is not left uncovered for the day that the refusal of before would have been heeded."""
    park_unwatchable(system)
    system.pass_time(2 * HOUR)
    assert system.sink.troubles() == ["parked", "resumed"]
    assert system.states() == [ChannelState.LIVE]


def test_unwatchable_one_that_was_parked_is_unwatchable_still(system: System) -> None:
    """Refused again, it is polled as before: it does not count as uncovered."""
    park_unwatchable(system)
    system.near.refuse("*.watch", NO_PUSH)
    system.pass_time(8 * HOUR)
    assert system.progress().verdict is Verdict.UNWATCHABLE
    assert system.progress().uncovered_seconds < TICK.total_seconds()
