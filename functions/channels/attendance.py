"""Attends to one watch: brings its channels to what the plan wants, one decision at a time.

Every intent is stored before Google is asked, so that a crash at any line leaves a record from
which the next tick goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.channels.opening import answered, new_channel, refused, watch_call
from functions.channels.stopping import closed, stop_call, stopped
from functions.declared.declaration import identity
from functions.domain import backoff, coverage, errors
from functions.domain.hearing import as_heard
from functions.domain.keyring import Ring
from functions.domain.model import Channel, ChannelState, Job, Progress, Verdict, Watch
from functions.domain.plan import Action, Close, Open, Plan, Stop, plan
from functions.ports import Case, Chance, Clock, Google, Jobs, Journal, Store
from functions.schedule import is_held_back, is_leased, pull_by, scheduled
from functions.sources.table import SOURCES
from functions.terms import Terms
from functions.verdict import pass_verdict

ROUNDS = 4  # decide, act, and see what the actions have changed
INTENT_LASTS = timedelta(seconds=5)  # after a crash the next look comes this soon
SILENT = "a channel was opened but no message of it came: can Google reach the address?"

Declared = Watch | errors.Invalid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What renewing may touch."""

    store: Store
    google: Google
    jobs: Jobs
    clock: Clock
    chance: Chance
    journal: Journal
    terms: Terms
    ring: Ring | None  # None: it cannot be read now

    def grounds(self, watch: Watch | None) -> coverage.Grounds:
        """Give what the channels of a watch must agree with."""
        keys = self.ring.ids if self.ring else None
        print_ = identity(watch) if watch else None
        return coverage.Grounds(address=self.terms.address, keys=keys, identity=print_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The case as it is to be, and what is then to be done."""

    case: Case
    actions: tuple[Action, ...] = ()
    opening: Channel | None = None
    pull: bool = False


def attend(name: str, declared: Declared, renewal: Renewal) -> None:
    """Do what is due of one watch: Google's refusals are stored, only the store's escape."""
    for _ in range(ROUNDS):
        made = _decide(name, declared, renewal)
        if made is None:
            return
        if made.pull and made.case.progress is not None:
            job = Job(watch=made.case.progress.short, queued_at=renewal.clock.now(), reason="due")
            renewal.jobs.put(job)
            renewal.journal.note("pull queued", watch=name)
        for action in made.actions:
            _act(action, made, declared, renewal)
        if not made.actions:
            return


def _decide(name: str, declared: Declared, renewal: Renewal) -> Decision | None:
    made: Decision | None = None

    def decide(case: Case) -> Case | None:
        nonlocal made
        made = decide_case(case, declared, renewal, now=renewal.clock.now())
        return made.case if made else None

    renewal.store.change(name, decide, channels=None)
    return made


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


def _act(action: Action, made: Decision, declared: Declared, renewal: Renewal) -> None:
    if isinstance(action, Stop):
        _stop(action, renewal)
    elif not isinstance(action, Open):
        renewal.journal.note(
            "channel let go", watch=action.channel.watch, channel=action.channel.id, why=action.why
        )
    elif made.opening is not None and isinstance(declared, Watch):
        _open(made.opening, made.case.progress, declared, renewal)


def _open(channel: Channel, progress: Progress | None, watch: Watch, renewal: Renewal) -> None:
    """Ask Google for a channel that is recorded already, and record the answer."""
    if progress is None or renewal.ring is None:
        return
    call = watch_call(channel, watch=watch, cursor=progress.cursor or "", ring=renewal.ring)
    if call is None:
        return
    answer: Mapping[str, Any] = {}
    trouble: errors.Trouble | None = None
    try:
        answer = renewal.google.call(call, subject=watch.subject).body
    except errors.Trouble as error:
        trouble = error
    spread = renewal.chance.fraction()
    default = SOURCES[watch.source].profile.default_life

    def settle(case: Case) -> Case | None:
        if case.progress is None or channel.id not in case.channels:
            return None
        if trouble is None:
            return answered(
                case,
                channel.id,
                answer,
                default=default,
                now=renewal.clock.now(),
                spread=spread,
            )
        return refused(case, channel.id, trouble, now=renewal.clock.now(), spread=spread)

    renewal.store.change(channel.watch, settle, channels=(channel.id,))
    _note("channel opened", "channel not opened", channel, channel.why, trouble, renewal)


def _stop(action: Stop, renewal: Renewal) -> None:
    channel = action.channel
    call = stop_call(channel)
    trouble: errors.Trouble | None = None
    try:
        if call is None:
            raise errors.Refused("its source is no longer known")
        renewal.google.call(call, subject=channel.subject)
    except errors.Trouble as error:
        trouble = error
    spread = renewal.chance.fraction()

    def settle(case: Case) -> Case | None:
        return stopped(case, channel.id, trouble, now=renewal.clock.now(), spread=spread)

    renewal.store.change(channel.watch, settle, channels=(channel.id,))
    _note("channel stopped", "channel not stopped", channel, action.why, trouble, renewal)


def _note(
    done: str,
    failed: str,
    channel: Channel,
    why: str,
    trouble: errors.Trouble | None,
    renewal: Renewal,
) -> None:
    facts = {"watch": channel.watch, "channel": channel.id, "why": why}
    if trouble is None:
        renewal.journal.note(done, **facts)
    else:
        renewal.journal.warn(failed, **facts, trouble=type(trouble).__name__, reason=trouble.text)
