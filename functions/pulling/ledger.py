"""The ledger of a pull: compares what is found, tells what changed, and only then saves.

Whatever it writes, it writes on the condition that the lease is still ours. If the process dies
between telling and saving, the same is found, and told with the same ids and times, once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from functions.domain import change as changing
from functions.domain.change import Found, Outcome, Seen
from functions.domain.event import Event, event_of
from functions.domain.model import Progress, Watch
from functions.ports import Case, Changes, Clock, Journal, Store

Step = Callable[[Progress], Progress]
Outcomes = Sequence[tuple[str, Outcome]]


class LeaseLost(Exception):
    """Another run has taken over; whatever this one would still do, that one does."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What a pull knows of its watch, and what it has told."""

    watch: Watch
    progress: Progress
    lease: str
    store: Store
    changes: Changes
    clock: Clock
    journal: Journal
    found: int = 0
    told: int = 0
    unreadable: int = 0

    def compare(self, found: Sequence[Found], *, round_: int = 0) -> Outcomes:
        """Compare what was found with what was told of it."""
        known = self.store.recall(self.watch.id, [one.key for one in found])
        seen = dict(known)
        outcomes: list[tuple[str, Outcome]] = []
        for one in found:
            outcome = self.compare_one(one, seen.get(one.key), round_=round_)
            if outcome.before is not None and seen.get(one.key) != known.get(one.key):
                # What these have before it is not told when its step is stored.
                kept = known.get(one.key, changing.NOTHING)
                outcome = replace(outcome, before=replace(kept, step=outcome.before.step))
            seen[one.key] = outcome.entry
            outcomes.append((one.key, outcome))
        return outcomes

    def known_or_there(self, found: Sequence[Found]) -> Sequence[Found]:
        """Leave out what is gone and was never told: no comparison of lists would tell of it."""
        seen = self.store.recall(self.watch.id, [one.key for one in found])
        return [
            one
            for one in found
            if one.state is not changing.State.GONE or (one.key in seen and seen[one.key].is_told)
        ]

    def compare_one(self, found: Found, seen: Seen | None, *, round_: int = 0) -> Outcome:
        """Compare one item with what was told of it."""
        now = self.progress.found_at or self.clock.now()
        baseline_at = self.progress.baseline_at or now
        return changing.compare(found, seen, baseline_at=baseline_at, now=now, round_=round_)

    def record(self, outcomes: Outcomes, step: Step, *, unreadable: Sequence[str] = ()) -> None:
        """Tell what changed, then save what was told together with `step`."""
        self.found += len(outcomes) + len(unreadable)
        before = {key: outcome.before for key, outcome in outcomes if outcome.before}
        if before:
            self._write(lambda p: p, before)
        self._bury(unreadable)
        self._tell([event_of(o.change, self.watch) for _, o in outcomes if o.change])
        now = self.clock.now()
        new = sum(1 for _, outcome in outcomes if outcome.change and not outcome.change.seen_before)

        def saved(progress: Progress) -> Progress:
            remembered = progress.remembered + new
            return replace(step(progress), found_at=now, remembered=remembered)

        self._write(saved, {key: outcome.entry for key, outcome in outcomes})

    def save(self, step: Step) -> None:
        """Save a step of which there is nothing to tell."""
        self._write(step, {})

    def drop(self, keys: Sequence[str], *, left: int) -> None:
        """Forget these items."""
        self._write(lambda p: replace(p, remembered=left), dict.fromkeys(keys))

    def _bury(self, unreadable: Sequence[str]) -> None:
        for text in unreadable:
            self.unreadable += 1
            self.store.bury(self.watch.id, item="", error=text, now=self.clock.now())
            self.journal.warn("entry unreadable", watch=self.watch.id, reason=text)

    def _tell(self, events: Sequence[Event]) -> None:
        if not events:
            return
        self.changes.tell(events)
        self.told += len(events)
        now = self.clock.now()
        self.journal.note(
            "changes told",
            watch=self.watch.id,
            told=len(events),
            event=events[0].id,
            lag_seconds=round(max(_lag(event, now) for event in events), 3),
        )

    def _write(self, step: Step, seen: Mapping[str, Seen | None]) -> None:
        def decide(case: Case) -> Case | None:
            if case.progress is None or case.progress.lease != self.lease:
                return None
            return Case(step(case.progress), {})

        after = self.store.change(self.watch.id, decide, seen=seen)
        if after is None or after.progress is None:
            raise LeaseLost
        self.progress = after.progress


def _lag(event: Event, now: datetime) -> float:
    return (now - event.time).total_seconds()
