"""Holds what became of events against what was told: each is handled, in order, or given up.

Given up is what no repetition mends, or what has failed a hundred times: a dead letter, with its
body. A receiver that answers 410 is told of no more, and its owner of that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from functions.domain.event import Event
from functions.domain.handled import (
    MOST_ATTEMPTS,
    Handled,
    Outcome,
    outcome_key,
    stop_key,
    unpack_body,
)
from functions.domain.handler import Forward, Run, Step, read_steps
from infra.cloudevent import encode
from tests.simulation.handlers import SimulatedOutcomes
from tests.simulation.judge import Judge
from tests.simulation.store import SimulatedStore
from tests.simulation.timeline import Timeline

STOPPED = "watchkeeper.handler.stopped"


class Overseer:
    """What was told of each watch in which order, and what its handlers got of it."""

    def __init__(
        self, timeline: Timeline, store: SimulatedStore, outcomes: SimulatedOutcomes, judge: Judge
    ) -> None:
        self._timeline, self._store, self._outcomes = timeline, store, outcomes
        self._judge = judge
        self._told: dict[str, int] = {}  # events, in the order in which they were first told
        self._got: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._last: Counter[tuple[str, str]] = Counter()
        self._noticed: set[str] = set()  # watches whose owner knows that a handler has stopped
        self.figures: Counter[str] = Counter()

    def told(self, event: Event) -> None:
        """Note an event that is published."""
        self._told.setdefault(event.id, len(self._told) + 1)
        if event.type == STOPPED:
            self._noticed.add(event.watch)

    def got(self, name: str, event: str) -> None:
        """Judge what reached a receiver or a function: the first time in order."""
        run = self._timeline.running
        key = ((run.watch if run else None) or "", name)
        if event in self._got[key]:
            self.figures["handled again"] += 1
            return
        self._got[key].add(event)
        number = self._told[event]
        if number < self._last[key]:
            self._judge.fail(key[0], f"{name} got {event} out of order")
        self._last[key] = number
        self.figures["handled"] += 1

    def asked(self, url: str) -> None:
        """Judge a post: whoever said 410 is left alone, once that is written down."""
        run = self._timeline.running
        if run is None:
            return
        for step in self._steps(run.watch or ""):
            if isinstance(step.handler, Forward) and step.handler.url == url:
                stop = self._outcomes.entries.get(
                    stop_key(watch=run.watch or "", handler=step.name)
                )
                at = (stop.at - self._timeline.moment()).total_seconds() if stop else 0.0
                if stop is not None and self._timeline.now + at < run.since - 10.0:
                    self._judge.fail(run.watch or "", f"{url} wants no more, and is asked")

    def done(self, event: Event, before: Mapping[str, Any] | None) -> None:
        """Judge an event that the queue is rid of; `before` was declared as its run began."""
        if before is None or before is not self._store.documents.get(event.watch):
            return  # edited meanwhile
        for step in self._steps(event.watch):
            name = step.handler.url if isinstance(step.handler, Forward) else _function(step)
            if event.id in self._got[event.watch, name]:
                continue
            if stop_key(watch=event.watch, handler=step.name) in self._outcomes.entries:
                self.figures["left out after 410"] += 1
                continue
            self._judge_dead(event, step)

    def end(self) -> None:
        """Judge the end: the owner of a handler that has stopped was told."""
        for entry in self._outcomes.entries.values():
            account = self._judge.accounts.get(entry.watch)
            listening = account is not None and not account.stopped
            if entry.outcome is not Outcome.STOPPED or entry.watch in self._noticed:
                continue
            if listening and entry.watch in self._store.documents:
                self._judge.fail(entry.watch, "nobody was told that its handler has stopped")

    def _judge_dead(self, event: Event, step: Step) -> None:
        key = outcome_key(watch=event.watch, handler=step.name, event=event.id, replay="")
        entry = self._outcomes.entries.get(key)
        if entry is None or not _is_given_up(entry):
            self._judge.fail(event.watch, f"not handled by {step.name}: {event.id} {entry}")
        if unpack_body(entry.body) != encode(event).data:
            self._judge.fail(event.watch, f"a dead letter without its event: {entry}")
        self.figures["dead letters"] += 1

    def _steps(self, watch: str) -> list[Step]:
        document = self._store.documents.get(watch)
        return read_steps(tuple(document.get("handle") or ())) if document else []


def _is_given_up(entry: Handled) -> bool:
    reason = entry.attempts >= MOST_ATTEMPTS or "may not be called" in entry.detail
    return entry.outcome is Outcome.DEAD and reason


def _function(step: Step) -> str:
    assert isinstance(step.handler, Run)
    return step.handler.function
