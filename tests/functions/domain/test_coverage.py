"""Coverage: which channel covers its watch, and which watch can be without one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.domain.coverage import Grounds, counts, covers
from functions.domain.model import ChannelState, Verdict, Watch
from tests.functions.examples import (
    ADDRESS,
    GROUNDS,
    NOW,
    SECOND,
    WATCH,
    channel,
    progress,
)

ASKED = {"expiration": None}


@pytest.mark.parametrize(
    "fields", [{}, {"expiration": NOW + SECOND}, {**ASKED, "asked_until": NOW + SECOND}]
)
def test_a_channel_covers_while_nothing_is_against_it(fields: dict[str, Any]) -> None:
    """Live, confirmed, sound and not over: as granted, or as asked until that is known."""
    assert covers(channel(**fields), NOW, GROUNDS)


@pytest.mark.parametrize(
    "fields",
    [
        {"expiration": NOW},
        {**ASKED, "asked_until": NOW},
        {"confirmed_at": None},
        {"key_id": "withdrawn"},
        {"address": "https://elsewhere.example.com/receive"},
        {"state": ChannelState.OPENING},
        {"state": ChannelState.RETIRING},
        {"state": ChannelState.CLOSED},
    ],
)
def test_one_thing_against_a_channel_is_enough(fields: dict[str, Any]) -> None:
    """Expired, unconfirmed, of a withdrawn key, for another address or not live: covers nothing."""
    assert not covers(channel(**fields), NOW, GROUNDS)


def test_an_unreadable_ring_judges_no_channel() -> None:
    """An outage of the keys is no reason to take a channel for dead; another address is."""
    grounds = Grounds(address=ADDRESS, keys=None)
    assert covers(channel(key_id="any"), NOW, grounds)
    assert not covers(channel(address="https://elsewhere.example.com"), NOW, grounds)


@pytest.mark.parametrize(
    ("watch", "fields"),
    [
        (None, {}),
        (replace(WATCH, push=False), {}),
        (replace(WATCH, paused=True), {}),
        (WATCH, {"removed_at": NOW}),
        *((WATCH, {"verdict": verdict}) for verdict in Verdict if verdict != Verdict.OK),
    ],
)
def test_only_who_wants_a_channel_can_miss_one(watch: Watch | None, fields: dict[str, Any]) -> None:
    """A watch that is polled, paused, parked, unwatchable or removed has no gaps."""
    assert counts(WATCH, progress())
    assert not counts(watch, progress(**fields))
