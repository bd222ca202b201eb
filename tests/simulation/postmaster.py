"""Watches over mailboxes: one watch of Gmail's for all of ours, renewed in time, then stopped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from functions.domain.errors import Refused, Trouble
from functions.domain.mailbox import mailbox_name, union
from tests.simulation.google.boxes import LIFE, Box, Boxes
from tests.simulation.store import SimulatedStore
from tests.simulation.timeline import Timeline
from tests.simulation.warden import LONGEST_WAIT, ORPHANED, Warden

DAILY = 25 * 3600.0
SOURCE = "gmail.mailbox"
EDITED = 1200.0  # seconds in which an edit is noticed


class Postmaster:
    """What must hold of the watches that Gmail keeps."""

    def __init__(
        self, timeline: Timeline, store: SimulatedStore, boxes: Boxes, warden: Warden
    ) -> None:
        self._timeline, self._store, self._boxes, self._warden = timeline, store, boxes, warden
        self._bare: dict[str, float] = {}  # mailboxes: since when nothing covers them
        self._idle: dict[str, float] = {}  # since when nobody wants their watch
        self._refused: defaultdict[str, float] = defaultdict(lambda: -LIFE)
        self._left: set[str] = set()  # those that a watch left for another mailbox
        self.topic: str | None = None

    def members(self, mailbox: str) -> tuple[str, ...]:
        """Give the watches that share a mailbox, as the product has stored them."""
        progress = self._store.progresses.get(mailbox)
        return progress.members if progress else ()

    def sharers(self, account: str) -> list[str]:
        """Name the declared watches of a mailbox."""
        return [
            name
            for name, document in self._store.documents.items()
            if document["source"] == SOURCE and document["subject"] == account
        ]

    def left(self, account: str) -> None:
        """Note that a watch is edited to be of another mailbox.

        If a pull notices that before the comparison does, this one is next looked at in a day.
        """
        self._left.add(account)
        self.fault(account)

    def fault(self, account: str) -> None:
        """Note what may explain that a mailbox is not covered."""
        for name in (mailbox_name(account), *self.sharers(account)):
            self._warden.fault(name)

    def refused(self, account: str, method: str, trouble: Trouble) -> None:
        """Note that Google was in the way."""
        self.fault(account)
        if method == "users.stop" and isinstance(trouble, Refused):
            self._refused[account] = self._timeline.now

    def ended(self, box: Box) -> None:
        """Judge that a watch was stopped: not as long as somebody needs it."""
        if self._wanting(box.account) and not self._is_excused(box.account, EDITED):
            self._fail(box.account, f"stopped while it was wanted: {box}")

    def inspect(self) -> None:
        """Look for mailboxes that nobody covers, and for watches that nobody wants."""
        now = self._timeline.now
        accounts = {str(d["subject"]) for d in self._store.documents.values()}
        for account in sorted(accounts | set(self._boxes.by_account)):
            box = self._boxes.by_account.get(account)
            alive = box is not None and box.lives(now)
            wanted = bool(self._wanting(account))
            _keep(self._bare, account, now, wanted and not alive)
            _keep(self._idle, account, now, alive and not wanted)
            if now - self._bare.get(account, now) > ORPHANED:
                self._explain(account, LONGEST_WAIT, "not watched")
            if now - self._idle.get(account, now) > (DAILY if account in self._left else ORPHANED):
                self._explain(account, LONGEST_WAIT, f"watched for nobody: {box}")
            if wanted and box is not None and now - box.asked > DAILY:
                self._explain(account, DAILY, f"not renewed: {box}")

    def end(self) -> None:
        """Judge the end: watched for just the labels that are wanted, or not at all."""
        now = self._timeline.now
        for account in {str(d["subject"]) for d in self._store.documents.values()}:
            wanting = self._wanting(account)
            box = self._boxes.by_account.get(account)
            alive = box if box is not None and box.lives(now) else None
            labels = union(d["params"].get("labelIds", ()) for d in wanting)
            if wanting and (alive is None or alive.labels != frozenset(labels)):
                self._fail(account, f"in the end {box} instead of {labels}")

    # --- how it is judged ------------------------------------------------------------------------

    def _wanting(self, account: str) -> list[Mapping[str, Any]]:
        """Give the declarations that want a watch of a mailbox."""
        if self.topic is None:
            return []
        documents = []
        for name in self.sharers(account):
            document, progress = self._store.documents[name], self._store.progresses.get(name)
            active = document.get("push", True) and not document.get("paused", False)
            ready = progress is not None and progress.cursor and not progress.verdict.parks
            if active and ready:
                documents.append(document)
        return documents

    def _is_excused(self, account: str, time: float) -> bool:
        now = self._timeline.now
        names = (mailbox_name(account), *self.sharers(account))
        return any(self._warden.has_fault(name, now - time, now) for name in names)

    def _explain(self, account: str, time: float, text: str) -> None:
        if _is_unstoppable(self._refused[account], self._timeline.now):
            return  # only its expiration ends it
        if not self._is_excused(account, time):
            self._fail(account, text)

    def _fail(self, account: str, text: str) -> None:
        self._warden.fail(mailbox_name(account), text)


def _is_unstoppable(at: float, now: float) -> bool:
    """Tell whether a watch that could not be stopped may still live."""
    return 0 <= now - at < LIFE


def _keep(since: dict[str, float], account: str, now: float, holds: bool) -> None:  # noqa: FBT001
    if holds:
        since.setdefault(account, now)
    else:
        since.pop(account, None)
