"""Goes the round of what is due: soonest end of coverage first, until time is up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from functions.channels.attendance import attend
from functions.channels.mailbox import attend_mailbox, mailboxes_of
from functions.channels.renewal import Renewal
from functions.declared.watching import declared_watch
from functions.domain.errors import Conflict, Unavailable
from functions.domain.mailbox import PREFIX
from functions.domain.model import Progress
from functions.ports import Crew

NEVER = datetime.min.replace(tzinfo=UTC)


class Round:
    """One tick's round; counts what became of whom."""

    def __init__(self, renewal: Renewal, crew: Crew) -> None:
        """Begin with nobody attended."""
        self._renewal = renewal
        self._crew = crew
        self.due = 0
        self.attended = 0
        self.failed = 0

    def go(self, now: datetime, *, in_time: Callable[[], bool]) -> None:
        """Attend to what is due now; who is not reached in time stays due."""
        found = self._renewal.store.due(now, self._renewal.terms.tick_limit)
        due = sorted(found, key=_expiry)
        ends = list[bool]()  # its `append` needs no lock

        def one(progress: Progress) -> None:
            if in_time():
                ends.append(self._attend(progress))

        self._crew.each(one, due)
        self.due += len(due)
        self.attended += sum(ends)
        self.failed += len(ends) - sum(ends)

    def _attend(self, progress: Progress) -> bool:
        renewal = self._renewal
        try:
            if progress.watch.startswith(PREFIX):
                attend_mailbox(progress.subject or "", None, renewal)
            else:
                _attend_watch(progress, renewal)
        except (Unavailable, Conflict) as trouble:
            renewal.journal.warn("watch not attended", watch=progress.watch, reason=trouble.text)
            return False
        return True


def _attend_watch(progress: Progress, renewal: Renewal) -> None:
    terms = renewal.terms
    declared = declared_watch(renewal.store, progress.watch, short_polls=terms.short_polls)
    attend(progress.watch, declared, renewal)
    for address in mailboxes_of(progress, declared):
        attend_mailbox(address, progress.watch, renewal)


def _expiry(progress: Progress) -> datetime:
    return progress.covered_until or NEVER
