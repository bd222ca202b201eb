"""Defects put into the product on purpose, each of which some seed must find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

from functions import handle
from functions.channels import confirmation
from functions.channels.confirmation import heard
from functions.domain import coverage, event
from functions.domain import plan as planning
from functions.domain.errors import CursorExpired, Unavailable
from functions.domain.handled import Outcome
from functions.domain.mailbox import Do, MailboxPlan, plan_mailbox
from functions.domain.model import Channel, Progress
from functions.handlers.handling import Result
from functions.ports import Case
from functions.pulling import lease
from functions.pulling.inventory import Inventory
from functions.pulling.ledger import Ledger
from functions.pulling.pull import Pull
from functions.pulling.turn import Turn
from tests.simulation.store import SimulatedStore

Spoilt = tuple[Any, str, Any]  # where, which name, and what is there instead


def _everywhere(modules: str, name: str, value: Any) -> list[Spoilt]:
    return [(import_module(f"functions.{module}"), name, value) for module in modules.split()]


def _covers_unconfirmed(channel: Channel, now: Any, grounds: coverage.Grounds) -> bool:
    live = channel.state == "live" and channel.ends_at > now
    return live and coverage.is_sound(channel, grounds)


def _cursor_first(self: Ledger, outcomes: Any, step: Any, *, unreadable: Any = ()) -> None:
    self._write(step, {key: outcome.entry for key, outcome in outcomes})
    self._tell([event.event_of(o.change, self.watch) for _, o in outcomes if o.change])


def _told_at_now(self: Ledger, found: Any, seen: Any, *, round_: int = 0) -> Any:
    now = self.clock.now()
    base = self.progress.baseline_at or now
    made = import_module("functions.domain.change").compare(
        found, seen, baseline_at=base, now=now, round_=round_
    )
    step = made.change and replace(made.change, time=now)
    return replace(made, change=step)


_COUNT = iter(range(10**9))


def _id_of_reading(*parts: str) -> str:
    return f"{next(_COUNT)}" if len(parts) > 3 else "-".join(parts)


def _deaf_to_strays(case: Case, job: Any, **more: Any) -> Case | None:
    known = case.channels.get(job.message.channel) if job.message else None
    if known is None or known.state in {"retiring", "closed"}:
        return None
    return heard(case, job, **more)


def _tells_baseline(before: Callable[..., Any]) -> Callable[..., Any]:
    def compare(self: Inventory, listing: Any, page: Any) -> Any:
        return before(self, replace(listing, mode="compare"), page)

    return compare


def _never_gone(self: Inventory, listing: Any) -> bool:
    from functions.sources.source import Page

    self._end(listing, (), Page(), self.ledger.progress.baseline_at)
    return True


def _unverified(before: Callable[..., Any]) -> Callable[..., Any]:
    def verify(self: Inventory, listing: Any) -> bool:
        class Blind:
            def __getattr__(self, name: str) -> Any:
                return getattr(reader, name)

            def get(self, key: str) -> Any:
                noun, _, item = key.partition(":")
                return reader.gone(noun, item)

        reader, self.reader = self.reader, Blind()  # type: ignore[assignment]
        try:
            return bool(before(self, listing))
        finally:
            self.reader = reader

    return verify


def _without_wait(before: Callable[..., Any]) -> Callable[..., Any]:
    def plan(watch: Any, progress: Progress, channels: Any, **more: Any) -> Any:
        return before(watch, replace(progress, open_after=None), channels, **more)

    return plan


def _unconditional(self: SimulatedStore, watch: str, decide: Any, **more: Any) -> Any:
    """Write whatever was decided on what was there some time ago."""
    read = self._case(watch, more.get("channels", ()))
    self._timeline.pause(self._draw() * 3)
    after = decide(read)
    if after is not None:
        self._write(watch, read, after, more.get("seen") or {})
    return after


def _owes_nothing(before: Callable[..., Any]) -> Callable[..., Any]:
    def keep(self: Turn, step: Any) -> Any:
        return before(self, lambda progress: step(replace(progress, marked=False)))

    return keep


def _stops_first(before: Callable[..., Any]) -> Callable[..., Any]:
    def plan(progress: Progress, channel: Channel | None, **more: Any) -> MailboxPlan:
        made: MailboxPlan = before(progress, channel, **more)
        live = channel is not None and channel.expiration is not None
        return replace(made, do=Do.STOP) if made.do is Do.WATCH and live else made

    return plan


def _from_the_announced(before: Callable[..., Any]) -> Callable[..., Any]:
    def take(*args: Any, job: Any, **more: Any) -> Any:
        taken = before(*args, job=job, **more)
        if taken is None or not job.ahead or taken.progress.cursor is None:
            return taken
        return replace(taken, progress=replace(taken.progress, cursor=job.ahead, page=None))

    return take


def _never_fails(before: Callable[..., Any]) -> Callable[..., Any]:
    def work(*args: Any) -> Any:
        try:
            return before(*args)
        except Unavailable:
            return Result(Outcome.DONE)

    return work


DAY, YEAR = timedelta(days=1), timedelta(days=365)

DEFECTS: dict[str, list[Spoilt]] = {
    "a channel is stopped before its successor is confirmed": [
        (planning, "covers", _covers_unconfirmed)
    ],
    "renewal goes by the life that was asked for": [
        (planning, "replace_at", lambda c: c.opened_at + (c.asked_until - c.opened_at) / 2)
    ],
    "the cursor is saved before its changes are told": [(Ledger, "record", _cursor_first)],
    "the mark is swallowed": [(Turn, "_keep", _owes_nothing(Turn._keep))],
    "no mark is left": _everywhere("pulling.lease", "marked", lambda *_: None),
    "a job counts as covered by any earlier pull": _everywhere(
        "sync", "_is_covered", lambda p, *_: p.began_at is not None
    ),
    "the back-off of pulls is ignored": _everywhere(
        "sync channels.decision", "is_held_back", lambda *_: False
    ),
    "the back-off of channels is ignored": _everywhere(
        "channels.decision", "plan", _without_wait(planning.plan)
    ),
    "decisions are written unconditionally": [(SimulatedStore, "change", _unconditional)],
    "more than two channels may live": [
        (planning, "MOST_LIVE", 9),
        (planning, "GIVEN_UP", "anything"),
    ],
    "a channel given up is not stopped": [
        (planning, "Stop", lambda channel, why: planning.Retire(channel=channel, why=why))
    ],
    "orphans are not adopted": _everywhere("sync", "heard", _deaf_to_strays),
    "the baseline is told": [(Inventory, "_compare", _tells_baseline(Inventory._compare))],
    "absence is never told": [(Inventory, "_verify", _never_gone)],
    "absence is told unverified": [(Inventory, "_verify", _unverified(Inventory._verify))],
    "ids are made of when it was read": _everywhere("domain.event", "stable_id", _id_of_reading),
    "each life of a watch counts from nothing": _everywhere(
        "domain.change", "_first_ordinal", lambda _: 0
    ),
    "a repetition has another time": [(Ledger, "compare_one", _told_at_now)],
    "the poll is forgotten": _everywhere(
        "pulling.turn", "next_poll", lambda w, now, _: now + 1.5 * DAY
    ),
    "due times are not kept": [
        (confirmation, "look_by", lambda progress, at: replace(progress, look_at=at))
    ],
    "a mailbox is not renewed": _everywhere("domain.mailbox", "replace_at", lambda c: c.ends_at),
    "a mailbox is watched for one watch's labels": _everywhere(
        "channels.mailbox", "union", lambda labels: tuple(min(labels))
    ),
    "a mailbox is stopped to be renewed": _everywhere(
        "channels.mailbox", "plan_mailbox", _stops_first(plan_mailbox)
    ),
    "a mailbox stays watched for nobody": _everywhere(
        "domain.mailbox", "_stop", lambda *_: MailboxPlan()
    ),
    "mail is read from where it was announced": [(lease, "take", _from_the_announced(lease.take))],
    "a history that was forgotten parks the watch": [
        (Pull, "_is_refused", lambda _, setback: isinstance(setback.trouble, CursorExpired))
    ],
    "mail is told whatever its labels": _everywhere("sources.gmail", "_concerns", lambda *_: True),
    "a handler that failed is given up at once": _everywhere(
        "handle", "_is_mendable", lambda _: False
    ),
    "a failure is noted as done": _everywhere("handle", "_work", _never_fails(handle._work)),
    "a dead letter has no body": _everywhere("handle", "pack_body", lambda _: b""),
    "who wants no more is asked again": _everywhere("handle", "_stop", lambda *_: "none"),
    "nobody is told that a receiver wants no more": _everywhere(
        "handlers.forward", "with_notice", lambda progress, *_, **__: progress
    ),
    "what is listed late is not read again": _everywhere("sources.reports", "SWEEP_EVERY", YEAR),
}


@contextmanager
def spoilt(defect: str) -> Iterator[None]:
    """Have the product work with a defect."""
    before = [(where, name, vars(where)[name]) for where, name, _ in DEFECTS[defect]]
    for where, name, value in DEFECTS[defect]:
        setattr(where, name, value)
    try:
        yield
    finally:
        for where, name, value in before:
            setattr(where, name, value)
