"""Plans for the watch of the examples, and their actions in short."""

from __future__ import annotations

from typing import Any

from functions.domain.model import Channel, ChannelState, Progress
from functions.domain.plan import (
    Open,
    Plan,
    plan,
)
from tests.functions.examples import (
    DAY,
    GROUNDS,
    NOW,
    WATCH,
    channel,
    progress,
)

RETIRING = ChannelState.RETIRING
WEEK = 7 * DAY


def planned(*channels: Channel, known: Progress | None = None, **given: Any) -> Plan:
    """Plan for the watch with these channels, now."""
    terms: dict[str, Any] = {"now": NOW, "grounds": GROUNDS} | given
    watch = terms.pop("watch", WATCH)
    return plan(watch, known or progress(), channels, **terms)


def deeds(made: Plan) -> list[str]:
    """Say a plan's actions in short."""
    return [
        "open" if isinstance(each, Open) else f"{type(each).__name__.lower()} {each.channel.id}"
        for each in made.actions
    ]


def silent(name: str = "c1", **fields: Any) -> Channel:
    """Make a live channel of which no message has come."""
    return channel(name, **({"confirmed_at": None} | fields))


def retiring(
    name: str = "c1", why: str = "replaced by a confirmed channel", **fields: Any
) -> Channel:
    """Make a channel on its way out."""
    return channel(name, **({"state": RETIRING, "why": why} | fields))
