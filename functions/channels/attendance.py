"""Attends to one watch: brings its channels to what the plan wants, one decision at a time.

Every intent is stored before Google is asked, so that a crash at any line leaves a record from
which the next tick goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.channels.decision import Decision, Declared, decide_case
from functions.channels.opening import answered, refused, watch_call
from functions.channels.renewal import Renewal
from functions.channels.stopping import stop_call, stopped
from functions.domain import errors
from functions.domain.model import Channel, Job, Progress, Watch
from functions.domain.plan import Action, Open, Stop
from functions.ports import Case
from functions.sources.table import SOURCES

ROUNDS = 4  # decide, act, and see what the actions have changed


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
