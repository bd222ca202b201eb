"""Tells the troubles of a watch that its owner must know, and only then forgets them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from functions.domain.model import Progress
from functions.ports import Case, Changes, Journal, Store
from functions.schedule import scheduled
from functions.verdict import told_of


def tell_notices(
    progress: Progress,
    *,
    store: Store,
    changes: Changes,
    journal: Journal,
    pull_at: datetime | None = None,
) -> None:
    """Tell what waits to be told.

    Until then the watch is due, so that it is told even if this run dies; `pull_at` is when the
    watch is to be pulled after that.
    """
    if not progress.notices:
        return
    if events := told_of(progress):
        changes.tell(events)

    def decide(case: Case) -> Case | None:
        if case.progress is None:
            return None
        rest = tuple(n for n in case.progress.notices if n not in progress.notices)
        after = replace(case.progress, notices=rest)
        if pull_at is not None and after.pull_at == progress.pull_at:
            after = replace(after, pull_at=pull_at)
        return Case(scheduled(after), {})

    store.change(progress.watch, decide)
    for notice in progress.notices:
        journal.note("notice told", watch=progress.watch, kind=notice.get("kind"))
