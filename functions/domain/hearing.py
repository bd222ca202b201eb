"""Remembers the last messages heard of a watch's channels: statistics, which decide nothing.

They stand in the progress, because that is written for each pull anyway: a message of its own
costs no write. A channel's record takes them over when it is written for another reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from functions.domain.model import Channel, Heard, Job, Progress

MOST_CHANNELS = 4
LARGEST_STORED = 2**63 - 1  # Google's numbers go one further than the stores'


def hear(progress: Progress, job: Job) -> Progress:
    """Give the progress after a job, if a notification caused it; the newest is at the end."""
    if job.reason != "notification":
        return progress
    channel = job.message.channel if job.message else ""  # Gmail's name no channel
    number = min(job.message.number, LARGEST_STORED) if job.message else 0
    same = [one for one in progress.heard if one.channel == channel]
    newest = Heard(
        channel=channel,
        number=max([number, *(one.number for one in same)]),
        at=max([job.queued_at, *(one.at for one in same)]),
    )
    others = [one for one in progress.heard if one.channel != channel]
    return replace(progress, heard=(*others, newest)[-MOST_CHANNELS:])


def heard_at(progress: Progress | None) -> datetime | None:
    """Give when the watch was last notified, as far as something was written since."""
    return max((one.at for one in progress.heard), default=None) if progress else None


def as_heard(channel: Channel, progress: Progress | None) -> Channel:
    """Give a channel with what the progress knows of its messages."""
    for one in progress.heard if progress else ():
        if one.channel == channel.id:
            at = max(one.at, channel.heard_at or one.at)
            return replace(channel, last_number=max(one.number, channel.last_number), heard_at=at)
    return channel
