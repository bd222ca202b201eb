"""Decides about one watch: its due pull, its channels, its account, when to look again.

Only decides: what it wants is stored with the case, and done by whoever stores it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.channels.opening import new_channel
from functions.channels.renewal import Renewal
from functions.channels.stopping import closed
from functions.declared.declaration import identity
from functions.domain import backoff, coverage, errors
from functions.domain.hearing import as_heard
from functions.domain.model import Channel, ChannelState, Progress, Verdict, Watch
from functions.domain.plan import Action, Close, Open, Plan, plan
from functions.ports import Case
from functions.schedule import is_held_back, is_leased, pull_by, scheduled
from functions.sources.table import SOURCES
from functions.terms import Terms
from functions.verdict import pass_verdict

INTENT_LASTS = timedelta(seconds=5)  # after a crash the next look comes this soon
SILENT = "a channel was opened but no message of it came: can Google reach the address?"

Declared = Watch | errors.Invalid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The case as it is to be, and what is then to be done."""

    case: Case
    actions: tuple[Action, ...] = ()
    opening: Channel | None = None
    pull: bool = False


def decide_case(
    case: Case, declared: Declared, renewal: Renewal, *, now: datetime
) -> Decision | None:
    """Decide about one watch: its due pull, its channels, its account, when to look again."""
    if case.progress is None:
        return None
    watch = declared if isinstance(declared, Watch) else None
    progress = case.progress
    if isinstance(declared, errors.Invalid):
        progress = pass_verdict(progress, Verdict.INVALID, declared.text, now=now)
        if progress.notices != case.progress.notices:
            progress = pull_by(progress, now)  # a job tells it
    progress, pull = due_pull(progress, watch, renewal.terms, now)
    by_topic = _is_by_topic(progress, watch)
    if by_topic and not case.channels:  # its mailbox has the channel, and settles the account
        after = Case(scheduled(replace(progress, look_at=None)), case.channels)
        return Decision(case=after, pull=pull)
    made = _plan(None if by_topic else watch, progress, tuple(case.channels.values()), renewal, now)
    progress = _noted(progress, made, renewal, now)
    opening = _opening(made, watch, progress, renewal, now)
    channels = {**case.channels, **_intents(made.actions, progress, now)}
    if opening is not None:
        channels[opening.id] = opening
        progress = replace(progress, opening=opening.id)
    # Of a channel whose record was lost the next message is looked at: it has to be adopted.
    progress = replace(progress, known=tuple(c for c in progress.known if c in channels))
    progress = coverage.settle(
        progress,
        channels.values(),
        now=now,
        grounds=renewal.grounds(watch),
        counting=coverage.counts(watch, case.progress),
    )
    after = Case(scheduled(progress), channels)
    return Decision(case=after, actions=made.actions, opening=opening, pull=pull)


def due_pull(
    progress: Progress, watch: Watch | None, terms: Terms, now: datetime
) -> tuple[Progress, bool]:
    """Move a due pull on by the lease's length, so that of two ticks one queues it."""
    if progress.pull_at is None or progress.pull_at > now:
        return progress, False
    if (watch is None or watch.paused) and not progress.notices:
        return replace(progress, pull_at=None), False
    if is_held_back(progress, now) and not progress.notices:
        return replace(progress, marked=True, pull_at=progress.retry_at), False
    if is_leased(progress, now, terms.lease):
        return replace(progress, marked=True, pull_at=progress.lease_until), False
    return replace(progress, pull_at=now + terms.lease), True


def _is_by_topic(progress: Progress, watch: Watch | None) -> bool:
    source = SOURCES.get(watch.source if watch else progress.source)
    return source is not None and source.profile.by_topic


def _plan(
    watch: Watch | None,
    progress: Progress,
    channels: tuple[Channel, ...],
    renewal: Renewal,
    now: datetime,
) -> Plan:
    if watch is not None and progress.identity != identity(watch):
        progress = replace(progress, cursor=None)  # edited: it starts anew, baseline first
    made = plan(watch, progress, channels, now=now, grounds=renewal.grounds(watch))
    opens = any(isinstance(action, Open) for action in made.actions)
    if opens and renewal.ring is None:  # without a key no token can be made
        kept = tuple(action for action in made.actions if not isinstance(action, Open))
        return replace(made, actions=kept, look_at=now + INTENT_LASTS)
    return made


def _noted(progress: Progress, made: Plan, renewal: Renewal, now: datetime) -> Progress:
    if made.given_up:
        failures = progress.open_failures + 1
        seconds = progress.granted_seconds
        life = timedelta(seconds=seconds) if seconds else None
        wait = backoff.open_delay(failures, life, renewal.chance.fraction())
        progress = replace(
            progress, open_failures=failures, open_after=now + wait, open_reason=SILENT
        )
    look_at = now + INTENT_LASTS if made.actions else made.look_at
    return replace(progress, look_at=look_at)


def _intents(actions: tuple[Action, ...], progress: Progress, now: datetime) -> dict[str, Channel]:
    """Give the records of the channels that these actions end."""
    records: dict[str, Channel] = {}
    for action in actions:
        if isinstance(action, Open):
            continue
        channel = as_heard(action.channel, progress)
        records[channel.id] = (
            closed(channel, now)
            if isinstance(action, Close)
            else replace(channel, state=ChannelState.RETIRING, why=action.why)
        )
    return records


def _opening(
    made: Plan, watch: Watch | None, progress: Progress, renewal: Renewal, now: datetime
) -> Channel | None:
    wanted = next((action for action in made.actions if isinstance(action, Open)), None)
    if wanted is None or watch is None or renewal.ring is None:
        return None
    return new_channel(
        renewal.chance.new_id(),
        watch=watch,
        progress=progress,
        ring=renewal.ring,
        terms=renewal.terms,
        why=wanted.why,
        now=now,
    )
