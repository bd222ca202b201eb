"""Pulls a watch: a state machine that reads page after page, tells what changed, then saves.

    (no cursor) --start--> [cursor]            Drive: the log from now on
    (no cursor) --list---> [memory, cursor]    what is compared: the baseline tells nothing
    [cursor] --changes--> page --> page --> [new cursor]
    [cursor] --refused--> new cursor --> list --> verify what is absent --> [new cursor], resynced
    [compared] --list--> verify what is absent --> [compared]

Each arrow is one call of Google. After each, changes are published and confirmed, and only then
is saved how far the watch is read, on the condition that the lease is still ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from functions.domain import change as changing
from functions.domain import errors
from functions.domain.change import Found, Outcome, Seen, State
from functions.domain.event import Event, event_of
from functions.domain.model import Listing, Progress, Verdict, Watch
from functions.ports import Case, Changes, Clock, Google, Journal, Store
from functions.sources.call import Answer, Call
from functions.sources.source import Moment, Page, Source
from functions.verdict import with_notice

T = TypeVar("T")

VERIFIED_AT_ONCE = 200
SECOND_LOOK = timedelta(seconds=2)  # after which a 404 of a single item counts as its removal


class Setback(Exception):
    """Google refused or failed: `trouble` says how. The pull goes on another time."""

    def __init__(self, trouble: errors.Trouble) -> None:
        """Keep what was in the way."""
        super().__init__(trouble.text)
        self.trouble = trouble


class LeaseLost(Exception):
    """Another run has taken over; whatever this one would still do, that one does."""


@dataclass(slots=True, kw_only=True)
class Pull:
    """One pull under way: what it may touch, and where it stands."""

    watch: Watch
    source: Source
    progress: Progress
    lease: str
    store: Store
    google: Google
    changes: Changes
    clock: Clock
    journal: Journal
    found: int = 0
    told: int = 0
    unreadable: int = 0
    began: datetime | None = field(default=None)  # by Google's clock

    def run(self, until: datetime) -> bool:
        """Read on until all is read, or the time is up.

        Returns:
            whether the pull is complete.

        Raises:
            Setback: Google refused or failed.
            LeaseLost: somebody else took over.
            Unavailable: store or queue failed.
        """
        while True:
            if self._step():
                return True
            if self.clock.now() >= until:
                return False

    def _step(self) -> bool:
        progress = self.progress
        if progress.listing is not None:
            step = self._verify if progress.listing.verifying else self._list
            return step(progress.listing)
        if progress.cursor is None:
            return self._baseline()
        call = self.source.changes(self.watch.params, self._moment(progress.page))
        if call is None:
            return self._begin_listing("compare", cursor=progress.cursor)
        return self._read_changes(call)

    def _moment(self, page: str | None) -> Moment:
        return Moment(
            now=self.clock.now(),
            cursor=self.progress.cursor or "",
            page=page,
            baseline_at=self.progress.baseline_at,
        )

    def _baseline(self) -> bool:
        """Begin: what is there before the watch is never told."""
        self.store.forget(self.watch.id)
        call = self.source.start(self.watch.params)
        if call is None:
            return self._begin_listing("baseline", cursor=None)
        cursor, date = self._ask(call, self.source.read_start)
        if self.source.profile.lists_at_baseline:
            return self._begin_listing("baseline", cursor=cursor)
        baseline_at = date.replace(microsecond=0)
        self._save(lambda p: replace(p, cursor=cursor, baseline_at=baseline_at, pulled_at=date))
        return True

    def _begin_listing(self, mode: str, *, cursor: str | None) -> bool:
        listing = Listing(
            mode=mode,
            round=self.progress.round + 1,
            cursor=cursor,
            since=self.progress.pulled_at,
            refused=self.progress.cursor if mode == "resync" else None,
        )
        self._save(lambda p: replace(p, listing=listing, page=None, round=listing.round))
        return False

    def _read_changes(self, call: Call) -> bool:
        try:
            page, date = self._ask(
                call, lambda answer: self.source.read_changes(self.watch.params, call, answer)
            )
        except Setback as setback:
            if isinstance(setback.trouble, errors.CursorExpired):
                return self._resync()
            raise
        outcomes = self._compare(page.found, date=date, round_=0)
        self._tell(outcomes, page, date)
        began, cursor = self.began, page.cursor
        if cursor is None:
            self._save(lambda p: replace(p, page=page.page), outcomes)
            return False
        self._save(lambda p: replace(p, cursor=cursor, page=None, pulled_at=began), outcomes)
        return True

    def _resync(self) -> bool:
        """List everything anew: Google has refused the cursor."""
        if self.progress.page is not None:
            # Only the page may be too old: read again from the cursor.
            self._save(lambda p: replace(p, page=None))
            return False
        self.journal.warn("cursor refused", watch=self.watch.id)
        call = self.source.start(self.watch.params)
        if call is None:
            return self._begin_listing("resync", cursor=None)
        cursor, _ = self._ask(call, self.source.read_start)
        return self._begin_listing("resync", cursor=cursor)

    def _list(self, listing: Listing) -> bool:
        call = self.source.listing(self.watch.params, self._moment(listing.page))
        page, date = self._list_page(call)
        outcomes = self._listed(listing, page, date)
        self._tell(outcomes, page, date)
        after = replace(listing, page=page.page, cursor=page.cursor or listing.cursor)
        baseline_at = self.progress.baseline_at or date.replace(microsecond=0)
        if page.page is not None:
            self._save(lambda p: replace(p, listing=after, baseline_at=baseline_at), outcomes)
            return False
        if listing.mode == "baseline" or self.source.profile.one_item:
            return self._end_listing(after, outcomes, date, baseline_at)
        after = replace(after, verifying=True, after=None)
        self._save(lambda p: replace(p, listing=after), outcomes)
        return False

    def _list_page(self, call: Call) -> tuple[Page, datetime]:
        def read(answer: Answer) -> Page:
            return self.source.read_listing(self.watch.params, call, answer)

        try:
            return self._ask(call, read)
        except Setback as setback:
            if not (self.source.profile.one_item and _is_not_found(setback)):
                raise
        self.clock.sleep(SECOND_LOOK)
        try:
            return self._ask(call, read)
        except Setback as setback:
            if _is_not_found(setback):
                self._tell_removal()
            raise

    def _tell_removal(self) -> None:
        """Tell that a single watched item is gone; its watch is parked after that."""
        known = self.store.memory(self.watch.id, after=None, limit=1)
        for key, seen in known:
            noun, _, item = key.partition(":")
            gone = _gone(noun, item, self.source)
            outcome = self._compare_one(gone, seen, self.clock.now(), 0)
            self._tell([(key, outcome)], Page(), self.clock.now())
            self._save(lambda p: replace(p, listing=None), [(key, outcome)])

    def _listed(self, listing: Listing, page: Page, date: datetime) -> list[tuple[str, Outcome]]:
        if listing.mode == "baseline":
            seen = self.store.recall(self.watch.id, [found.key for found in page.found])
            return [
                (found.key, changing.remember(found, seen.get(found.key), round_=listing.round))
                for found in page.found
            ]
        found = page.found
        if listing.mode == "resync" and not self.source.profile.lists_at_baseline:
            known = self.store.recall(self.watch.id, [one.key for one in found])
            found = tuple(one for one in found if one.key in known or _is_news(one, listing))
        return self._compare(found, date=date, round_=listing.round)

    def _verify(self, listing: Listing) -> bool:
        """Tell what was remembered and is gone: an absence counts only when a get confirms it."""
        batch = self.store.memory(self.watch.id, after=listing.after, limit=VERIFIED_AT_ONCE)
        if not batch:
            return self._end_listing(listing, [], self.began, self.progress.baseline_at)
        absent = [(key, seen) for key, seen in batch if seen.is_told and seen.round < listing.round]
        outcomes = [(key, self._verify_one(key, seen, listing)) for key, seen in absent]
        self._tell(outcomes, Page(), self.clock.now())
        after = replace(listing, after=batch[-1][0])
        self._save(lambda p: replace(p, listing=after), outcomes)
        return False

    def _verify_one(self, key: str, seen: Seen, listing: Listing) -> Outcome:
        noun, _, item = key.partition(":")
        call = self.source.get(self.watch.params, item=item)
        try:
            found, date = self._ask(
                call, lambda answer: self.source.read_get(self.watch.params, answer, item=item)
            )
        except Setback as setback:
            if not _is_not_found(setback):
                raise
            found, date = _gone(noun, item, self.source), self.clock.now()
        return self._compare_one(found, seen, date, listing.round)

    def _end_listing(
        self,
        listing: Listing,
        outcomes: Sequence[tuple[str, Outcome]],
        date: datetime | None,
        baseline_at: datetime | None,
    ) -> bool:
        now = self.clock.now()
        cursor = listing.cursor or _compared_at(date or now)

        def end(progress: Progress) -> Progress:
            after = replace(
                progress,
                cursor=cursor,
                listing=None,
                baseline_at=baseline_at,
                pulled_at=self.began or progress.pulled_at,
            )
            if listing.mode != "resync":
                return after
            data = {"reason": "Google refused the cursor: steps between may be missing"}
            since = listing.refused or ""
            return with_notice(after, "resynced", since=since, at=now, data=data)

        self._save(end, outcomes)
        return True

    def _compare(
        self, found: Sequence[Found], *, date: datetime, round_: int
    ) -> list[tuple[str, Outcome]]:
        del date
        seen = dict(self.store.recall(self.watch.id, [one.key for one in found]))
        outcomes: list[tuple[str, Outcome]] = []
        for one in found:
            outcome = self._compare_one(one, seen.get(one.key), self.clock.now(), round_)
            seen[one.key] = outcome.entry
            outcomes.append((one.key, outcome))
        return outcomes

    def _compare_one(self, found: Found, seen: Seen | None, now: datetime, round_: int) -> Outcome:
        baseline_at = self.progress.baseline_at or now
        return changing.compare(found, seen, baseline_at=baseline_at, now=now, round_=round_)

    def _tell(self, outcomes: Sequence[tuple[str, Outcome]], page: Page, date: datetime) -> None:
        """Publish what changed; what is needed to tell it again the same is stored first."""
        self.found += len(outcomes) + len(page.unreadable)
        self.began = self.began or date
        steps = {key: outcome.before for key, outcome in outcomes if outcome.before}
        if steps:
            self._write(lambda p: p, steps)
        for text in page.unreadable:
            self.unreadable += 1
            self.store.bury(self.watch.id, item="", error=text, now=self.clock.now())
            self.journal.warn("entry unreadable", watch=self.watch.id, reason=text)
        events = [event_of(o.change, self.watch) for _, o in outcomes if o.change]
        self.told += len(events)
        if events:
            self.changes.tell(events)
            self._note(events)

    def _note(self, events: Sequence[Event]) -> None:
        now = self.clock.now()
        oldest = max((now - event.time).total_seconds() for event in events)
        self.journal.note(
            "changes told",
            watch=self.watch.id,
            told=len(events),
            event=events[0].id,
            lag_seconds=round(oldest, 3),
        )

    def _ask(self, call: Call, read: Callable[[Answer], T]) -> tuple[T, datetime]:
        """Ask Google and read the answer: both can fail, and neither is the store's failure."""
        try:
            answer = self.google.call(call, subject=self.watch.subject)
            self.began = self.began or answer.date
            return read(answer), answer.date
        except errors.Trouble as trouble:
            raise Setback(trouble) from None

    def _save(
        self,
        step: Callable[[Progress], Progress],
        outcomes: Sequence[tuple[str, Outcome]] = (),
    ) -> None:
        self._write(step, {key: outcome.entry for key, outcome in outcomes})

    def _write(self, step: Callable[[Progress], Progress], seen: Mapping[str, Seen]) -> None:
        def decide(case: Case) -> Case | None:
            if case.progress is None or case.progress.lease != self.lease:
                return None
            return Case(step(case.progress), {})

        after = self.store.change(self.watch.id, decide, seen=seen)
        if after is None or after.progress is None:
            raise LeaseLost
        self.progress = after.progress


def _is_not_found(setback: Setback) -> bool:
    trouble = setback.trouble
    return isinstance(trouble, errors.Refused) and trouble.verdict is Verdict.NOT_FOUND


def _is_news(found: Found, listing: Listing) -> bool:
    """Whether an item never told changed after the last complete pull, by its own times."""
    times = [time for time in (found.born, found.changed) if time is not None]
    return listing.since is not None and any(time > listing.since for time in times)


def _gone(noun: str, item: str, source: Source) -> Found:
    verb = next(
        (kind.partition(".")[2] for kind in source.profile.kinds if kind == f"{noun}.removed"),
        "deleted",
    )
    resource = {"id": item, verb: True}
    return Found(noun=noun, item=item, state=State.GONE, resource=resource, gone_verb=verb)


def _compared_at(date: datetime) -> str:
    """Give the cursor of a source that has none of Google's: when it was last compared."""
    return date.isoformat()
