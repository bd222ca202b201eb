"""Syncs: keeps the books of the channel a message came on, and pulls the watch.

    job --> covered by a pull that began later? --> done, after one read
        --> somebody is pulling? --> mark, done: that one pulls again
        --> lease --> pull --> marked meanwhile? --> pull again --> release

Fails (so that the queue brings the job again) only when the store or the queue fails; what Google
refuses is written down and comes due by itself.
"""

from __future__ import annotations

from functions.channels.confirmation import heard
from functions.declared.comparison import Occasion, touched
from functions.declared.watching import declared_watch
from functions.domain.model import Job, Progress, Verdict, Watch
from functions.ports import Case, Chance, Changes, Clock, Google, Jobs, Journal, Store
from functions.pulling import lease
from functions.pulling.notices import tell_notices
from functions.pulling.turn import Syncing, Turn, wait_apart
from functions.schedule import is_held_back, is_leased
from functions.sources.table import SOURCES
from functions.terms import Terms


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
    if job.message is not None and not (
        job.message.channel in progress.known and _is_covered(progress, job, syncing)
    ):
        progress = _keep_books(progress, job, syncing)
    wanting = _wanting(progress, job, syncing)
    if wanting is None:
        return
    progress = wanting
    watch = declared_watch(store, progress.watch, short_polls=terms.short_polls)
    held_back = is_held_back(progress, clock.now())  # then there are notices to tell, no more
    if isinstance(watch, Watch) and not watch.paused and not held_back:
        _take_turn(watch, progress, job, syncing)
    else:
        tell_notices(progress, store=store, changes=changes, journal=journal)


def _progress(job: Job, syncing: Syncing) -> Progress | None:
    shortened = " " in job.watch
    progress = syncing.store.find(job.watch) if shortened else syncing.store.progress(job.watch)
    if progress is not None or shortened:
        return progress
    declared = declared_watch(syncing.store, job.watch, short_polls=syncing.terms.short_polls)
    if declared is None:
        return None
    # Declared, but not compared yet, or its progress was lost.
    occasion = Occasion(now=syncing.clock.now())

    def decide(case: Case) -> Case:
        return Case(touched(case.progress, job.watch, declared, "", occasion), {})

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


def _wanting(progress: Progress, job: Job, syncing: Syncing) -> Progress | None:
    """Give the progress if this job must pull; otherwise it is noted that somebody does."""
    if progress.removed_at is not None:
        return None
    if progress.notices:
        return progress
    if _is_covered(progress, job, syncing):
        return None
    if not _is_taken(progress, syncing):
        return progress
    return None if progress.marked else _leave_mark(progress, job, syncing)


def _is_taken(progress: Progress, syncing: Syncing) -> bool:
    """Whether somebody pulls, or will when a back-off is over."""
    now = syncing.clock.now()
    return is_leased(progress, now, syncing.terms.lease) or is_held_back(progress, now)


def _leave_mark(progress: Progress, job: Job, syncing: Syncing) -> Progress | None:
    """Leave the mark; if nobody is there any more who would see it, the job must pull itself."""
    alone: Progress | None = None

    def decide(case: Case) -> Case | None:
        nonlocal alone
        alone = None
        if case.progress is None or _is_taken(case.progress, syncing):
            return lease.marked(case, job)
        alone = case.progress
        return None

    syncing.store.change(progress.watch, decide)
    return alone


def _is_covered(progress: Progress, job: Job, syncing: Syncing) -> bool:
    """Whether a whole pull began after the job was queued, however much the clocks differ.

    One that is yet to begin was begun by a clock that jumped: it covers nothing.
    """
    began = progress.began_at
    if began is None:
        return False
    return job.queued_at + syncing.terms.clocks_differ <= began <= syncing.clock.now()


def _take_turn(watch: Watch, progress: Progress, job: Job, syncing: Syncing) -> None:
    targets = _targets(progress, job, watch)
    if not targets:
        wait_apart(progress, syncing.clock)
    started = syncing.clock.now()
    taken = lease.take(
        syncing.store,
        watch,
        syncing.chance.new_id(),
        now=syncing.clock.now,
        length=syncing.terms.lease,
        whole=not targets,
        job=job,
    )
    if taken is not None:
        if taken.progress.cursor is None:
            targets = ()  # edited meanwhile: it starts anew, and what is remembered is void
        until = started + syncing.terms.pull_budget
        Turn.begin(watch, taken, syncing, until=until).run(job, targets=targets)


def _targets(progress: Progress, job: Job, watch: Watch) -> tuple[str, ...]:
    """Name what a notification says has changed, where reading just that is enough for now."""
    if job.message is None or job.message.state == "sync":
        return ()
    if progress.cursor is None or progress.listing is not None:
        return ()
    return SOURCES[watch.source].targets(job.message)
