"""Takes the inventory of a watch: lists everything there is and compares it with what was told.

What was met is marked with the inventory's round; what was not is absent, and an absence is told
only when a get of the item confirms it. Each page is saved beside the old memory, so that an
inventory that breaks off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from functions.domain import change as changing
from functions.domain import errors
from functions.domain.change import Found, Outcome, Seen
from functions.domain.model import Listing, Progress
from functions.pulling.ids import Compared, compare_ids, is_news
from functions.pulling.ledger import Ledger, Outcomes
from functions.pulling.reader import Reader, Setback
from functions.sources.source import Moment, Page
from functions.verdict import with_notice

VERIFIED_AT_ONCE = 100
SECOND_LOOK = timedelta(seconds=2)  # after which a 404 of a single item counts as its removal
RESYNCED = "Google refused the cursor: steps between may be missing"


@dataclass(slots=True, kw_only=True)
class Inventory:
    """An inventory under way; where it stands is in the progress."""

    reader: Reader
    ledger: Ledger
    until: datetime

    def begin(self, mode: str, *, cursor: str | None) -> bool:
        """Note that an inventory begins; `cursor` is what will be valid after it."""
        progress = self.ledger.progress
        listing = Listing(
            mode=mode,
            round=progress.round + 1,
            cursor=cursor,
            since=progress.pulled_at,
            refused=progress.cursor if mode == "resync" else None,
        )
        self.ledger.save(lambda p: replace(p, listing=listing, page=None, round=listing.round))
        return False

    def step(self, listing: Listing) -> bool:
        """Take one step; True when the inventory is complete."""
        return self._verify(listing) if listing.verifying else self._list(listing)

    def _list(self, listing: Listing) -> bool:
        page, date = self._read_page(listing)
        baseline_at = self.ledger.progress.baseline_at or date.replace(microsecond=0)
        compared = self._compare(listing, page, baseline_at)
        outcomes = compared.outcomes
        last = page.page is None or compared.ends
        after = replace(
            listing,
            page=page.page,
            cursor=page.cursor or listing.cursor,
            began=listing.began or self.reader.began,
            reached=compared.reached,
        )
        profile = self.reader.source.profile
        if last and (listing.mode == "baseline" or profile.one_item):
            self._end(after, outcomes, page, baseline_at)
            return True
        if last:
            after = replace(after, page=None, verifying=True, after=None)
        self.ledger.record(
            outcomes,
            lambda p: replace(p, listing=after, baseline_at=baseline_at),
            unreadable=page.unreadable,
        )
        return False

    def _read_page(self, listing: Listing) -> tuple[Page, datetime]:
        """Read a page; a single item that is gone is told before its 404 parks the watch."""
        try:
            return self._ask_page(listing)
        except Setback as setback:
            if not (self.reader.source.profile.one_item and setback.is_not_found):
                raise
        self.ledger.clock.sleep(SECOND_LOOK)
        try:
            return self._ask_page(listing)
        except Setback as setback:
            if setback.is_not_found:
                self._tell_removal()
            raise

    def _ask_page(self, listing: Listing) -> tuple[Page, datetime]:
        source, params = self.reader.source, self.reader.watch.params
        moment = Moment(
            now=self.ledger.clock.now(),
            cursor=self.ledger.progress.cursor or "",
            page=listing.page,
            baseline_at=self.ledger.progress.baseline_at,
        )
        try:
            return self.reader.ask(
                source.listing(params, moment),
                lambda answer: source.read_listing(params, moment, answer),
            )
        except Setback as setback:
            if listing.page is None or not setback.is_about_page:
                raise
            self._list_again(listing)
            raise Setback(errors.Unavailable(f"page refused: {setback}")) from None

    def _list_again(self, listing: Listing) -> None:
        """Begin the list again: what was met before the page was forgotten may be gone by now."""
        again = replace(listing, page=None, round=self.ledger.progress.round + 1)
        self.ledger.save(lambda p: replace(p, listing=again, round=again.round))

    def _tell_removal(self) -> None:
        outcomes: list[tuple[str, Outcome]] = []
        watch = self.reader.watch.id
        for key, seen in self.ledger.store.memory(watch, after=None, limit=1):
            noun, _, item = key.partition(":")
            gone = self.reader.gone(noun, item)
            outcomes.append((key, self.ledger.compare_one(gone, seen)))
        self.ledger.record(outcomes, lambda p: replace(p, listing=None))

    def _compare(self, listing: Listing, page: Page, baseline_at: datetime) -> Compared:
        """Compare a page with what was told."""
        if page.to_get:
            return compare_ids(page.to_get, listing, reader=self.reader, ledger=self.ledger)
        found: Sequence[Found] = page.found
        if listing.mode == "baseline":
            taken = partial(changing.remember, baseline_at=baseline_at, round_=listing.round)
            return Compared(outcomes=[(one.key, taken(one)) for one in found])
        if listing.mode == "resync" and not self.reader.source.profile.lists_at_baseline:
            known = self.ledger.store.recall(self.reader.watch.id, [one.key for one in found])
            found = tuple(one for one in found if one.key in known or is_news(one, listing))
        if self.reader.source.profile.lists_late:
            found = self._read_again(found)
        return Compared(outcomes=self.ledger.compare(found, round_=listing.round))

    def _read_again(self, found: Sequence[Found]) -> Sequence[Found]:
        """Read what differs by a get: a stale list must not take back what was told since."""
        known = self.ledger.store.recall(self.reader.watch.id, [one.key for one in found])
        read = [
            one if _is_same(one, known.get(one.key)) else self.reader.get(one.key) for one in found
        ]
        return self.ledger.known_or_there(read)

    def _verify(self, listing: Listing) -> bool:
        """Look for remembered items that were not met, and tell those that are gone."""
        watch = self.reader.watch.id
        batch = self.ledger.store.memory(watch, after=listing.after, limit=VERIFIED_AT_ONCE)
        if not batch:
            self._end(listing, (), Page(), self.ledger.progress.baseline_at)
            return True
        outcomes: list[tuple[str, Outcome]] = []
        for key, seen in batch:
            after = replace(listing, after=key)
            if seen.is_told and seen.round < listing.round:
                found = self.reader.get(key)
                outcomes.append((key, self.ledger.compare_one(found, seen, round_=listing.round)))
                if self.ledger.clock.now() >= self.until:
                    break
        self.ledger.record(outcomes, lambda p: replace(p, listing=after))
        return False

    def _end(
        self, listing: Listing, outcomes: Outcomes, page: Page, baseline_at: datetime | None
    ) -> None:
        now, began = self.ledger.clock.now(), listing.began or self.reader.began
        # A source without a cursor of Google's goes by when it was last compared.
        cursor = listing.cursor or (began or now).isoformat()

        def end(progress: Progress) -> Progress:
            after = replace(
                progress,
                cursor=cursor,
                listing=None,
                baseline_at=baseline_at,
                pulled_at=began or progress.pulled_at,
            )
            if listing.mode != "resync":
                return after
            after = replace(after, resynced_at=now, resyncs=progress.resyncs + 1)
            since = f"{listing.refused} {listing.round}"
            return with_notice(after, "resynced", since=since, at=now, data={"reason": RESYNCED})

        self.ledger.record(outcomes, end, unreadable=page.unreadable)


def _is_same(found: Found, seen: Seen | None) -> bool:
    return seen is not None and seen.is_told and seen.step is None and seen.stamp == found.stamp
