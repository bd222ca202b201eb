"""The model of a mailbox: messages with labels, and a history of all that happened to them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from functions.domain.errors import Refused
from functions.domain.model import Verdict
from functions.sources.call import Call
from tests.simulation.google.truth import EPOCH, Collection, Ground

MOST_MESSAGES = 10
LABELS = ("INBOX", "STARRED", "UNREAD")
KINDS = {
    "message.added": "messagesAdded",
    "message.deleted": "messagesDeleted",
    "labels.added": "labelsAdded",
    "labels.removed": "labelsRemoved",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One step of the history, and the labels that its message carried then."""

    id: int
    kind: str
    message: str
    carried: tuple[str, ...]
    labels: tuple[str, ...]  # added or removed
    at: float
    visible: float

    def concerns(self, labels: frozenset[str]) -> bool:
        """Tell whether the message carries, gains or loses one of these labels."""
        return not labels or not labels.isdisjoint(self.carried + self.labels)


@dataclass(slots=True, kw_only=True)
class Message:
    """A message as it is now."""

    id: str
    labels: set[str]
    born: float  # by Google's clock
    history: int = 0


class Mail(Collection):
    """One mailbox; in its truth each record is an item of its own, named by its id."""

    def __init__(self, key: str, ground: Ground) -> None:
        super().__init__(key, ground)
        self.account = key.partition(" ")[2]
        self.messages: dict[str, Message] = {}
        self.records: list[Record] = []
        self.by_id: dict[int, Record] = {}
        self.of: defaultdict[str, list[Record]] = defaultdict(list)  # by message
        self.floor = self.head = 1000
        self.voided: float | None = None  # when history was forgotten last
        for _ in range(2):
            self.create(LABELS[:1])

    def create(self, labels: tuple[str, ...]) -> None:
        """Put a message into the mailbox."""
        born = EPOCH + self.ground.now()
        message = Message(id=f"m{len(self.of)}-{self.account}", labels=set(labels), born=born)
        self.messages[message.id] = message
        self._write(message, "message.added", ())

    def change(self) -> None:
        draw = self.ground.random
        items, lot = sorted(self.messages), draw.random()
        if not items or (len(items) < MOST_MESSAGES and lot < 0.4):
            self.create(tuple(label for label in LABELS if draw.random() < 0.5))
            return
        message = self.messages[draw.choice(items)]
        if lot < 0.8:
            self._label(message, draw.choice(LABELS))
        else:
            del self.messages[message.id]
            self._write(message, "message.deleted", ())

    def touch(self) -> None:
        self.create(LABELS)

    def void(self) -> None:
        """Forget the history so far: its ids answer 404 from now on."""
        self.records.clear()
        self.head += 1
        self.floor = self.head
        self.voided = self.ground.timeline.now

    def _label(self, message: Message, label: str) -> None:
        if label in message.labels:
            message.labels.discard(label)
            self._write(message, "labels.removed", (label,))
        else:
            message.labels.add(label)
            self._write(message, "labels.added", (label,))

    def _write(self, message: Message, kind: str, labels: tuple[str, ...]) -> None:
        self.head += self.ground.random.randint(1, 100)
        message.history = self.head
        visible = self.ground.visible()
        record = Record(
            id=self.head,
            kind=kind,
            message=message.id,
            carried=tuple(sorted(message.labels)),
            labels=labels,
            at=self.ground.timeline.now,
            visible=max(visible, self.records[-1].visible) if self.records else visible,
        )
        self.records.append(record)
        self.by_id[record.id] = record
        self.of[record.message].append(record)
        self.became(str(record.id), kind, record.visible)
        self.ground.mailed(self.account, record)

    # --- what is answered ------------------------------------------------------------------------

    def answer(self, call: Call) -> dict[str, Any]:
        if call.method == "users.history.list":
            start = int(call.params["startHistoryId"])
            return self._history(start, int(call.params.get("pageToken", start)))
        if call.method == "users.messages.list":
            return self._list(int(call.params.get("pageToken", 0)))
        if call.method == "users.messages.get":
            return self._get(str(call.params["id"]))
        assert call.method == "users.getProfile", call.method
        count = len(self.messages)
        shown = {"emailAddress": self.account, "historyId": str(self.newest())}
        return {**shown, "messagesTotal": count, "threadsTotal": count}

    def newest(self) -> int:
        """Give the history id up to which everything is listed."""
        now = self.ground.timeline.now
        for number in range(len(self.records) - 1, -1, -1):
            if self.records[number].visible <= now:
                last = number + 1 == len(self.records)
                return self.head if last else self.records[number].id
        return self.floor if self.records else self.head

    def _history(self, start: int, after: int) -> dict[str, Any]:
        if start < self.floor:
            raise Refused("404 notFound: Requested entity was not found.", Verdict.NOT_FOUND)
        now, size = self.ground.timeline.now, self.ground.page
        left = [r for r in reversed(self.records) if r.id > after and r.visible <= now][::-1]
        answer: dict[str, Any] = {"historyId": str(self.newest())}
        if left:
            answer["history"] = [_shown(record) for record in left[:size]]
        if len(left) > size:
            answer["nextPageToken"] = str(left[size - 1].id)
        return answer

    def _list(self, start: int) -> dict[str, Any]:
        found = sorted(self.messages.values(), key=lambda m: (-m.born, m.id))
        page = found[start : start + self.ground.page]
        answer: dict[str, Any] = {"resultSizeEstimate": len(found)}
        if page:
            answer["messages"] = [{"id": m.id, "threadId": m.id} for m in page]
        if len(found) > start + len(page):
            answer["nextPageToken"] = str(start + len(page))
        return answer

    def _get(self, item: str) -> dict[str, Any]:
        if item not in self.messages:
            raise Refused("404 notFound: Requested entity was not found.", Verdict.NOT_FOUND)
        message = self.messages[item]
        return {
            "id": item,
            "threadId": item,
            "labelIds": sorted(message.labels),
            "snippet": "",
            "historyId": str(message.history),
            "internalDate": str(round(message.born * 1000)),
            "sizeEstimate": 100,
        }


def _shown(record: Record) -> dict[str, Any]:
    known = {"id": record.message, "threadId": record.message}
    change: dict[str, Any] = {"message": {**known, "labelIds": list(record.carried)}}
    if record.labels:
        change["labelIds"] = list(record.labels)
    return {"id": str(record.id), "messages": [known], KINDS[record.kind]: [change]}
