"""The lease of a watch: one pull at a time, without a wake-up ever lost.

Taking it makes the watch due at its end, so that a crash costs one lease and no more. Who meets a
lease leaves a mark; who holds it pulls again as long as there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from functions.declared.declaration import identity
from functions.domain.hearing import hear
from functions.domain.model import Job, Progress, Watch
from functions.ports import Case, Store
from functions.schedule import is_leased, scheduled

LeaseStep = Callable[[Progress], Progress]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease that was taken: its name, and the progress as it then was."""

    name: str
    progress: Progress
    pull_at: datetime | None = field(default=None)  # when the watch was due before


def take(
    store: Store,
    watch: Watch,
    name: str,
    *,
    now: Callable[[], datetime],
    length: timedelta,
    whole: bool,
    job: Job,
) -> Lease | None:
    """Take the lease; None if somebody has it, who then finds the mark.

    Args:
        store: where it is.
        watch: whose it is; an edited one starts anew.
        name: a new name for it.
        now: the clock.
        length: when it ends by itself.
        whole: whether everything will be read, so that earlier jobs are done with it.
        job: what it is taken for.
    """
    pull_at: datetime | None = None

    def decide(case: Case) -> Case | None:
        nonlocal pull_at
        progress, time = case.progress, now()
        if progress is None or progress.removed_at is not None:
            return None
        if is_leased(progress, time, length):
            return marked(case, job)
        pull_at = progress.pull_at
        if progress.identity != identity(watch):
            progress = _anew(progress, watch)
        begins = whole and progress.listing is None and progress.page is None
        progress = replace(
            hear(progress, job),
            lease=name,
            lease_until=time + length,
            pull_at=time + length,
            marked=progress.marked and not begins,  # amid a list it may be about what was read
            began_at=time if begins else progress.began_at,
            found_at=progress.found_at or time,
        )
        return Case(scheduled(progress), {})

    case = store.change(watch.id, decide)
    if case is None or case.progress is None or case.progress.lease != name:
        return None
    return Lease(name=name, progress=case.progress, pull_at=pull_at)


def marked(case: Case, job: Job) -> Case | None:
    """Leave the mark that makes whoever pulls now, or next, pull once more."""
    progress = case.progress
    if progress is None or progress.marked:
        return None
    return Case(replace(hear(progress, job), marked=True), {})


def _anew(progress: Progress, watch: Watch) -> Progress:
    """An edited watch starts anew under its old id: what was read of the other is void."""
    return replace(
        progress,
        identity=identity(watch),
        source=watch.source,
        subject=watch.subject,
        cursor=None,
        page=None,
        listing=None,
        baseline_at=None,
        pulled_at=None,
        found_at=None,
        swept_at=None,
        resynced_at=None,
        resyncs=0,
        remembered=0,
    )
