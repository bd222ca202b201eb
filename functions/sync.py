"""Syncs: keeps the books of the channel a message came on, and pulls the watch.

    job --> covered by a pull that began later? --> done, after one read
        --> somebody is pulling? --> mark, done: that one pulls again
        --> lease --> pull --> marked meanwhile? --> pull again --> release

Fails (so that the queue brings the job again) only when the store or the queue fails; what Google
refuses is written down and comes due by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.comparison import Occasion, touched
from functions.confirmation import heard
from functions.declaration import identity
from functions.domain import backoff, errors
from functions.domain.change import fingerprint
from functions.domain.model import Job, Progress, Verdict, Watch
from functions.ports import Case, Chance, Changes, Clock, Google, Jobs, Journal, Store
from functions.pull import LeaseLost, Pull, Setback
from functions.schedule import (
    is_held_back,
    is_leased,
    look_by,
    next_poll,
    pull_by,
    released,
    scheduled,
)
from functions.sources.table import SOURCES
from functions.terms import Terms
from functions.verdict import pass_verdict, told_of
from functions.watching import declared_watch, readable_watch

APART = timedelta(seconds=1)  # pulls of one watch begin at least so far apart: a burst gathers
REPEAT_AFTER = timedelta(seconds=2)  # Google may list a change seconds after it told of it
REPEAT_EVERY = timedelta(minutes=1)
PASSES = 5  # pulls under one lease before others get their turn


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


def sync(  # noqa: PLR0913 - its arguments are all it may touch
    job: Job,
    *,
    store: Store,
    google: Google,
    jobs: Jobs,
    changes: Changes,
    clock: Clock,
    chance: Chance,
    journal: Journal,
    terms: Terms,
) -> None:
    """Do what a job wants: afterwards its watch is read at least as far as when it was queued.

    Raises:
        Unavailable, Conflict: store or queue failed; the job must come again.
    """
    syncing = Syncing(
        store=store,
        google=google,
        jobs=jobs,
        changes=changes,
        clock=clock,
        chance=chance,
        journal=journal,
        terms=terms,
    )
    progress = _progress(job, syncing)
    if progress is None:
        journal.note("not declared", watch=job.watch)
        return
    if job.message is not None and job.message.channel not in progress.known:
        progress = _keep_books(progress, job, syncing)
    if not _wants_pull(progress, job, syncing):
        return
    watch = declared_watch(store, progress.watch, short_polls=terms.short_polls)
    if isinstance(watch, Watch) and not watch.paused:
        _wait_apart(progress, syncing)
        _pull(watch, job, syncing)
    else:
        _tell_notices(progress, syncing)


def _progress(job: Job, syncing: Syncing) -> Progress | None:
    shortened = " " in job.watch
    progress = syncing.store.find(job.watch) if shortened else syncing.store.progress(job.watch)
    if progress is not None or shortened:
        return progress
    document = syncing.store.declaration(job.watch)
    if document is None:
        return None
    # Declared, but not compared yet, or its progress was lost.
    declared = readable_watch(job.watch, document, short_polls=syncing.terms.short_polls)
    occasion = Occasion(now=syncing.clock.now())
    print_ = fingerprint(document)

    def decide(case: Case) -> Case:
        return Case(touched(case.progress, job.watch, declared, print_, occasion), {})

    case = syncing.store.change(job.watch, decide)
    return case.progress if case else None


def _keep_books(progress: Progress, job: Job, syncing: Syncing) -> Progress:
    if job.message is None:
        return progress
    counting = (
        progress.verdict is Verdict.OK and progress.removed_at is None and not progress.paused
    )

    def decide(case: Case) -> Case | None:
        return heard(
            case,
            job,
            now=syncing.clock.now(),
            address=syncing.terms.address,
            counting=counting,
        )

    case = syncing.store.change(progress.watch, decide, channels=(job.message.channel,))
    if case is None or case.progress is None:
        return progress
    for channel in case.channels.values():
        syncing.journal.note(
            "channel heard", watch=progress.watch, channel=channel.id, state=str(channel.state)
        )
    return case.progress


def _wants_pull(progress: Progress, job: Job, syncing: Syncing) -> bool:
    """Whether this job must pull; otherwise it is noted that somebody does."""
    now = syncing.clock.now()
    if progress.removed_at is not None:
        return False
    if progress.notices:
        return True
    if progress.began_at is not None and progress.began_at >= job.queued_at + APART:
        return False  # a whole pull began after it: clocks may differ by less than a second
    if is_leased(progress, now, syncing.terms.lease) or is_held_back(progress, now):
        if not progress.marked:
            syncing.store.change(progress.watch, marked)
        return False
    return True


def marked(case: Case) -> Case | None:
    """Leave the mark that makes whoever pulls now, or next, pull once more."""
    progress = case.progress
    if progress is None or progress.marked:
        return None
    return Case(replace(progress, marked=True), {})


def _wait_apart(progress: Progress, syncing: Syncing) -> None:
    if progress.began_at is not None:
        left = progress.began_at + APART - syncing.clock.now()
        if timedelta(0) < left <= APART:
            syncing.clock.sleep(left)


def _pull(watch: Watch, job: Job, syncing: Syncing) -> None:
    started = syncing.clock.now()
    progress = _take_lease(watch, syncing)
    if progress is None or progress.lease is None:
        return
    pull = Pull(
        watch=watch,
        source=SOURCES[watch.source],
        progress=progress,
        lease=progress.lease,
        store=syncing.store,
        google=syncing.google,
        changes=syncing.changes,
        clock=syncing.clock,
        journal=syncing.journal,
    )
    try:
        _tell_notices(progress, syncing)
        _pull_through(pull, job, syncing, until=started + syncing.terms.pull_budget)
    except LeaseLost:
        syncing.journal.note("lease lost", watch=watch.id)
    except Setback as setback:
        _write_down(pull, setback.trouble, syncing)
    except (errors.Unavailable, errors.Conflict):
        _let_go(pull, syncing)
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours in one watch must not slow the others
        trouble = errors.Unavailable(f"internal error: {type(error).__name__}: {error}")
        syncing.journal.warn("internal error", watch=watch.id, reason=trouble.text)
        _write_down(pull, trouble, syncing)


def _take_lease(watch: Watch, syncing: Syncing) -> Progress | None:
    """Take the lease; None if somebody has it, who then finds the mark."""
    lease = syncing.chance.new_id()
    print_ = identity(watch)

    def decide(case: Case) -> Case | None:
        now = syncing.clock.now()
        progress = case.progress
        if progress is None or progress.removed_at is not None:
            return None
        if is_leased(progress, now, syncing.terms.lease):
            return marked(case)
        if progress.identity != print_:
            progress = _anew(progress, watch, print_)
        until = now + syncing.terms.lease
        progress = replace(
            progress,
            lease=lease,
            lease_until=until,
            pull_at=until,  # a crash costs one lease, never a wake-up
            marked=False,
            began_at=progress.began_at if progress.listing else now,
        )
        return Case(scheduled(progress), {})

    case = syncing.store.change(watch.id, decide)
    if case is None or case.progress is None or case.progress.lease != lease:
        return None
    return case.progress


def _anew(progress: Progress, watch: Watch, print_: str) -> Progress:
    """An edited watch starts anew under its old id: what was read of the other is void."""
    return replace(
        progress,
        identity=print_,
        source=watch.source,
        subject=watch.subject,
        cursor=None,
        page=None,
        listing=None,
        baseline_at=None,
        pulled_at=None,
    )


def _pull_through(pull: Pull, job: Job, syncing: Syncing, *, until: datetime) -> None:
    """Pull, and again for what came meanwhile or was not listed yet."""
    told_of_change = job.message is not None and job.message.state != "sync"
    repeat = False
    for _ in range(PASSES):
        found = pull.found
        fresh = pull.progress.cursor is None
        if not pull.run(until):
            _hand_on(pull, syncing)
            return
        empty = told_of_change and pull.found == found and not fresh
        if repeat and empty:
            _finish(pull, syncing, again_at_next_tick=True)
            return
        repeat = empty and _may_repeat(pull, syncing)
        if repeat:
            syncing.clock.sleep(REPEAT_AFTER)
            _begin_again(pull, syncing, repeated=True)
        elif not _finish(pull, syncing):
            _wait_apart(pull.progress, syncing)
            _begin_again(pull, syncing)
        else:
            return
    _hand_on(pull, syncing)


def _may_repeat(pull: Pull, syncing: Syncing) -> bool:
    last = pull.progress.repeated_at
    return last is None or not last <= syncing.clock.now() < last + REPEAT_EVERY


def _begin_again(pull: Pull, syncing: Syncing, *, repeated: bool = False) -> None:
    """Begin another pass: what was marked before it began is covered by it."""
    now = syncing.clock.now()
    pull.began = None

    def again(progress: Progress) -> Progress:
        until = now + syncing.terms.lease
        return replace(
            progress,
            marked=False,
            began_at=now,
            lease_until=until,
            pull_at=until,
            repeated_at=now if repeated else progress.repeated_at,
        )

    pull.progress = _keep(pull, syncing, again)


def _finish(pull: Pull, syncing: Syncing, *, again_at_next_tick: bool = False) -> bool:
    """End the pull and give the lease back; False if it was marked, and another is owed."""
    now = syncing.clock.now()
    spread = syncing.chance.fraction()
    due = now if again_at_next_tick else next_poll(pull.watch, now, spread)
    owed = False

    def well(progress: Progress) -> Progress:
        nonlocal owed
        owed = progress.marked and not again_at_next_tick
        if owed:
            return progress
        parked = progress.verdict.parks
        verdict = Verdict.OK if parked else progress.verdict
        reason = "" if verdict is Verdict.OK else progress.reason
        after = pass_verdict(progress, verdict, reason, now=now)
        after = replace(after, failures=0, held=False, pull_at=due)
        # A cursor is there now, or access is: it may want a channel.
        if parked or progress.look_at is None:
            after = look_by(after, now)
        return _ended(after, now)

    pull.progress = _keep(pull, syncing, well)
    if owed:
        return False
    _tell_notices(pull.progress, syncing, pull_at=due)
    syncing.journal.note(
        "pulled", watch=pull.watch.id, found=pull.found, told=pull.told, lost=pull.unreadable
    )
    return True


def _hand_on(pull: Pull, syncing: Syncing) -> None:
    """Give the lease back before all is read: the rest is a job of its own."""
    now = syncing.clock.now()
    _keep(pull, syncing, lambda p: released(replace(p, pull_at=now)))
    job = Job(watch=pull.progress.short, queued_at=now, reason="continued")
    syncing.jobs.put(job)
    syncing.journal.note("pull continues", watch=pull.watch.id, found=pull.found)


def _write_down(pull: Pull, trouble: errors.Trouble, syncing: Syncing) -> None:
    """Store what was in the way and when to try again: the job is done with that."""
    now = syncing.clock.now()
    spread = syncing.chance.fraction()
    one_item = pull.source.profile.one_item  # asked twice already
    due: datetime | None = None

    def step(progress: Progress) -> Progress:
        nonlocal due
        after = set_back(progress, trouble, now=now, spread=spread, sure=one_item)
        due = after.pull_at
        return _ended(after, now)

    try:
        after = _keep(pull, syncing, step)
        _tell_notices(after, syncing, pull_at=due)
    except LeaseLost:
        return
    syncing.journal.warn(
        "pull failed",
        watch=pull.watch.id,
        verdict=str(after.verdict),
        failures=after.failures,
        trouble=type(trouble).__name__,
        reason=trouble.text,
    )


def set_back(
    progress: Progress,
    trouble: errors.Trouble,
    *,
    now: datetime,
    spread: float,
    sure: bool = False,
) -> Progress:
    """Give the progress after a pull that Google refused or failed.

    A container may be missing for a moment: its 404 counts the second time in a row, unless the
    pull is `sure`.
    """
    failures = progress.failures + 1
    after = replace(progress, failures=failures, reason=trouble.text, held=False)
    if isinstance(trouble, errors.Refused):
        lasts = failures > 1 or progress.verdict.parks
        if sure or lasts or trouble.verdict is not Verdict.NOT_FOUND:
            retry_at = now + backoff.parked_delay(trouble.verdict, failures, spread)
            after = pass_verdict(after, trouble.verdict, trouble.text, now=now, retry_at=retry_at)
            return look_by(replace(after, pull_at=retry_at), now)
    wait = backoff.pull_delay(failures, spread)
    if isinstance(trouble, errors.Unavailable):
        if isinstance(trouble, errors.RateLimited):
            wait = backoff.rate_delay(failures, spread)
        wait = max(wait, trouble.delay or timedelta(0))
        after = replace(after, held=trouble.asked)
    return replace(after, retry_at=now + wait, pull_at=now + wait)


def _let_go(pull: Pull, syncing: Syncing) -> None:
    """Store or queue failed: give the lease back if that can be done, for the job to return."""
    try:
        _keep(pull, syncing, lambda p: released(pull_by(p, syncing.clock.now())))
    except (errors.Trouble, LeaseLost):
        syncing.journal.note("lease left to expire", watch=pull.watch.id)


def _keep(pull: Pull, syncing: Syncing, step: Callable[[Progress], Progress]) -> Progress:
    """Write the progress if the lease is ours."""

    def decide(case: Case) -> Case | None:
        if case.progress is None or case.progress.lease != pull.lease:
            return None
        return Case(scheduled(step(case.progress)), {})

    case = syncing.store.change(pull.watch.id, decide)
    if case is None or case.progress is None:
        raise LeaseLost
    return case.progress


def _tell_notices(progress: Progress, syncing: Syncing, *, pull_at: datetime | None = None) -> None:
    """Tell the troubles that wait to be told, and only then forget them.

    Until then the watch is due, so that they are told even if this run dies; `pull_at` is when it
    is to be pulled after that.
    """
    if not progress.notices:
        return
    syncing.changes.tell(told_of(progress))

    def decide(case: Case) -> Case | None:
        if case.progress is None:
            return None
        rest = tuple(n for n in case.progress.notices if n not in progress.notices)
        after = replace(case.progress, notices=rest)
        if pull_at is not None and after.pull_at == progress.pull_at:
            after = replace(after, pull_at=pull_at)
        return Case(scheduled(after), {})

    syncing.store.change(progress.watch, decide)
    for notice in progress.notices:
        syncing.journal.note("notice told", watch=progress.watch, kind=notice["kind"])


def _ended(progress: Progress, now: datetime) -> Progress:
    """Give the lease back; with notices to tell, the watch stays due."""
    if progress.notices:
        progress = replace(progress, pull_at=now)
    return released(progress)
