"""Attends to a mailbox: Gmail keeps one watch of it for all of ours, and is asked for it in place.

The watches that share it are the members of the mailbox's own progress, which also has its
back-off. What the shared channel covers is settled in the account of each member.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.channels.decision import SILENT
from functions.channels.opening import expiration_of
from functions.channels.renewal import Renewal
from functions.channels.stopping import closed
from functions.declared.watching import declared_watch
from functions.domain import backoff, coverage, errors
from functions.domain.mailbox import Do, MailboxPlan, mailbox_name, plan_mailbox, union
from functions.domain.model import Channel, ChannelState, Progress, Watch
from functions.domain.plan import wants_channel
from functions.ports import Case
from functions.schedule import scheduled
from functions.sources.gmail import GmailMailbox

SOURCE = GmailMailbox.profile.name
INTENT_LASTS = timedelta(seconds=5)
ROUNDS = 3
TAKEN = "Only one user push notification client"
FREED = "another client of the project had watched the mailbox: that was stopped"
FREED_WITHIN = timedelta(seconds=1)  # if somebody takes it again and again, not at once
NO_TOPIC = "no Pub/Sub subscription delivers Gmail's messages here: the mailbox is polled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of our watches of the mailbox."""

    watch: Watch
    progress: Progress


def attend_mailbox(address: str, member: str | None, renewal: Renewal) -> None:
    """Do what is due of a mailbox; `member` is a watch of it that may be new."""
    name = mailbox_name(address)
    for _ in range(ROUNDS):
        known = renewal.store.progress(name)
        names = {*(known.members if known else ()), *((member,) if member else ())}
        members = _members(sorted(names), address, renewal)
        settled = _settle(known, name, sorted(names), renewal)
        made, changed = _decide(name, address, members, settled, renewal)
        if made.do is not Do.NOOP:
            _act(name, address, made, renewal)
        elif not changed:
            break


def mailboxes_of(progress: Progress, declared: object) -> set[str]:
    """Name the mailboxes that a watch concerns: of an edited one the old and the new."""
    subjects = {progress.subject} if progress.source == SOURCE else set()
    if isinstance(declared, Watch) and declared.source == SOURCE:
        subjects.add(declared.subject)
    return {subject.lower() for subject in subjects if subject}


def _members(names: list[str], address: str, renewal: Renewal) -> list[Member]:
    """Give those of the watches that want a channel of this mailbox."""
    wanting: list[Member] = []
    for name in names:
        progress = renewal.store.progress(name)
        watch = declared_watch(renewal.store, name, short_polls=renewal.terms.short_polls)
        if not isinstance(watch, Watch) or progress is None:
            continue
        same = watch.source == SOURCE and (watch.subject or "").lower() == address
        if same and wants_channel(watch, progress):
            wanting.append(Member(watch=watch, progress=progress))
    return wanting


def _decide(
    name: str,
    address: str,
    members: list[Member],
    settled: Collection[Channel],
    renewal: Renewal,
) -> tuple[MailboxPlan, bool]:
    """Decide, and tell whether the channels are others than those that accounts were settled by.

    Until all accounts are, the mailbox stays due: whoever dies on the way leaves none behind.
    """
    made, changed = MailboxPlan(), False
    labels = union(m.watch.params.get("labelIds", ()) for m in members) if members else None

    def decide(case: Case) -> Case:
        nonlocal made, changed
        now = renewal.clock.now()
        progress = case.progress or Progress(watch=name, source=SOURCE, subject=address, short=name)
        channel = _live(case.channels)
        topic = renewal.terms.gmail_topic
        made = plan_mailbox(progress, channel, labels=labels, topic=topic, now=now)
        progress = replace(progress, members=tuple(m.watch.id for m in members))
        channels = {c.id: closed(c, now) for c in case.channels.values() if c.ends_at <= now}
        look_at = made.look_at
        changed = case.channels != {channel.id: channel for channel in settled}
        if made.do is not Do.NOOP or changed:
            look_at = now + INTENT_LASTS
        if made.do is Do.WATCH and labels is not None and topic is not None:
            record = _asked(channel, progress, members[0].watch, topic, renewal, now)
            channels[record.id] = record
            known = () if record.id not in case.channels else progress.known
            progress = replace(progress, labels=labels, opening=record.id, known=known)
        return Case(scheduled(replace(progress, look_at=look_at)), {**case.channels, **channels})

    renewal.store.change(name, decide, channels=None)
    return made, changed


def _asked(
    channel: Channel | None,
    progress: Progress,
    watch: Watch,
    topic: str,
    renewal: Renewal,
    now: datetime,
) -> Channel:
    """Give the record of the watch that is asked for, or asked for again."""
    until = now + GmailMailbox.profile.longest_life
    if channel is not None and channel.ends_at > now:
        return replace(channel, address=topic, asked_until=max(until, channel.ends_at))
    return Channel(
        id=f"gmail-{renewal.chance.new_id()}",
        watch=progress.watch,
        source=watch.source,
        subject=watch.subject,
        state=ChannelState.OPENING,
        opened_at=now,
        asked_until=until,
        key_id="",
        address=topic,
        resource_id=watch.subject,
        resource_uri="users/me",
    )


def _act(name: str, address: str, made: MailboxPlan, renewal: Renewal) -> None:
    source = GmailMailbox()
    answer: Mapping[str, Any] = {}
    trouble: errors.Trouble | None = None
    known = renewal.store.progress(name)
    try:
        if made.do is Do.STOP:
            call = source.stop(channel="", resource_id="")
        else:
            call = source.watch({}, cursor="", body=_body(known, renewal))
        answer = renewal.google.call(call, subject=address).body
    except errors.Trouble as error:
        trouble = error
        if made.do is Do.WATCH and TAKEN in error.text:
            _free(address, renewal)
    spread = renewal.chance.fraction()

    def settle(case: Case) -> Case | None:
        channel = _live(case.channels)
        if case.progress is None or channel is None:
            return None
        now = renewal.clock.now()
        if made.do is Do.STOP:
            return _stopped(case.progress, channel, trouble, now)
        return _watched(case.progress, channel, answer, trouble, now=now, spread=spread)

    renewal.store.change(name, settle, channels=None)
    note = renewal.journal.note if trouble is None else renewal.journal.warn
    reason = trouble.text if trouble else ""
    note(f"mailbox {made.do}", mailbox=address, why=made.why, reason=reason)


def _body(progress: Progress | None, renewal: Renewal) -> dict[str, Any]:
    body: dict[str, Any] = {"topicName": renewal.terms.gmail_topic}
    if progress is not None and progress.labels:
        body |= {"labelIds": list(progress.labels), "labelFilterBehavior": "include"}
    return body


def _free(address: str, renewal: Renewal) -> None:
    """Another client of the project holds the mailbox: its watch is stopped, then ours opened."""
    renewal.journal.warn("mailbox was watched by another client", mailbox=address)
    try:
        renewal.google.call(GmailMailbox().stop(channel="", resource_id=""), subject=address)
    except errors.Trouble as trouble:
        renewal.journal.warn("mailbox not freed", mailbox=address, reason=trouble.text)


def _stopped(
    progress: Progress, channel: Channel, trouble: errors.Trouble | None, now: datetime
) -> Case:
    if isinstance(trouble, errors.Unavailable):
        wait = trouble.delay or backoff.pull_delay(channel.stop_failures + 1, 0.0)
        record = replace(channel, stop_failures=channel.stop_failures + 1, stop_after=now + wait)
        return Case(scheduled(replace(progress, look_at=now + wait)), {record.id: record})
    record = closed(channel, now)
    return Case(scheduled(replace(progress, labels=(), known=())), {record.id: record})


def _watched(
    progress: Progress,
    channel: Channel,
    answer: Mapping[str, Any],
    trouble: errors.Trouble | None,
    *,
    now: datetime,
    spread: float,
) -> Case:
    if trouble is None:
        expiration = expiration_of(answer) or now + GmailMailbox.profile.default_life
        again = channel.expiration is not None and channel.confirmed_at is None
        failures = progress.open_failures + 1 if again else progress.open_failures
        wait = backoff.open_delay(failures, expiration - now, spread)
        record = replace(channel, state=ChannelState.LIVE, opened_at=now, expiration=expiration)
        taken = TAKEN in progress.open_reason
        progress = replace(
            progress,
            opening=None,
            granted_seconds=(expiration - now).total_seconds(),
            open_failures=0 if channel.confirmed_at else failures,
            open_after=now + wait if again else None,
            open_reason=SILENT if again else FREED if taken else "",
        )
        return Case(scheduled(replace(progress, look_at=now)), {record.id: record})
    failures = progress.open_failures + 1
    wait = backoff.open_delay(failures, None, spread)
    if TAKEN in trouble.text and failures == 1:
        wait = FREED_WITHIN
    elif isinstance(trouble, errors.RateLimited):
        wait = max(trouble.delay or timedelta(0), backoff.rate_delay(failures, spread))
    elif isinstance(trouble, errors.Unavailable):
        wait = max(backoff.pull_delay(failures, spread), trouble.delay or timedelta(0))
    record = channel if _may_exist(channel, trouble) else closed(channel, now)
    progress = replace(
        progress,
        # Of one that lives on it is not known which labels and topic it has now.
        opening=None if record.state is ChannelState.CLOSED else record.id,
        open_failures=failures,
        open_after=now + wait,
        open_held=isinstance(trouble, errors.Unavailable) and trouble.asked,
        open_reason=trouble.text,
        labels=() if record.state is ChannelState.CLOSED else progress.labels,
    )
    return Case(scheduled(replace(progress, look_at=now + wait)), {record.id: record})


def _may_exist(channel: Channel, trouble: errors.Trouble) -> bool:
    """Whether Gmail may watch the mailbox for us although this call came to nothing.

    Then the record stays, so that it is stopped with its last watch. Of one that never had an
    answer an earlier call may have arrived: each call asks for longer than the one before.
    """
    asked_before = channel.asked_until > channel.opened_at + GmailMailbox.profile.longest_life
    lost = isinstance(trouble, errors.Unanswered)
    return channel.expiration is not None or lost or asked_before


def _settle(
    mailbox: Progress | None, name: str, members: list[str], renewal: Renewal
) -> Sequence[Channel]:
    """Bring the account of each member up to date with the shared channel; gives what there is."""
    channels = renewal.store.channels(name)
    topic = renewal.terms.gmail_topic
    reason = (mailbox.open_reason if mailbox else "") if topic else NO_TOPIC
    for member in members:
        watch = declared_watch(renewal.store, member, short_polls=renewal.terms.short_polls)
        declared = watch if isinstance(watch, Watch) else None

        def settle(case: Case, declared: Watch | None = declared) -> Case | None:
            if case.progress is None:
                return None
            after = coverage.settle(
                case.progress,
                channels,
                now=renewal.clock.now(),
                grounds=coverage.Grounds(address=topic or "", keys=None),
                counting=coverage.counts(declared, case.progress),
            )
            after = replace(after, open_reason=reason)
            same = replace(after, accounted_at=case.progress.accounted_at) == case.progress
            return None if same else Case(after, {})

        renewal.store.change(member, settle)
    return channels


def _live(channels: Mapping[str, Channel]) -> Channel | None:
    return max(channels.values(), key=lambda c: c.opened_at, default=None)
