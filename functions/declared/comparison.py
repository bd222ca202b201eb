"""The full comparison: every declared watch has its progress, every other one is on its way out.

It runs when the declarations change, a few ticks after that, and every 15 minutes; in between, work
is found by `due_at` alone. Nothing is opened or read here: it only makes watches due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from functions.declared.declaration import identity
from functions.declared.moved import looked_at, moved_from
from functions.declared.roster import Roster
from functions.declared.standing import Standing, standing_of
from functions.declared.watching import readable_watch
from functions.domain.change import fingerprint
from functions.domain.errors import Invalid
from functions.domain.mailbox import PREFIX
from functions.domain.model import Progress, Watch
from functions.domain.roster import is_domain, member_name, member_of, split_name
from functions.domain.token import shorten
from functions.ports import Case, Crew, Decide, Store
from functions.schedule import look_by, pull_by, scheduled

LONGEST_WAIT = timedelta(days=2)  # beyond the poll: no back-off is longer
KEPT = timedelta(days=30)  # what a removed watch remembered, in case it returns
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why everything is compared, as far as it matters."""

    now: datetime
    restarted_at: datetime | None = None  # the declarations changed, or we were started anew
    grounds_at: datetime | None = None  # another address, or other keys, than before

    @property
    def since(self) -> datetime | None:
        """The later of the two: whatever is touched for it has had both."""
        return max(filter(None, (self.restarted_at, self.grounds_at)), default=None)

    def restarts(self, progress: Progress) -> bool:
        """Whether the watch has not been touched since the restart."""
        return _is_behind(progress, self.restarted_at)

    def changes(self, progress: Progress) -> bool:
        """Whether the watch has not been touched since the restart or the change of grounds."""
        return _is_behind(progress, self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One watch that is to be there; `print` is the fingerprint of what declares it."""

    name: str
    declared: Watch | Invalid
    print: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a comparison found: how many watches it made due or left, and how all of them stand."""

    due: int
    left: int  # differ, but time was up
    standing: Standing


def compare_all(
    store: Store,
    occasion: Occasion,
    *,
    roster: Roster,
    crew: Crew,
    short_polls: bool,
    in_time: Callable[[], bool],
) -> Comparison:
    """Make due whatever differs from its declaration, as long as there is time.

    A watch that was touched differs no more, so what is left is found again next time. Removals and
    edits come first: with a restart each minute, nobody would ever get to those behind the others.
    """
    known = {progress.watch: progress for progress in store.all_progress()}
    # A mailbox is no watch.
    mailboxes = [known.pop(name) for name in list(known) if name.startswith(PREFIX)]
    different: list[tuple[tuple[bool, datetime], Wanted]] = []
    pairs: list[tuple[Watch | Invalid, Progress | None]] = []
    for wanted in _wanted(store, known, roster, short_polls=short_polls):
        progress = known.pop(wanted.name, None)
        pairs.append((wanted.declared, progress))
        if progress is None or differs(progress, wanted.declared, wanted.print, occasion):
            different.append((_turn(progress, wanted.print), wanted))
    gone = [progress.watch for progress in known.values() if progress.removed_at is None]
    moved = moved_from(mailboxes, (declared for declared, _ in pairs))

    left: list[str] = []

    def change(name: str, decide: Decide) -> None:
        if in_time():
            store.change(name, decide)
        else:
            left.append(name)

    def touch(one: Wanted) -> None:
        change(
            one.name,
            lambda case: Case(
                touched(case.progress, one.name, one.declared, one.print, occasion), {}
            ),
        )

    crew.each(lambda name: change(name, lambda case: removed(case, occasion.now)), gone)
    crew.each(lambda name: change(name, lambda case: looked_at(case, occasion.now)), moved)
    crew.each(touch, [wanted for _, wanted in sorted(different, key=lambda one: one[0])])
    return Comparison(
        due=len(different) + len(gone) + len(moved) - len(left),
        left=len(left),
        standing=standing_of(pairs, occasion.now),
    )


def _wanted(
    store: Store, known: Mapping[str, Progress], roster: Roster, *, short_polls: bool
) -> Iterator[Wanted]:
    """Give every watch that is to be there, a domain's members among them."""
    members = _members_of(known)
    for name, document in store.declarations():
        declared = readable_watch(name, document, short_polls=short_polls)
        print_ = fingerprint(document)
        if isinstance(declared, Invalid):
            # Reported as it is; what its members have read and opened stays untouched.
            yield Wanted(name=name, declared=declared, print=print_)
            for member in members.get(name, ()):
                if known[member].removed_at is not None:
                    continue  # left before: nobody says that they returned
                yield Wanted(name=member, declared=declared, print=known[member].declared)
        elif is_domain(declared):
            before = [split_name(member)[1] for member in members.get(name, ())]
            for address in _addresses(declared, before, known, roster):
                watch = member_of(declared, address)
                if watch is not None:
                    yield Wanted(name=watch.id, declared=watch, print=print_)
        else:
            yield Wanted(name=name, declared=declared, print=print_)


def _members_of(known: Mapping[str, Progress]) -> Mapping[str, list[str]]:
    """Give the members that each declaration of a domain had."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for watch in known:
        name, address = split_name(watch)
        if address:
            members[name].append(watch)
    return members


def _addresses(
    watch: Watch, before: list[str], known: Mapping[str, Progress], roster: Roster
) -> list[str]:
    """Give the members of a domain: who is listed, and who was one and has not surely left."""
    listed = roster.members(watch)
    there = [a for a in before if known[member_name(watch.id, a)].removed_at is None]
    if listed is None:
        return there
    missing = sorted(set(there) - set(listed))
    return sorted({*listed, *missing} - set(roster.left(watch, missing)))


def differs(progress: Progress, declared: Watch | Invalid, print_: str, occasion: Occasion) -> bool:
    """Whether the progress must be touched: cheap, so that most watches cost no write."""
    return (
        progress.declared != print_
        or progress.removed_at is not None
        or occasion.changes(progress)
        or _is_lost(progress, declared, occasion.now)
    )


def _turn(progress: Progress | None, print_: str) -> tuple[bool, datetime]:
    """Whose turn it is: edits, then those whose last restart is the longest ago."""
    if progress is None or progress.declared != print_ or progress.removed_at is not None:
        return False, NEVER
    return True, progress.touched_for or NEVER


def touched(
    progress: Progress | None, name: str, declared: Watch | Invalid, print_: str, occasion: Occasion
) -> Progress:
    """Give the progress of a declared watch, due where an edit or a restart wants it."""
    now = occasion.now
    if progress is None or _is_forgotten(progress, now):
        fresh = Progress(watch=name, short=shorten(name), declared=print_)
        fresh = replace(_described(fresh, declared), touched_for=occasion.since)
        return pull_by(look_by(fresh, now), now)
    restart = occasion.restarts(progress)
    edited = progress.declared != print_
    returned = progress.removed_at is not None
    resumed = progress.paused and isinstance(declared, Watch) and not declared.paused
    after = replace(_described(progress, declared), declared=print_)
    touched_for = occasion.since or progress.touched_for
    after = replace(after, removed_at=None, delete_at=None, touched_for=touched_for)
    if edited or restart:
        after = without_backoff(after)
    if edited or returned or resumed or _is_lost(progress, declared, now):
        after = pull_by(after, now)
    if restart and not after.held:
        after = pull_by(after, now)  # notifications may have been lost meanwhile
    return look_by(after, now)


def _is_behind(progress: Progress, moment: datetime | None) -> bool:
    """Whether the watch was last touched for something before that; these times are no clock's."""
    if moment is None:
        return False
    return progress.touched_for is None or progress.touched_for < moment


def _is_forgotten(progress: Progress, now: datetime) -> bool:
    """Whether its time is over: a store may delete late what it deletes by itself."""
    return progress.delete_at is not None and progress.delete_at <= now


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
