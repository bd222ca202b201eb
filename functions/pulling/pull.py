"""Pulls a watch: a state machine that reads page after page, tells what changed, then saves.

    (no cursor) --start--> [cursor]            Drive: the log from now on
    (no cursor) --list---> [memory, cursor]    what is compared: the baseline tells nothing
    [cursor] --changes--> page --> page --> [new cursor]
    [cursor] --refused--> new cursor --> inventory --> [new cursor], resynced
    [compared] --inventory--> [compared]

Each arrow is one call of Google. After each, changes are published and confirmed, and only then
is saved how far the watch is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.domain import backoff, errors
from functions.pulling.inventory import Inventory
from functions.pulling.ledger import Ledger
from functions.pulling.reader import Reader, Setback
from functions.pulling.slots import take_slot
from functions.sources.source import Moment

STREAK_ENDS = timedelta(hours=24)  # a cursor that served so long was a good one
OVERFULL = 1.25  # of what is remembered, before the oldest is forgotten
SCANNED_AT_ONCE = 1000


@dataclass(slots=True, kw_only=True)
class Pull:
    """One pull under way."""

    reader: Reader
    ledger: Ledger
    until: datetime  # when the time is up

    def run(self) -> bool:
        """Read on until all is read, or the time is up.

        Returns:
            whether the pull is complete.

        Raises:
            Setback: Google refused or failed.
            LeaseLost: somebody else took over.
            Unavailable: store or queue failed.
        """
        try:
            while not self._step():
                # What is on its way already is waited for, so it is gone through, too.
                if not self._has_time() and not self.reader.is_ahead:
                    return False
            self._tidy()
        finally:
            self.reader.let_go()
        return True

    def read_items(self, items: Sequence[str]) -> None:
        """Read just these items: sooner than the comparison of all, never different."""
        noun = self.reader.source.profile.kinds[0].partition(".")[0]
        found = [self.reader.get(f"{noun}:{item}") for item in items]
        self.ledger.record(self.ledger.compare(self.ledger.known_or_there(found)), lambda p: p)

    def begin_again(self) -> None:
        """Begin another pass: what came meanwhile is in it."""
        self.reader.began = None

    @property
    def _inventory(self) -> Inventory:
        return Inventory(reader=self.reader, ledger=self.ledger, until=self.until)

    def _step(self) -> bool:
        progress = self.ledger.progress
        if progress.listing is not None:
            return self._inventory.step(progress.listing)
        if progress.cursor is None:
            return self._baseline()
        return self._changes(progress.cursor)

    def _baseline(self) -> bool:
        """Begin: what is there before the watch is never told."""
        source, params = self.reader.source, self.reader.watch.params
        self.ledger.store.forget(self.reader.watch.id)
        call = source.start(params)
        if call is None:
            return self._inventory.begin("baseline", cursor=None)
        cursor, date = self.reader.ask(call, source.read_start)
        if source.profile.lists_at_baseline:
            return self._inventory.begin("baseline", cursor=cursor)
        baseline_at = date.replace(microsecond=0)
        self.ledger.save(
            lambda p: replace(p, cursor=cursor, baseline_at=baseline_at, pulled_at=date)
        )
        return True

    def _changes(self, cursor: str) -> bool:
        source, params = self.reader.source, self.reader.watch.params
        progress, now = self.ledger.progress, self.ledger.clock.now()
        moment = Moment(
            now=now, cursor=cursor, page=progress.page, baseline_at=progress.baseline_at
        )
        call = source.changes(params, moment)
        if call is None:
            return self._inventory.begin("compare", cursor=None)
        try:
            page, _ = self.reader.ask(call, lambda a: source.read_changes(params, moment, a))
        except Setback as setback:
            if progress.page is not None and (setback.is_about_page or self._is_refused(setback)):
                # Only the page may be too old: the next try begins at the cursor.
                self.ledger.save(lambda p: replace(p, page=None))
                raise Setback(errors.Unavailable(f"page refused: {setback}")) from None
            if not self._is_refused(setback):
                raise
            return self._resync(now)
        self._ask_ahead(replace(moment, page=page.page))
        outcomes = self.ledger.compare(page.found)
        if page.cursor is None:
            self.ledger.record(
                outcomes, lambda p: replace(p, page=page.page), unreadable=page.unreadable
            )
            return False
        began, fresh = self.reader.began, _is_good(progress.resynced_at, now)
        self.ledger.record(
            outcomes,
            lambda p: replace(
                p,
                cursor=page.cursor,
                page=None,
                pulled_at=began,
                resyncs=0 if fresh else p.resyncs,
            ),
            unreadable=page.unreadable,
        )
        return True

    def _ask_ahead(self, moment: Moment) -> None:
        """Have the next page on its way: it is told and saved after this one all the same."""
        if moment.page is not None and self._has_time():
            call = self.reader.source.changes(self.reader.watch.params, moment)
            if call is not None:
                self.reader.ask_ahead(call)

    def _has_time(self) -> bool:
        return self.ledger.clock.now() < self.until

    def _is_refused(self, setback: Setback) -> bool:
        """Whether Google voids the cursor."""
        if isinstance(setback.trouble, errors.CursorExpired):
            return True
        return setback.is_not_found and self.reader.source.profile.not_found_voids

    def _resync(self, now: datetime) -> bool:
        """List everything anew; again and again only after waits that grow, few at a time."""
        progress, watch = self.ledger.progress, self.reader.watch
        if progress.resyncs and progress.resynced_at is not None:
            wait = backoff.resync_delay(progress.resyncs, watch.poll)
            left = progress.resynced_at + wait - now
            if timedelta(0) < left <= wait:
                text = "Google refuses the cursor again and again"
                raise Setback(errors.Unavailable(text, left))
        if not take_slot(self.ledger.store, watch.id, now=now):
            raise Setback(errors.Unavailable("many watches are listed anew", backoff.SLOT_WAIT))
        self.ledger.journal.warn("cursor refused", watch=watch.id, resyncs=progress.resyncs)
        call = self.reader.source.start(watch.params)
        cursor = None if call is None else self.reader.ask(call, self.reader.source.read_start)[0]
        return self._inventory.begin("resync", cursor=cursor)

    def _tidy(self) -> None:
        """Forget the oldest of what is remembered, where the memory is bounded."""
        most = self.reader.source.profile.remembers
        if most is None or self.ledger.progress.remembered <= most * OVERFULL:
            return
        ages: list[tuple[int, str, str]] = []
        after: str | None = None
        while batch := self.ledger.store.memory(
            self.reader.watch.id, after=after, limit=SCANNED_AT_ONCE
        ):
            ages += [(*_age(seen.version), key) for key, seen in batch]
            after = batch[-1][0]
        ages.sort(reverse=True)
        oldest = [key for *_, key in ages[most:]]
        left = min(len(ages), most)
        for start in range(0, len(oldest), SCANNED_AT_ONCE):
            self.ledger.drop(oldest[start : start + SCANNED_AT_ONCE], left=left)
        if not oldest:
            self.ledger.save(lambda p: replace(p, remembered=left))


def _age(version: str) -> tuple[int, str]:
    """Give what sorts versions by age: history ids are numbers, activities begin with a time."""
    number = version.partition("~")[0]
    return (int(number), "") if number.isdecimal() else (0, version)


def _is_good(resynced_at: datetime | None, now: datetime) -> bool:
    return resynced_at is None or now - resynced_at >= STREAK_ENDS
