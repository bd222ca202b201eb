"""The full comparison: every declared watch has its progress, every other one is on its way out.

It runs when the declarations change, a few ticks after that, and every 15 minutes; in between, work
is found by `due_at` alone. Nothing here asks Google for anything: it only makes watches due.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.declaration import identity
from functions.domain.change import fingerprint
from functions.domain.errors import Invalid
from functions.domain.model import Progress, Watch
from functions.domain.token import shorten
from functions.ports import Case, Crew, Store
from functions.schedule import look_by, pull_by, scheduled
from functions.watching import readable_watch

LONGEST_WAIT = timedelta(days=2)  # beyond the poll: no back-off is longer
KEPT = timedelta(days=30)  # what a removed watch remembered, in case it returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why everything is compared, as far as it matters."""

    now: datetime
    restart: bool = False  # the declarations changed, or the system was started anew
    grounds_changed: bool = False  # another address, or other keys, than last time


def compare_all(store: Store, occasion: Occasion, *, crew: Crew, short_polls: bool) -> int:
    """Make due whatever differs from its declaration; give how many that were."""
    known = {progress.watch: progress for progress in store.all_progress()}
    different: list[tuple[str, Watch | Invalid, str]] = []
    for name, document in store.declarations():
        declared = readable_watch(name, document, short_polls=short_polls)
        print_ = fingerprint(document)
        progress = known.pop(name, None)
        if progress is None or differs(progress, declared, print_, occasion):
            different.append((name, declared, print_))
    gone = [progress.watch for progress in known.values() if progress.removed_at is None]

    def touch(one: tuple[str, Watch | Invalid, str]) -> None:
        name, declared, print_ = one
        store.change(
            name,
            lambda case: Case(touched(case.progress, name, declared, print_, occasion), {}),
        )

    def remove(name: str) -> None:
        store.change(name, lambda case: removed(case, occasion.now))

    crew.each(touch, different)
    crew.each(remove, gone)
    return len(different) + len(gone)


def differs(progress: Progress, declared: Watch | Invalid, print_: str, occasion: Occasion) -> bool:
    """Whether the progress must be touched: cheap, so that most watches cost no write."""
    return (
        progress.declared != print_
        or progress.removed_at is not None
        or occasion.grounds_changed
        or (occasion.restart and _waits(progress))
        or _is_lost(progress, declared, occasion.now)
    )


def touched(
    progress: Progress | None, name: str, declared: Watch | Invalid, print_: str, occasion: Occasion
) -> Progress:
    """Give the progress of a declared watch, due where an edit or a restart wants it."""
    now = occasion.now
    if progress is None:
        fresh = Progress(watch=name, short=shorten(name), declared=print_)
        return pull_by(look_by(_described(fresh, declared), now), now)
    edited = progress.declared != print_
    returned = progress.removed_at is not None
    resumed = progress.paused and isinstance(declared, Watch) and not declared.paused
    after = replace(_described(progress, declared), declared=print_)
    after = replace(after, removed_at=None, delete_at=None)
    if edited or occasion.restart:
        after = without_backoff(after)
    if edited or returned or resumed or _is_lost(progress, declared, now):
        after = pull_by(after, now)
    if occasion.restart and _waits(progress) and not after.held:
        after = pull_by(after, now)
    return look_by(after, now)


def without_backoff(progress: Progress) -> Progress:
    """End every back-off but those that Google asked for."""
    if not progress.held:
        progress = replace(progress, retry_at=None, failures=0)
    if not progress.open_held:
        progress = replace(progress, open_after=None, open_failures=0)
    return progress


def _described(progress: Progress, declared: Watch | Invalid) -> Progress:
    """Note what an event or a message needs when the declaration is no longer there."""
    if isinstance(declared, Invalid):
        return progress
    same = progress.cursor is None or progress.identity == identity(declared)
    if not same:  # the next pull starts it anew
        return replace(progress, paused=declared.paused)
    return replace(
        progress, paused=declared.paused, source=declared.source, subject=declared.subject
    )


def _waits(progress: Progress) -> bool:
    return (
        progress.verdict != "ok"
        or progress.failures > 0
        or progress.open_failures > 0
        or progress.retry_at is not None
    )


def _is_lost(progress: Progress, declared: Watch | Invalid, now: datetime) -> bool:
    """Whether nothing would ever make it due: no time set, or one no poll explains."""
    if isinstance(declared, Invalid) or declared.paused:
        return False
    if progress.pull_at is None:
        return True
    return progress.pull_at > now + declared.poll + LONGEST_WAIT


def removed(case: Case, now: datetime) -> Case | None:
    """Give the case of a watch that is no longer declared: its channels are stopped at once."""
    if case.progress is None or case.progress.removed_at is not None:
        return None
    progress = replace(
        case.progress, removed_at=now, delete_at=now + KEPT, pull_at=None, marked=False
    )
    return Case(scheduled(replace(progress, look_at=now)), case.channels)
