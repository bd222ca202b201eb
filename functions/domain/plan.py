"""Plans the channels of one watch: what to open, what to stop, why, and when to look again.

Coverage without a gap is the invariant: a new channel is confirmed before the old one is stopped,
and no more than two are live. Everything is decided from the values given, `now` included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.domain.coverage import Grounds, covers, is_sound
from functions.domain.model import Channel, ChannelState, Progress, Verdict, Watch

REPLACE_FRACTION = 0.5  # of the granted life: an outage as long as the rest still fits in
OLDEST = timedelta(hours=24)  # a channel can die in silence; this bounds the blind time
CONFIRM_FRACTION = 0.2
CONFIRM_LONGEST = timedelta(minutes=5)
ANSWER_FRACTION = 0.1
ANSWER_LONGEST = timedelta(seconds=60)
MOST_LIVE = 2
GIVEN_UP = "not confirmed in time"
UNANSWERED = "no answer in time"
ADOPTED = "adopted: its record was lost"
_HEX = frozenset("0123456789abcdef")
SPREAD = 0.1  # of the time to the replacement: channels opened together are not renewed together


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Ask Google for a channel."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Ask Google to end a channel."""

    channel: Channel
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Wait no longer for a channel that never answered: it goes when it can be named."""

    channel: Channel
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Note that a channel has ended by itself."""

    channel: Channel
    why: str


Action = Open | Stop | Retire | Close


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do now, and when the situation may want something else by itself."""

    actions: tuple[Action, ...] = ()
    look_at: datetime | None = None
    given_up: bool = False  # a channel was not confirmed in time: the next waits longer


def plan(
    watch: Watch | None,
    progress: Progress,
    channels: Sequence[Channel],
    *,
    now: datetime,
    grounds: Grounds,
) -> Plan:
    """Decide about the channels of one watch.

    Args:
        watch: the declaration; None if it is no longer declared.
        progress: what is known of the watch.
        channels: all its channels that are not closed, in any order.
        now: the time.
        grounds: today's address and keys.
    """
    if len(channels) == 1 and wants_channel(watch, progress):
        best, due = channels[0], replace_at(channels[0])
        if due > now and covers(best, now, grounds):
            # All is well, as with most watches at most times: what follows would say the same.
            return Plan(look_at=min(due, best.ends_at))
    channels = sorted(channels, key=lambda c: (c.opened_at, c.id))
    ended = tuple(Close(channel=c, why="expired") for c in channels if c.ends_at <= now)
    alive = [c for c in channels if c.ends_at > now]
    stay = [c for c in alive if c.state is not ChannelState.CLOSED]
    if not wants_channel(watch, progress):
        chosen = _without(watch, progress, stay, now)
    else:
        chosen = _with(progress, stay, now, grounds)
    times = [c.ends_at for c in stay] + ([chosen.look_at] if chosen.look_at else [])
    return Plan(
        actions=ended + chosen.actions,
        look_at=min(times, default=None),
        given_up=chosen.given_up,
    )


def wants_channel(watch: Watch | None, progress: Progress) -> bool:
    """Whether the watch should have a channel, its back-off aside."""
    return (
        watch is not None
        and watch.push
        and not watch.paused
        and progress.removed_at is None
        and not progress.verdict.parks
        and progress.cursor is not None  # the baseline comes first
    )


def replace_at(channel: Channel) -> datetime:
    """When a channel is to be replaced: by a fraction of the granted life, and within a day."""
    until = min(channel.life * REPLACE_FRACTION, OLDEST)
    share = int(channel.id[-2:], 16) / 256 if _is_hex(channel.id[-2:]) else 0.0
    return channel.opened_at + until * (1 - SPREAD * share)


def confirm_by(channel: Channel) -> datetime:
    """When a live channel without any message is given up."""
    return channel.opened_at + min(channel.life * CONFIRM_FRACTION, CONFIRM_LONGEST)


def answer_by(channel: Channel, progress: Progress) -> datetime:
    """When a channel that Google never answered for is waited for no longer."""
    if progress.granted_seconds is None:
        return channel.opened_at + ANSWER_LONGEST
    last = timedelta(seconds=progress.granted_seconds)
    return channel.opened_at + min(last * ANSWER_FRACTION, ANSWER_LONGEST)


def _without(
    watch: Watch | None, progress: Progress, channels: Iterable[Channel], now: datetime
) -> Plan:
    """Stop what is not wanted; a parked watch whose access is gone keeps what may serve again."""
    if watch is None or not watch.push or watch.paused or progress.removed_at is not None:
        return _stops(channels, now, "no channel is wanted")
    if progress.cursor is None:
        return _stops(channels, now, "the watch starts anew")
    if progress.verdict is Verdict.UNAUTHORIZED:
        return Plan()
    return _stops(channels, now, "the watch is parked")


def _with(progress: Progress, channels: Sequence[Channel], now: datetime, grounds: Grounds) -> Plan:
    regular = [c for c in channels if c.state is not ChannelState.RETIRING]
    retiring = [c for c in channels if c.state is ChannelState.RETIRING]
    sound = [c for c in regular if covers(c, now, grounds)]
    best = max(sound, key=lambda c: c.opened_at, default=None)
    if best is not None:
        coming = [c for c in regular if c.opened_at > best.opened_at and is_sound(c, grounds)]
        rest = [c for c in regular if c is not best and c not in coming] + retiring
        away = _stops(rest, now, "replaced by a confirmed channel")
    else:
        coming = [c for c in regular if is_sound(c, grounds)]
        away = _stops(_hopeless(regular, retiring, grounds), now, "covers nothing any more")
    waiting, late = _await(coming, progress, now)
    actions = [*away.actions, *late.actions]
    times = [t for t in (away.look_at, waiting) if t]
    if waiting is None:
        opening, at = _open(best, progress, channels, actions, now)
        actions += opening
        times += [at] if at else []
    return Plan(actions=tuple(actions), look_at=min(times, default=None), given_up=late.given_up)


def _hopeless(
    regular: Iterable[Channel], retiring: Iterable[Channel], grounds: Grounds
) -> list[Channel]:
    """Give what cannot come to cover; adopted channels wait until a regular one is confirmed."""
    unsound = [c for c in regular if not is_sound(c, grounds)]
    return unsound + [c for c in retiring if c.why != ADOPTED]


def _await(
    coming: Iterable[Channel], progress: Progress, now: datetime
) -> tuple[datetime | None, Plan]:
    """Split what is on its way into what may still come and what is too late."""
    deadlines: list[datetime] = []
    late: list[Action] = []
    given_up = False
    for channel in coming:
        answered = channel.state is not ChannelState.OPENING
        by = confirm_by(channel) if answered else answer_by(channel, progress)
        if by > now:
            deadlines.append(by)
        elif answered:
            late.append(Stop(channel=channel, why=GIVEN_UP))
            given_up = True
        else:
            late.append(Retire(channel=channel, why=UNANSWERED))
    return min(deadlines, default=None), Plan(actions=tuple(late), given_up=given_up)


def _open(
    best: Channel | None,
    progress: Progress,
    channels: Sequence[Channel],
    actions: Sequence[Action],
    now: datetime,
) -> tuple[list[Action], datetime | None]:
    due = replace_at(best) if best is not None else now
    if due > now:
        return [], due
    if any(isinstance(a, Stop) and a.why == GIVEN_UP for a in actions):
        return [], now  # the one given up is stopped first; its back-off is then known
    if progress.open_after is not None and progress.open_after > now:
        return [], progress.open_after
    live = [c for c in channels if _is_live(c)]  # what is being stopped lives until it is
    if len(live) >= MOST_LIVE:
        return [], min(c.stop_after or c.ends_at for c in live)
    why = "nothing covers the watch" if best is None else "its channel is due for replacement"
    return [Open(why=why)], None


def _is_live(channel: Channel) -> bool:
    """Whether it counts as one of the two: not what never answered, is adopted, or unstoppable."""
    if channel.state is ChannelState.RETIRING:
        named = channel.resource_id is not None
        return named and not channel.unstoppable and channel.why != ADOPTED
    return channel.state is ChannelState.LIVE


def _stops(channels: Iterable[Channel], now: datetime, why: str) -> Plan:
    actions: list[Action] = []
    times: list[datetime] = []
    for channel in channels:
        if channel.state is ChannelState.OPENING:
            actions.append(Retire(channel=channel, why=why))
        elif channel.unstoppable or channel.resource_id is None:
            continue  # a tombstone, or one that no message has named yet
        elif channel.stop_after is not None and channel.stop_after > now:
            times.append(channel.stop_after)
        else:
            actions.append(Stop(channel=channel, why=why))
    return Plan(actions=tuple(actions), look_at=min(times, default=None))


def _is_hex(text: str) -> bool:
    return bool(text) and _HEX.issuperset(text)
