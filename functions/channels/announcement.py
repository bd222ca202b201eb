"""Takes a message of Gmail's topic: it confirms the mailbox's channel and becomes a job a watch.

The message names the mailbox and a history id, which comes as a number or as a text. It is a hint
as any other: what is read begins at our own cursor.
https://developers.google.com/workspace/gmail/api/guides/push#receive_notifications
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from functions.domain import coverage
from functions.domain.errors import Invalid, Unavailable
from functions.domain.mailbox import mailbox_name
from functions.domain.model import Job, Progress
from functions.domain.token import shorten
from functions.ports import Case, Clock, Jobs, Journal, Store
from functions.schedule import look_by
from functions.sources.gmail import read_history_id
from functions.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What Gmail published: something happened in this mailbox."""

    address: str
    history_id: str


def is_announcement(data: bytes) -> bool:
    """Whether this is meant as a message of Gmail's topic; a job may merely quote one."""
    if b"emailAddress" not in data:
        return False
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(values, dict) and "emailAddress" in values


def read_announcement(data: bytes) -> Announcement:
    """Read a message of the topic; `Invalid` for anything else."""
    try:
        values = json.loads(data)
        address = values["emailAddress"]
        if not isinstance(address, str) or "@" not in address or len(address) > 320:  # noqa: PLR2004
            raise TypeError
        return Announcement(
            address=address.lower(), history_id=read_history_id(values.get("historyId"))
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Unavailable):
        msg = "not a message of Gmail's topic"
        raise Invalid(msg) from None


def announce(
    told: Announcement,
    *,
    store: Store,
    jobs: Jobs,
    clock: Clock,
    journal: Journal,
    terms: Terms,
) -> None:
    """Confirm the mailbox's channel and queue a job for each watch of the mailbox.

    Raises:
        Unavailable: store or queue failed; the message must come again.
    """
    mailbox = store.progress(mailbox_name(told.address))
    if mailbox is None:
        journal.note("mailbox not watched")
        return
    if not mailbox.known:  # a new channel has emptied it
        _confirm(mailbox, store=store, clock=clock, terms=terms)
    for member in mailbox.members:
        job = Job(
            watch=shorten(member),
            queued_at=clock.now(),
            reason="notification",
            ahead=told.history_id,
        )
        jobs.put(job)
    journal.note("mailbox announced", watches=len(mailbox.members))


def _confirm(mailbox: Progress, *, store: Store, clock: Clock, terms: Terms) -> None:
    """Note what the channel covers now: in its own record last, as that ends the noting.

    A message that comes again after a crash finds whatever the first one left undone.
    """
    found = max(store.channels(mailbox.watch), key=lambda c: c.opened_at, default=None)
    if found is None:
        return
    confirmed = replace(found, confirmed_at=found.confirmed_at or clock.now())
    grounds = coverage.Grounds(address=terms.gmail_topic or "", keys=None)

    def covered(case: Case) -> Case | None:
        if case.progress is None:
            return None
        counting = case.progress.verdict == "ok" and case.progress.removed_at is None
        after = coverage.confirmed(
            case.progress, confirmed, now=clock.now(), grounds=grounds, counting=counting
        )
        return Case(after, {})

    def confirm(case: Case) -> Case | None:
        channel = case.channels.get(confirmed.id)
        if case.progress is None:
            return None
        if channel is None:  # ended meanwhile: a tick finds out what covers now
            return Case(look_by(case.progress, clock.now()), {})
        after = replace(case.progress, known=(channel.id,), open_failures=0, open_after=None)
        record = replace(channel, confirmed_at=channel.confirmed_at or confirmed.confirmed_at)
        return Case(look_by(after, clock.now()), {record.id: record})

    for member in mailbox.members:
        store.change(member, covered)
    store.change(mailbox.watch, confirm, channels=None)
