"""A message, a record of the mailbox's history, and how Google shows them.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.history/list
"""

import base64
from dataclasses import dataclass
from enum import StrEnum

from infra.local.google.shape import Json


class Kind(StrEnum):
    """What a record of the history tells, by the key that it is told under."""

    ADDED = "messagesAdded"
    DELETED = "messagesDeleted"
    LABELED = "labelsAdded"
    UNLABELED = "labelsRemoved"


# As the parameter `historyTypes` calls them.
TYPES = {
    "messageAdded": Kind.ADDED,
    "messageDeleted": Kind.DELETED,
    "labelAdded": Kind.LABELED,
    "labelRemoved": Kind.UNLABELED,
}


@dataclass(slots=True, kw_only=True, eq=False)
class Mail:
    """A message in a mailbox."""

    id: str
    thread: str
    labels: set[str]
    at: float
    subject: str
    sender: str
    history: int = 0  # the record that changed it last

    def brief(self) -> Json:
        """Show what history records have of a message."""
        return {"id": self.id, "threadId": self.thread, "labelIds": sorted(self.labels)}

    def resource(self, account: str, form: str) -> Json:
        """Show the message: `minimal`, `metadata`, `full` or `raw`."""
        shown = {
            **self.brief(),
            "snippet": self.subject,
            "historyId": str(self.history),
            "internalDate": str(round(self.at * 1000)),
            "sizeEstimate": 100 + len(self.subject),
        }
        headers = {"From": self.sender, "To": account, "Subject": self.subject}
        if form == "raw":
            text = "\r\n".join(f"{name}: {value}" for name, value in headers.items())
            shown["raw"] = base64.urlsafe_b64encode(f"{text}\r\n\r\nHello".encode()).decode()
        elif form != "minimal":
            payload: Json = {"partId": "", "mimeType": "text/plain", "filename": ""}
            payload["headers"] = [{"name": key, "value": each} for key, each in headers.items()]
            if form == "full":
                payload["body"] = {"size": 5, "data": "SGVsbG8="}
            shown["payload"] = payload
        return shown


@dataclass(slots=True, frozen=True, kw_only=True)
class Record:
    """One step in a mailbox's history; `labels` are those added or removed."""

    id: int
    kind: Kind
    message: Json
    labels: tuple[str, ...]
    visible_at: float

    def concerns(self, label: str) -> bool:
        """Tell whether the message carried a label, gained or lost it."""
        return label in self.message["labelIds"] or label in self.labels

    def resource(self) -> Json:
        """Show the record; the message stands in it twice, as it does at Google's."""
        change: Json = {"message": self.message}
        if self.labels:
            change["labelIds"] = list(self.labels)
        known = {key: self.message[key] for key in ("id", "threadId")}
        return {"id": str(self.id), "messages": [known], self.kind.value: [change]}
