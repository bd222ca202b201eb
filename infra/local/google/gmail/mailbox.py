"""One mailbox: its messages, its history, its watch."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.google.errors import GoogleError
from infra.local.google.gmail.mail import Kind, Mail, Record


@dataclass(slots=True, kw_only=True)
class Watch:
    """The one watch of a mailbox: where its messages go, which labels it is about, until when."""

    topic: str
    labels: frozenset[str]
    exclude: bool
    expiration: float
    sent: int = 0
    told_at: float = 0.0

    def concerns(self, record: Record) -> bool:
        """Tell whether a record is worth a message."""
        if not self.labels:
            return True
        found = any(record.concerns(each) for each in self.labels)
        return found != self.exclude


class Mailbox:
    """A mailbox; ids of its history grow, with gaps."""

    def __init__(self, account: str, start: int) -> None:
        self.account = account
        self.mails: dict[str, Mail] = {}
        self.records: list[Record] = []
        self.head = start
        self.floor = start  # history before it is forgotten
        self.watch: Watch | None = None

    def write(
        self, kind: Kind, mail: Mail, *, labels: Sequence[str], step: int, visible_at: float
    ) -> Record:
        """Write a step into the history."""
        self.head += step
        mail.history = self.head
        if self.records:
            visible_at = max(visible_at, self.records[-1].visible_at)
        record = Record(
            id=self.head,
            kind=kind,
            message=mail.brief(),
            labels=tuple(labels),
            visible_at=visible_at,
        )
        self.records.append(record)
        return record

    def visible(self, now: float) -> int:
        """Tell the history id up to which everything is visible."""
        for index in range(len(self.records) - 1, -1, -1):
            if self.records[index].visible_at <= now:
                return self.records[index].id if index + 1 < len(self.records) else self.head
        return self.floor if self.records else self.head

    def since(self, history_id: int, now: float) -> list[Record]:
        """List the visible records after a history id."""
        start = bisect_right(self.records, history_id, key=lambda each: each.id)
        return [each for each in self.records[start:] if each.visible_at <= now]

    def mail(self, mail_id: str) -> Mail:
        """Find a message."""
        found = self.mails.get(mail_id)
        if found is None:
            raise GoogleError("notFound", "Requested entity was not found.")
        return found

    def forget_history(self) -> None:
        """Forget all history so far: its ids answer 404 from now on."""
        self.records.clear()
        self.head += 1
        self.floor = self.head
