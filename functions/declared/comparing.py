"""Runs the full comparison when it is wanted, and notes in `control/renew` how far that came."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from functions.declared.comparison import compare_all
from functions.declared.memo import CONTROL, Memo, memo_fields, read_memo
from functions.declared.roster import Roster
from functions.declared.unlisted import carried
from functions.domain.errors import Conflict, Unavailable
from functions.ports import Crew, Google, Journal, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """What there is to compare with now, and what the last comparison left."""

    store: Store
    memo: Memo
    version: object | None  # of the memo as it was read
    revision: str | None
    grounds: str
    now: datetime

    @classmethod
    def read(cls, store: Store, *, grounds: str | None, now: datetime) -> Comparing:
        """Read it; `grounds` None is "cannot be told now", which is no change."""
        document, revision = store.read_control(CONTROL), store.revision()
        memo = read_memo(document)
        return cls(
            store=store,
            memo=memo,
            version=document.get("_version") if document else None,
            # A number that somebody wrote by hand is a revision, too.
            revision=None if revision is None else str(revision),
            grounds=memo.grounds if grounds is None else grounds,
            now=now,
        )

    @property
    def wanted(self) -> bool:
        """Whether everything is to be compared now."""
        return self.memo.wants(self.revision, self.grounds, self.now)

    def run(
        self,
        *,
        google: Google,
        crew: Crew,
        journal: Journal,
        short_polls: bool,
        in_time: Callable[[], bool],
    ) -> bool:
        """Compare; of two ticks that begin at once one does. What is left in the end goes on later.

        Returns:
            whether it was this one that did.
        """
        memo = self.memo.begin(self.revision, self.grounds, self.now)
        version = self._begin(memo, journal)
        if version is None:
            return False
        roster = Roster(google, journal)
        try:
            found = compare_all(
                self.store,
                memo.occasion(self.now),
                roster=roster,
                crew=crew,
                short_polls=short_polls,
                in_time=in_time,
            )
        except Unavailable:
            with suppress(Unavailable):  # nobody is to wait for one that is over
                self._end(memo.end(left=max(memo.left, 1)), version, journal)
            raise
        unlisted = carried(memo.unlisted, roster.unlisted, self.now)
        self._end(replace(memo.end(found.left), unlisted=unlisted), version, journal)
        journal.note(
            "compared",
            restart=memo.restarted_at != self.memo.restarted_at,
            grounds_changed=memo.grounds != self.memo.grounds,
            due=found.due,
            left=found.left,
        )
        journal.note("standing", **asdict(found.standing))
        return True

    def _begin(self, memo: Memo, journal: Journal) -> object | None:
        """Note that it begins; gives the note's version, None if another began meanwhile.

        What is there afterwards says whose it is: a refusal may be about our own write, repeated as
        its answer was lost, and after a write of ours somebody else's may have come already.
        """
        with suppress(Conflict):
            self.store.write_control(CONTROL, memo_fields(memo), version=self.version)
        begun = self.store.read_control(CONTROL)
        if begun is not None and read_memo(begun).is_of(memo):
            return begun.get("_version")
        journal.note("compared twice at once")
        return None

    def _end(self, memo: Memo, version: object, journal: Journal) -> None:
        try:
            self.store.write_control(CONTROL, memo_fields(memo), version=version)
        except Conflict:
            journal.note("compared twice at once")
