"""Does what was decided about a channel: asks Google, and says how to record what came of it.

Whatever is asked for is stored before; whoever asks stores the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from functions.channels.decision import Decision, Declared
from functions.channels.opening import answered, refused, watch_call
from functions.channels.renewal import Renewal
from functions.channels.stopping import stop_call, stopped
from functions.domain import errors
from functions.domain.model import Channel, Progress, Watch
from functions.domain.plan import Action, Open, Stop
from functions.ports import Case
from functions.sources.table import SOURCES

Settle = Callable[[Case], Case | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What Google was asked about a channel: how to record what came of it, and to tell it."""

    channel: Channel
    settle: Settle
    tell: Callable[[], None]


def do(action: Action, made: Decision, declared: Declared, renewal: Renewal) -> Deed | None:
    """Do one thing that was decided, and is stored as an intent; None if nothing comes of it."""
    if isinstance(action, Stop):
        return _stop(action, renewal)
    if not isinstance(action, Open):
        renewal.journal.note(
            "channel let go", watch=action.channel.watch, channel=action.channel.id, why=action.why
        )
    elif made.opening is not None and isinstance(declared, Watch):
        return _open(made.opening, made.case.progress, declared, renewal)
    return None


def _open(
    channel: Channel, progress: Progress | None, watch: Watch, renewal: Renewal
) -> Deed | None:
    """Ask Google for a channel that is recorded already."""
    if progress is None or renewal.ring is None:
        return None
    call = watch_call(channel, watch=watch, cursor=progress.cursor or "", ring=renewal.ring)
    if call is None:
        return None
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

    words = ("channel opened", "channel not opened", channel, channel.why, trouble, renewal)
    return Deed(channel=channel, settle=settle, tell=partial(_note, *words))


def _stop(action: Stop, renewal: Renewal) -> Deed:
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

    words = ("channel stopped", "channel not stopped", channel, action.why, trouble, renewal)
    return Deed(channel=channel, settle=settle, tell=partial(_note, *words))


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
