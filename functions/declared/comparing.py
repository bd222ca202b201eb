"""Runs the full comparison when it is wanted, and notes in `control/renew` how far that came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from functions.declared.comparison import compare_all
from functions.declared.memo import CONTROL, Memo, memo_fields, read_memo
from functions.declared.roster import Roster
from functions.declared.unlisted import carried
from functions.domain.errors import Conflict
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
        document = store.read_control(CONTROL)
        memo = read_memo(document)
        return cls(
            store=store,
            memo=memo,
            version=document.get("_version") if document else None,
            revision=store.revision(),
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
        if not self._write(memo, self.version, journal):
            return False
        begun = self.store.read_control(CONTROL)
        roster = Roster(google, journal)
        found = compare_all(
            self.store,
            memo.occasion(self.now),
            roster=roster,
            crew=crew,
            short_polls=short_polls,
            in_time=in_time,
        )
        unlisted = carried(memo.unlisted, roster.unlisted, self.now)
        ended = replace(memo.end(found.left), unlisted=unlisted)
        self._write(ended, begun.get("_version") if begun else None, journal)
        journal.note(
            "compared",
            restart=memo.restarted_at != self.memo.restarted_at,
            grounds_changed=memo.grounds != self.memo.grounds,
            due=found.due,
            left=found.left,
        )
        journal.note("standing", **asdict(found.standing))
        return True

    def _write(self, memo: Memo, version: object | None, journal: Journal) -> bool:
        try:
            self.store.write_control(CONTROL, memo_fields(memo), version=version)
        except Conflict:
            journal.note("compared twice at once")
            return False
        return True
