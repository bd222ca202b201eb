"""Plans the one watch that Gmail keeps for a mailbox: shared by our watches, renewed in place.

https://developers.google.com/workspace/gmail/api/guides/push#renewing_mailbox_watch
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from functions.domain.model import Channel, Progress
from functions.domain.plan import answer_by, confirm_by, replace_at

PREFIX = "mailbox "  # no watch id has a space


class Do(StrEnum):
    """What to do about the watch of a mailbox."""

    NOOP = "noop"
    WATCH = "watch"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPlan:
    """What to do now, why, and when to look again."""

    do: Do = Do.NOOP
    why: str = ""
    look_at: datetime | None = None


def mailbox_name(address: str) -> str:
    """Give the name under which the progress and channel of a mailbox are kept."""
    return f"{PREFIX}{address.lower()}"


def union(labels: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Give the labels to watch for: all that are wanted, or none if one watch wants all mail."""
    wanted = list(labels)
    if not all(wanted):
        return ()
    return tuple(sorted({label for each in wanted for label in each}))


def plan_mailbox(
    progress: Progress,
    channel: Channel | None,
    *,
    labels: tuple[str, ...] | None,
    topic: str | None,
    now: datetime,
) -> MailboxPlan:
    """Decide about the watch of a mailbox.

    Args:
        progress: of the mailbox: its back-off, and the labels last asked for.
        channel: its record, unless it is closed.
        labels: what our watches want; None if no watch wants a channel.
        topic: where Gmail is to publish; None if there is no such place.
        now: the time.
    """
    alive = channel is not None and channel.ends_at > now
    if labels is None or topic is None:
        return _stop(channel, now) if channel is not None and alive else MailboxPlan()
    why, due = _reason(progress, channel if alive else None, labels, topic, now)
    if due > now:
        return MailboxPlan(look_at=due)
    if progress.open_after is not None and progress.open_after > now:
        return MailboxPlan(look_at=progress.open_after)
    return MailboxPlan(do=Do.WATCH, why=why)


def _stop(channel: Channel, now: datetime) -> MailboxPlan:
    if channel.stop_after is not None and channel.stop_after > now:
        return MailboxPlan(look_at=channel.stop_after)
    return MailboxPlan(do=Do.STOP, why="no channel is wanted")


def _reason(
    progress: Progress,
    channel: Channel | None,
    labels: tuple[str, ...],
    topic: str,
    now: datetime,
) -> tuple[str, datetime]:
    if channel is None:
        return "nothing covers the mailbox", now
    if progress.opening is not None and channel.expiration is not None:
        return "its last renewal came to nothing", progress.look_at or now
    if progress.labels != labels or channel.address != topic:
        return "its labels or its topic are others now", now
    if channel.expiration is None:
        return "no answer in time", answer_by(channel, progress)
    if channel.confirmed_at is None:
        return "not confirmed in time", confirm_by(channel)
    return "its watch is due for renewal", replace_at(channel)
