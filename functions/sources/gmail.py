"""Gmail: the history of a mailbox. Its watch delivers by a Pub/Sub topic and is renewed in place.

https://developers.google.com/workspace/gmail/api/guides/push
https://developers.google.com/workspace/gmail/api/guides/sync: a history id lists what came since;
404 voids it. Each event of the history is told, not collapsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.domain.change import Found, State
from functions.domain.errors import Unavailable
from functions.sources.call import Answer, Call
from functions.sources.source import (
    Moment,
    Page,
    Params,
    Profile,
    Untargeted,
    need_id,
    next_page,
    optional_list,
    read_entries,
    readable,
)

SCOPE = "https://www.googleapis.com/auth/gmail.metadata"
ME = "me"
PAGE_SIZE = 500
LONGEST_ID = 20  # digits: 64 bits
LIFE = timedelta(days=7)

# The typed lists of a history record, and what each tells. `messages` only repeats them.
LISTS = {
    "messagesAdded": "message.added",
    "messagesDeleted": "message.deleted",
    "labelsAdded": "labels.added",
    "labelsRemoved": "labels.removed",
}


class GmailMailbox(Untargeted):
    """`gmail.mailbox`: what happens to the mail of one account."""

    profile = Profile(
        name="gmail.mailbox",
        api="gmail",
        version="v1",
        scopes=(SCOPE,),
        kinds=tuple(LISTS.values()),
        default_life=LIFE,
        longest_life=LIFE,
        cursor="history id",
        params={
            "labelIds": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 256},
                "maxItems": 1000,
            }
        },
        needs_subject=True,
        lists_at_baseline=False,
        by_topic=True,
        not_found_voids=True,
        newest_first=True,
        remembers=10_000,
    )

    def normal(self, params: Params) -> Params:
        """Put the labels in order: another order is no edit."""
        labels = sorted(set(params.get("labelIds") or ()))
        return {"labelIds": labels} if labels else {}

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call:
        """Build users.watch; `body` names the topic and the labels of all watches of the mailbox.

        It may be sent again: called twice it renews in place.
        """
        del params, cursor
        return self._call("users.watch", {}, body=body)

    def stop(self, *, channel: str, resource_id: str) -> Call:
        """Build users.stop, which ends the one watch a mailbox has."""
        del channel, resource_id
        return self._call("users.stop", {})

    def start(self, params: Params) -> Call:
        """Build users.getProfile, which has the newest history id."""
        del params
        return self._call("users.getProfile", {})

    def read_start(self, answer: Answer) -> str:
        """Read the newest history id."""
        return read_history_id(answer.body.get("historyId"))

    def changes(self, params: Params, moment: Moment) -> Call:
        """Build users.history.list from our own cursor, never from the one that was pushed.

        Labels are filtered when reading: the API's filter takes one label, and hides deletions.
        """
        del params
        wanted: dict[str, Any] = {"startHistoryId": moment.cursor, "maxResults": PAGE_SIZE}
        return self._call("users.history.list", _paged(wanted, moment))

    def read_changes(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of the history; the last one has the id to go on from."""
        page = next_page(answer)
        newest = read_history_id(answer.body.get("historyId"))
        began = moment.cursor
        records = optional_list(answer, "history")
        labels = frozenset(params.get("labelIds") or ())
        found, unreadable = read_entries(records, lambda record: list(_record(record, labels)))
        cursor = None if page else str(max(int(newest), int(began) if began.isdecimal() else 0))
        return Page(found=found, page=page, cursor=cursor, unreadable=unreadable)

    def listing(self, params: Params, moment: Moment) -> Call:
        """Build users.messages.list, newest first: it tells no more than ids."""
        del params
        wanted = {"maxResults": PAGE_SIZE, "includeSpamTrash": True}
        return self._call("users.messages.list", _paged(wanted, moment))

    def read_listing(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of ids; each is read by a get of its own."""
        del params, moment
        messages = optional_list(answer, "messages")
        ids, unreadable = read_ids(messages)
        return Page(to_get=ids, page=next_page(answer), unreadable=unreadable)

    def get(self, params: Params, *, item: str) -> Call:
        """Build users.messages.get."""
        del params
        return self._call("users.messages.get", {"id": item, "format": "minimal"})

    def read_get(self, params: Params, answer: Answer, *, item: str) -> Found:
        """Read a message as one that was added, if it carries a label that is wanted."""
        del item
        labels = frozenset(params.get("labelIds") or ())
        return readable(answer, lambda message: _message(message, labels))

    def _call(
        self, method: str, params: Mapping[str, Any], *, body: Mapping[str, Any] | None = None
    ) -> Call:
        return self.profile.call(method, {"userId": ME, **params}, body=body)


def read_ids(messages: Iterable[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the ids of listed messages, and what is wrong with entries that have none."""
    ids: list[str] = []
    unreadable: list[str] = []
    for message in messages:
        try:
            ids.append(need_id(message if isinstance(message, Mapping) else {}, "message"))
        except ValueError as error:
            unreadable.append(str(error))
    return tuple(ids), tuple(unreadable)


def read_history_id(value: object) -> str:
    """Read a history id, which comes as a text or as a number.

    Raises:
        Unavailable: it is neither.
    """
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text.isdecimal() or not text.isascii() or len(text) > LONGEST_ID:
        msg = "Google's answer has no history id"
        raise Unavailable(msg)
    return text


def _paged(wanted: dict[str, Any], moment: Moment) -> dict[str, Any]:
    return {**wanted, "pageToken": moment.page} if moment.page else wanted


def _record(record: Mapping[str, Any], labels: frozenset[str]) -> Iterator[Found]:
    """Read one record of the history: all labels of one message and kind are one event."""
    try:
        version = read_history_id(record.get("id"))
    except Unavailable:
        msg = "a history record without id"
        raise ValueError(msg) from None
    for name, kind in LISTS.items():
        merged: dict[str, dict[str, Any]] = {}
        for entry in record.get(name) or ():
            message = entry.get("message") or {}
            item = need_id(message, "a message of a history record")
            known = merged.setdefault(item, {**entry, "labelIds": []})
            known["labelIds"] = sorted({*known["labelIds"], *(entry.get("labelIds") or ())})
        for item, entry in merged.items():
            concerns = _concerns(entry, labels)
            if concerns or kind == "message.deleted":  # that of what was told is told
                yield _event(kind, item, entry, version, wanted=concerns)


def _concerns(entry: Mapping[str, Any], labels: frozenset[str]) -> bool:
    """Whether the message carries, gains or loses a label that is wanted."""
    if not labels:
        return True
    carried = (entry.get("message") or {}).get("labelIds") or ()
    return not labels.isdisjoint(carried) or not labels.isdisjoint(entry["labelIds"])


def _event(kind: str, item: str, entry: Mapping[str, Any], version: str, *, wanted: bool) -> Found:
    message = dict(entry["message"])
    if kind == "message.deleted":
        return Found(
            noun="message",
            item=item,
            state=State.GONE,
            resource={**message, "historyId": version},
            wanted=wanted,
        )
    changed = {"changedLabelIds": entry["labelIds"]} if kind.startswith("labels.") else {}
    return Found(
        noun="message",
        item=item,
        state=State.PRESENT,
        resource={**message, "historyId": version, **changed},
        version=version,
        kind=kind,
    )


def _message(message: Mapping[str, Any], labels: frozenset[str]) -> Found:
    item = need_id(message, "message")
    carried = frozenset(message.get("labelIds") or ())
    millis = str(message.get("internalDate", ""))
    born = datetime.fromtimestamp(int(millis) / 1000, tz=UTC) if millis.isdecimal() else None
    try:
        version = read_history_id(message.get("historyId"))
    except Unavailable:
        msg = "message without historyId"
        raise ValueError(msg) from None
    return Found(
        noun="message",
        item=item,
        state=State.PRESENT,
        resource=message,
        version=version,
        born=born,
        changed=born,
        kind="message.added",
        once=True,
        wanted=not labels or not labels.isdisjoint(carried),
    )
