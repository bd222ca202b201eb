"""The model of Gmail's watches: one a mailbox, renewed in place, told of by a Pub/Sub topic."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from functions.domain.errors import Refused
from functions.domain.model import Verdict
from tests.simulation.google.channels import Lines
from tests.simulation.google.mail import Mail, Record
from tests.simulation.google.truth import EPOCH
from tests.simulation.timeline import Timeline

LIFE = 7 * 86_400.0
INTERVAL = 1.0  # seconds between two messages about a mailbox; what is more is dropped
FIRST_RETRY, LONGEST_RETRY = 10.0, 600.0  # of the subscription that pushes
TAKEN = "Only one user push notification client allowed per developer (call /stop then try again)"


# Mailbox, message, when it was made, and who is told whether it was taken.
Post = Callable[[str, bytes, float, Callable[[bool], object]], object]


@dataclass(slots=True, kw_only=True, eq=False)
class Box:
    """The watch of one mailbox as Google has it."""

    account: str
    topic: str
    labels: frozenset[str]
    asked: float  # when it was asked for last
    expires: float
    silent: bool = False
    told: float = -INTERVAL

    def lives(self, now: float) -> bool:
        """Tell whether it is not over."""
        return now < self.expires


class Boxes:
    """The watches of all mailboxes; what befalls their messages is as with channels."""

    def __init__(self, timeline: Timeline, random: Random, lines: Lines) -> None:
        self._timeline, self._random, self._lines = timeline, random, lines
        self.by_account: dict[str, Box] = {}
        self.others: set[str] = set()  # mailboxes that another client of the project watches
        self.counts: Counter[str] = Counter()
        self.post: Post = lambda *_: None
        self.ended: Callable[[Box], object] = lambda _: None
        self.unheard: Callable[[str], object] = lambda _: None

    def watch(self, body: dict[str, Any], mail: Mail) -> dict[str, Any]:
        """Begin the watch of a mailbox, or renew it in place."""
        now, old = self._timeline.now, self.by_account.get(mail.account)
        other = old is not None and old.lives(now) and old.topic != body["topicName"]
        if mail.account in self.others or other:
            raise Refused(f"400 failedPrecondition: {TAKEN}", Verdict.INVALID)
        box = Box(
            account=mail.account,
            topic=body["topicName"],
            labels=frozenset(body.get("labelIds") or ()),
            asked=now,
            expires=now + min(LIFE, self._lines.longest),
        )
        if old is not None and old.lives(now):
            box.told = old.told
        self.by_account[mail.account] = box
        self.counts["asked"] += 1
        if self._random.random() < self._lines.deaths:
            wait = self._random.random() * (box.expires - now)
            self._timeline.after(wait, lambda: setattr(box, "silent", True))
        self._tell(box, mail.head)
        expiration = round((EPOCH + box.expires) * 1000)
        return {"historyId": str(mail.newest()), "expiration": str(expiration)}

    def stop(self, account: str) -> None:
        """End the watch of a mailbox, whoever began it."""
        self.others.discard(account)
        box = self.by_account.pop(account, None)
        if box is not None and box.lives(self._timeline.now):
            self.counts["stopped"] += 1
            self.ended(box)

    def notify(self, account: str, record: Record) -> None:
        """Tell the watch of a mailbox of what happened in it."""
        box = self.by_account.get(account)
        if box is not None and box.lives(self._timeline.now) and record.concerns(box.labels):
            self._tell(box, record.id)

    def _tell(self, box: Box, head: int) -> None:
        now, lot, lines = self._timeline.now, self._random.random, self._lines
        if now - box.told < INTERVAL:
            return
        box.told = now
        if box.silent or lot() < lines.drops:
            self.counts["dropped"] += 1
            self.unheard(box.account)
            return
        data = json.dumps({"emailAddress": box.account, "historyId": head}).encode()
        late = lot() < lines.delays
        self._later(box, data, now, 0, lot() * (lines.longest_delay if late else 0.5))
        if lot() < lines.doubles:
            self._later(box, data, now, 0, lot() * lines.longest_delay)

    def _later(self, box: Box, data: bytes, made: float, attempt: int, wait: float) -> None:
        def answered(done: object) -> None:
            if not done:
                again = min(FIRST_RETRY * 2.0**attempt, LONGEST_RETRY)
                self._later(box, data, made, attempt + 1, again)

        def deliver() -> None:
            self.counts["messages"] += 1
            self.post(box.account, data, made, answered)

        self._timeline.after(wait, deliver)
