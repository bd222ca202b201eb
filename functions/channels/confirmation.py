"""Keeps the books of a channel when one of its messages has come.

A verified message is ours even if our record of its channel is lost, or was never completed: it
names the resource id, and with it the channel can be stopped in order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from functions.domain import coverage
from functions.domain.hearing import as_heard, hear
from functions.domain.model import Channel, ChannelState, Job, Message, Progress
from functions.domain.plan import ADOPTED
from functions.ports import Case
from functions.schedule import look_by

MOST_KNOWN = 8
UNKNOWN_LIFE = timedelta(days=7)  # the longest Google grants, for a message without expiration


def heard(case: Case, job: Job, *, now: datetime, address: str, counting: bool) -> Case | None:
    """Give the case after a message of a channel; None if it teaches nothing.

    Args:
        case: the progress of the watch, and the channel's record if there is one.
        job: what was queued for the message.
        now: the time.
        address: today's; a channel opened for another covers nothing.
        counting: whether time without coverage counts against the watch now.
    """
    message, progress = job.message, case.progress
    if message is None or progress is None:
        return None
    progress = hear(progress, job)
    known = case.channels.get(message.channel)
    if known is None:
        adopted = as_heard(_adopt(progress, message, job.key_id, now), progress)
        return Case(look_by(progress, now), {adopted.id: adopted})
    record = as_heard(known, progress)
    if record.state is ChannelState.CLOSED and record.resource_id is None:
        # Google's answer was an error, yet the channel came to be.
        revived = replace(_complete(record, message), state=ChannelState.RETIRING, why=ADOPTED)
        revived = replace(revived, closed_at=None)
        return Case(look_by(progress, now), {record.id: revived})
    if record.state is ChannelState.RETIRING and record.resource_id is None:
        return Case(look_by(progress, now), {record.id: _complete(record, message)})
    if record.state in {ChannelState.OPENING, ChannelState.LIVE}:
        return _confirm(progress, record, message, now, address=address, counting=counting)
    return None


def _confirm(
    progress: Progress,
    record: Channel,
    message: Message,
    now: datetime,
    *,
    address: str,
    counting: bool,
) -> Case | None:
    if record.confirmed_at is not None and record.id in progress.known:
        return None
    record = replace(
        _complete(record, message),
        state=ChannelState.LIVE,
        confirmed_at=record.confirmed_at or now,
    )
    grounds = coverage.Grounds(address=address, keys=None, identity=progress.identity)
    progress = coverage.confirmed(progress, record, now=now, grounds=grounds, counting=counting)
    progress = replace(
        progress,
        known=(*progress.known, record.id)[-MOST_KNOWN:],
        opening=None if progress.opening == record.id else progress.opening,
        granted_seconds=record.life.total_seconds(),
        open_failures=0,
        open_after=None,
        open_held=False,
        open_reason="",
    )
    return Case(look_by(progress, now), {record.id: record})


def _complete(record: Channel, message: Message) -> Channel:
    """Fill in what the headers tell and the watch answer has not."""
    return replace(
        record,
        resource_id=record.resource_id or message.resource_id,
        resource_uri=record.resource_uri or message.resource_uri,
        expiration=record.expiration or message.expiration,
    )


def _adopt(progress: Progress, message: Message, key_id: str, now: datetime) -> Channel:
    until = message.expiration or now + UNKNOWN_LIFE
    return Channel(
        id=message.channel,
        watch=progress.watch,
        source=progress.source,
        subject=progress.subject,
        state=ChannelState.RETIRING,
        opened_at=now,
        asked_until=until,
        expiration=until,
        key_id=key_id,
        address="",
        resource_id=message.resource_id,
        resource_uri=message.resource_uri,
        why=ADOPTED,
    )
