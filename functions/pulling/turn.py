"""One turn at a watch: pulls under its lease until nothing is owed, and leaves it due or done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.domain import errors
from functions.domain.advice import advice
from functions.domain.model import Job, Progress, Watch
from functions.ports import Case, Chance, Changes, Clock, Google, Jobs, Journal, Store
from functions.pulling.lease import Lease
from functions.pulling.ledger import LeaseLost, Ledger
from functions.pulling.notices import tell_notices
from functions.pulling.outcome import ended, read_well, set_back
from functions.pulling.pull import Pull
from functions.pulling.reader import Reader, Setback
from functions.schedule import next_poll, pull_by, released, scheduled
from functions.sources.table import SOURCES
from functions.terms import Terms

APART = timedelta(seconds=1)  # pulls of one watch begin at least so far apart: a burst gathers
REPEAT_AFTER = timedelta(seconds=2)  # Google may list a change seconds after it told of it
REPEAT_EVERY = timedelta(minutes=1)
PASSES = 5  # pulls under one lease before others get their turn

Step = Callable[[Progress], Progress]


@dataclass(frozen=True, slots=True, kw_only=True)
class Syncing:
    """What syncing may touch."""

    store: Store
    google: Google
    jobs: Jobs
    changes: Changes
    clock: Clock
    chance: Chance
    journal: Journal
    terms: Terms


@dataclass(slots=True, kw_only=True)
class Turn:
    """A turn under way."""

    watch: Watch
    lease: Lease
    syncing: Syncing
    pull: Pull

    @classmethod
    def begin(cls, watch: Watch, lease: Lease, syncing: Syncing, *, until: datetime) -> Turn:
        """Put together what a turn needs; it works until then, the rest is for another."""
        reader = Reader(watch=watch, source=SOURCES[watch.source], google=syncing.google)
        ledger = Ledger(
            watch=watch,
            progress=lease.progress,
            lease=lease.name,
            store=syncing.store,
            changes=syncing.changes,
            clock=syncing.clock,
            journal=syncing.journal,
        )
        return cls(
            watch=watch,
            lease=lease,
            syncing=syncing,
            pull=Pull(reader=reader, ledger=ledger, until=until),
        )

    def run(self, job: Job, *, targets: Sequence[str]) -> None:
        """Pull; whatever Google refuses is written down.

        Raises:
            Unavailable, Conflict: store or queue failed; the job must come again.
        """
        try:
            self._tell_notices(self.pull.ledger.progress)
            if targets:
                self.pull.read_items(targets)
                self._end_targeted()
            else:
                self._pull(job)
        except LeaseLost:
            self.syncing.journal.note("lease lost", watch=self.watch.id)
        except Setback as setback:
            self._write_down(setback.trouble)
        except (errors.Unavailable, errors.Conflict):
            self._let_go()
            raise
        except Exception as error:  # noqa: BLE001 - a fault in one watch must not slow the others
            trouble = errors.Unavailable(f"internal error: {type(error).__name__}: {error}")
            self.syncing.journal.warn("internal error", watch=self.watch.id, reason=trouble.text)
            self._write_down(trouble)

    def _pull(self, job: Job) -> None:
        """Pull, and again for what came meanwhile or was not listed yet."""
        told_of_change = job.message is not None and job.message.state != "sync"
        ahead = int(job.ahead) if job.ahead.isdecimal() else 0
        repeated = False
        for _ in range(PASSES):
            ledger = self.pull.ledger
            found, fresh = ledger.found, ledger.progress.cursor is None
            if not self.pull.run():
                self._hand_on()
                return
            empty = told_of_change and ledger.found == found and not fresh
            behind = self._is_behind(ahead) and not fresh
            if repeated and (empty or behind):
                self._finish(again_at_next_tick=True)
                return
            repeated = behind or (empty and self._may_repeat())
            if repeated:
                self.syncing.clock.sleep(REPEAT_AFTER)
            elif self._finish():
                return
            else:
                told_of_change = True  # whoever left the mark may have been told of one
                self._wait_apart()
            self._begin_again(repeated=repeated)
        self._hand_on()

    def _may_repeat(self) -> bool:
        last = self.pull.ledger.progress.repeated_at
        return last is None or not last <= self.syncing.clock.now() < last + REPEAT_EVERY

    def _is_behind(self, ahead: int) -> bool:
        """Whether Gmail has pushed a history id that its own list does not reach yet."""
        cursor = self.pull.ledger.progress.cursor or ""
        return cursor.isdecimal() and int(cursor) < ahead

    def _wait_apart(self) -> None:
        wait_apart(self.pull.ledger.progress, self.syncing.clock)

    def _begin_again(self, *, repeated: bool) -> None:
        """Begin another pass: what was marked before it began is covered by it."""
        now = self.syncing.clock.now()
        self.pull.begin_again()

        def again(progress: Progress) -> Progress:
            until = now + self.syncing.terms.lease
            return replace(
                progress,
                marked=False,
                began_at=now,
                found_at=now,
                lease_until=until,
                pull_at=until,
                repeated_at=now if repeated else progress.repeated_at,
            )

        self._keep(again)

    def _finish(self, *, again_at_next_tick: bool = False) -> bool:
        """End the pull and give the lease back; False if it was marked, and another is owed."""
        now = self.syncing.clock.now()
        spread = self.syncing.chance.fraction()
        due = now if again_at_next_tick else next_poll(self.watch, now, spread)
        fresh = self.lease.progress.cursor is None
        owed = False

        def well(progress: Progress) -> Progress:
            nonlocal owed
            owed = progress.marked and not again_at_next_tick
            after = read_well(progress, now=now, pull_at=due, fresh=fresh)
            return progress if owed else ended(after, now)

        after = self._keep(well)
        if owed:
            return False
        self._tell_notices(after, pull_at=due)
        ledger = self.pull.ledger
        self.syncing.journal.note(
            "pulled",
            watch=self.watch.id,
            found=ledger.found,
            told=ledger.told,
            unreadable=ledger.unreadable,
        )
        return True

    def _end_targeted(self) -> None:
        """Give the lease back after a targeted read: the watch is due when it was before."""
        now = self.syncing.clock.now()

        def end(progress: Progress) -> Progress:
            due = now if progress.marked else self.lease.pull_at
            return released(replace(progress, pull_at=due, found_at=None))

        self._keep(end)
        self.syncing.journal.note("items read", watch=self.watch.id, told=self.pull.ledger.told)

    def _hand_on(self) -> None:
        """Give the lease back before all is read: the rest is a job of its own."""
        now = self.syncing.clock.now()
        after = self._keep(lambda p: released(replace(p, pull_at=now)))
        job = Job(watch=after.short, queued_at=now, reason="continued")
        self.syncing.jobs.put(job)
        self.syncing.journal.note(
            "pull continues", watch=self.watch.id, found=self.pull.ledger.found
        )

    def _write_down(self, trouble: errors.Trouble) -> None:
        """Store what was in the way and when to try again: the job is done with that."""
        now = self.syncing.clock.now()
        spread = self.syncing.chance.fraction()
        sure = self.pull.reader.source.profile.one_item  # it was asked for twice already
        due: datetime | None = None

        def step(progress: Progress) -> Progress:
            nonlocal due
            after = set_back(progress, trouble, now=now, spread=spread, sure=sure)
            due = after.pull_at
            return ended(after, now)

        try:
            after = self._keep(step)
        except LeaseLost:
            return
        self._tell_notices(after, pull_at=due)
        self.syncing.journal.warn(
            "pull failed",
            watch=self.watch.id,
            verdict=str(after.verdict),
            failures=after.failures,
            trouble=type(trouble).__name__,
            reason=trouble.text,
            **({"next_step": advice(after)} if after.verdict.parks else {}),
        )

    def _let_go(self) -> None:
        """Store or queue failed: give the lease back if that can be done, for the job to return."""
        now = self.syncing.clock.now()
        try:
            self._keep(lambda p: released(pull_by(p, now)))
        except (errors.Trouble, LeaseLost):
            self.syncing.journal.note("lease left to expire", watch=self.watch.id)

    def _keep(self, step: Step) -> Progress:
        """Write the progress if the lease is still ours."""

        def decide(case: Case) -> Case | None:
            if case.progress is None or case.progress.lease != self.lease.name:
                return None
            return Case(scheduled(step(case.progress)), {})

        case = self.syncing.store.change(self.watch.id, decide)
        if case is None or case.progress is None:
            raise LeaseLost
        self.pull.ledger.progress = case.progress
        return case.progress

    def _tell_notices(self, progress: Progress, *, pull_at: datetime | None = None) -> None:
        tell_notices(
            progress,
            store=self.syncing.store,
            changes=self.syncing.changes,
            journal=self.syncing.journal,
            pull_at=pull_at,
        )


def wait_apart(progress: Progress, clock: Clock) -> None:
    """Wait until the last pull of the watch began long enough ago."""
    if progress.began_at is not None:
        left = progress.began_at + APART - clock.now()
        if timedelta(0) < left <= APART:
            clock.sleep(left)
