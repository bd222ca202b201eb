"""Stops a channel: what Google is asked, and what each answer means for the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from functions.domain import backoff, errors
from functions.domain.hearing import as_heard
from functions.domain.model import Channel, ChannelState, Verdict
from functions.ports import Case
from functions.sources.call import Call
from functions.sources.table import SOURCES

KEPT = timedelta(days=1)  # a closed channel's record, for messages that still come


def stop_call(channel: Channel) -> Call | None:
    """Build the call that stops `channel`; None for a source that is no longer known."""
    source = SOURCES.get(channel.source)
    if source is None or channel.resource_id is None:
        return None
    return source.stop(channel=channel.id, resource_id=channel.resource_id)


def closed(channel: Channel, now: datetime) -> Channel:
    """Give the channel as ended; its record stays until Google has surely forgotten it, too."""
    return replace(
        channel,
        state=ChannelState.CLOSED,
        closed_at=min(now, channel.ends_at),
        delete_at=max(now, channel.ends_at) + KEPT,
    )


def stopped(
    case: Case, channel: str, trouble: errors.Trouble | None, *, now: datetime, spread: float
) -> Case | None:
    """Give the case after a stop that gave `trouble`; that Google knows it not means it is gone."""
    record = case.channels.get(channel)
    if case.progress is None or record is None:
        return None
    record = as_heard(record, case.progress)
    known = tuple(name for name in case.progress.known if name != channel)
    progress = replace(case.progress, known=known)
    gone = isinstance(trouble, errors.Refused) and trouble.verdict is Verdict.NOT_FOUND
    if trouble is None or gone:
        return Case(progress, {channel: closed(record, now)})
    failures = record.stop_failures + 1
    if isinstance(trouble, errors.Unavailable):
        wait = backoff.pull_delay(failures, spread)
        if isinstance(trouble, errors.RateLimited):
            wait = backoff.rate_delay(failures, spread)
        wait = max(wait, trouble.delay or wait)
        record = replace(record, stop_failures=failures, stop_after=now + wait)
    else:
        # Only the account that made it may stop it: a tombstone until its expiration.
        record = replace(record, stop_failures=failures, unstoppable=True)
    return Case(progress, {channel: record})
