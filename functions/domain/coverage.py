"""Coverage: the time a watch was without a channel on which Google would tell us of a change.

Counted from the first confirmation on, and only while a channel is wanted at all. A gap that lies
in the past is found out later (a channel ended between two looks), so what is kept is until when
the watch is covered and up to when the account is settled. While no channel is wanted (paused,
parked, polled) the account is closed, and opened anew by the first look after that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.domain.model import Channel, ChannelState, Progress, Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a channel must agree with to cover: today's address and the keys in force."""

    address: str
    keys: Collection[str] | None  # None: the ring cannot be read, so no channel is judged by it
    identity: str | None = None  # what is watched; None: no channel is judged by it


def covers(channel: Channel, now: datetime, grounds: Grounds) -> bool:
    """Whether Google tells us of changes on this channel, as far as we can know."""
    return (
        channel.state is ChannelState.LIVE
        and channel.confirmed_at is not None
        and channel.ends_at > now
        and is_sound(channel, grounds)
    )


def is_sound(channel: Channel, grounds: Grounds) -> bool:
    """Whether its messages reach us, verify, and are of what is watched today."""
    return (
        channel.address == grounds.address
        and (grounds.keys is None or channel.key_id in grounds.keys)
        and (grounds.identity is None or channel.identity in {"", grounds.identity})
    )


def counts(watch: Watch | None, progress: Progress) -> bool:
    """Whether the watch wants a channel, so that being without one is a gap."""
    return (
        watch is not None
        and watch.push
        and not watch.paused
        and progress.verdict == "ok"
        and progress.removed_at is None
    )


def settle(
    progress: Progress,
    channels: Iterable[Channel],
    *,
    now: datetime,
    grounds: Grounds,
    counting: bool,
) -> Progress:
    """Close the account up to `now` and note until when these channels cover."""
    ends = [channel.ends_at for channel in channels if covers(channel, now, grounds)]
    first = progress.first_confirmed_at or (now if ends else None)
    return replace(
        progress,
        first_confirmed_at=first,
        uncovered_seconds=uncovered(progress, now) if counting else progress.uncovered_seconds,
        covered_until=max(ends, default=None),
        accounted_at=now if first and counting else None,
    )


def confirmed(
    progress: Progress, channel: Channel, *, now: datetime, grounds: Grounds, counting: bool
) -> Progress:
    """Note that `channel` has just come to cover, without a look at the others."""
    if not covers(channel, now, grounds):
        return progress
    return replace(
        progress,
        first_confirmed_at=progress.first_confirmed_at or now,
        uncovered_seconds=uncovered(progress, now) if counting else progress.uncovered_seconds,
        covered_until=max(channel.ends_at, progress.covered_until or channel.ends_at),
        accounted_at=now if counting else None,
    )


def uncovered(progress: Progress, now: datetime) -> float:
    """Give the seconds without coverage up to `now`, of a watch whose time counts."""
    if progress.accounted_at is None:
        return progress.uncovered_seconds
    since = max(progress.accounted_at, progress.covered_until or progress.accounted_at)
    return progress.uncovered_seconds + max(now - since, timedelta(0)).total_seconds()
