"""Finds the handlers that changes wait for, and those that gave changes up, by their outcomes.

Outcomes of a handler that is declared no longer, or was edited since, are nobody's concern.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.domain.handled import Handled, Outcome
from functions.domain.handler import Step, read_steps
from functions.domain.model import Watch
from functions.domain.roster import split_name
from functions.ports import Outcomes

MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhandled:
    """A handler of a watch that could not deal with changes."""

    watch: str
    handler: str
    waiting: int  # changes that are to be tried again
    given_up: int
    at: datetime  # of the last try
    attempts: int  # of the change that was tried most often
    error: str


def unhandled(outcomes: Outcomes, watches: Mapping[str, Watch]) -> list[Unhandled]:
    """Give them, by watch and handler; nothing is read where no watch has handlers."""
    steps = steps_of(watches.values())
    if not steps:
        return []
    known = {(name, step.name) for name, step in steps}
    found: defaultdict[tuple[str, str], list[Handled]] = defaultdict(list)
    for one in (*outcomes.failing(limit=MOST), *outcomes.dead(watch=None, limit=MOST)):
        if (split_name(one.watch)[0], one.handler) in known:
            found[one.watch, one.handler].append(one)
    return [_summed(found[key]) for key in sorted(found)]


def steps_of(watches: Iterable[Watch]) -> list[tuple[str, Step]]:
    """Give the declared handlers, each with the declaration it is of."""
    return [(watch.id, step) for watch in watches for step in read_steps(watch.handle)]


def _summed(entries: list[Handled]) -> Unhandled:
    last = max(entries, key=lambda one: one.at)
    waiting = sum(one.outcome is Outcome.FAILED for one in entries)
    return Unhandled(
        watch=last.watch,
        handler=last.handler,
        waiting=waiting,
        given_up=len(entries) - waiting,
        at=last.at,
        attempts=max(one.attempts for one in entries),
        error=last.detail,
    )
