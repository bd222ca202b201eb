"""Judges what is told of mail: each record of the history is told, but for what a resync passes.

An account owes records, named by their ids; a resync lists messages, so that of what lies before
its new cursor it tells those that are there, once each, and of those told before that are gone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from functions.domain.event import Event
from tests.simulation.google.mail import Mail, Record

if TYPE_CHECKING:
    from tests.simulation.judge import Account, Judge

SECOND = 1.0
ADDED, DELETED = "message.added", "message.deleted"


class Mailroom:
    """What differs from the judgement of items that have one state at a time."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def owes(self, account: Account, item: str) -> bool:
        """Tell whether an account is owed a new record."""
        record = mail_of(account).by_id[int(item)]
        return record.concerns(account.labels) or record.kind == DELETED

    def tell(self, account: Account, event: Event) -> str:
        """Judge an event that is published first now, and name the record that it tells."""
        kind, message = str(event.data["kind"]), str(event.subject)
        records = mail_of(account).of[message]
        if kind == DELETED:
            record = next((r for r in records if r.kind == DELETED), None)
            wanted = record and (record.concerns(account.labels) or _was_told(account, message))
        else:
            history = int(event.data["item"]["historyId"])
            record = next((r for r in records if r.id == history), None)
            wanted = record and record.concerns(account.labels)
        if record is None:
            self._judge.fail(account.watch, f"invented: {event}")
        if not wanted:
            self._judge.fail(account.watch, f"not asked for: {kind} {record}")
        if record.kind != kind:
            record = self._listed(account, event, records)
        self._judge_record(account, event, record)
        return str(record.id)

    def is_same(self, account: Account, known: Event, event: Event) -> bool:
        """Tell whether two events of one id say the same.

        Google gives no time of what its history has, and another resource of what its list has.
        """
        voided = mail_of(account).voided
        if voided is not None and voided >= account.begun:
            return known.type == event.type and known.subject == event.subject
        return replace(known, time=event.time) == event

    def _listed(self, account: Account, event: Event, records: list[Record]) -> Record:
        """Give the record that a message stands for which a resync met in a list."""
        voided = mail_of(account).voided
        if event.data["kind"] != ADDED or voided is None or voided < account.begun:
            self._judge.fail(account.watch, f"invented: {event}")
        return records[0]

    def _judge_record(self, account: Account, event: Event, record: Record) -> None:
        name = str(record.id)
        if name in account.told and not self._judge.troubled(account.watch, account.told_at[name]):
            self._judge.fail(account.watch, f"told again: {event}")
        if record.at < account.begun - self._judge.lag - SECOND:
            self._judge.fail(account.watch, f"older than the watch: {event}")
        self._judge_order(account, event, record)

    def _judge_order(self, account: Account, event: Event, record: Record) -> None:
        last, voided = max(map(int, account.told), default=0), mail_of(account).voided
        if record.id >= last or (voided is not None and voided >= account.begun):
            return
        if not self._judge.troubled(account.watch, account.told_at[str(last)]):
            self._judge.fail(account.watch, f"backwards: {event} after {last}")

    def is_settled(self, account: Account, item: str) -> bool:
        """Tell whether nothing need be told of a record."""
        record = mail_of(account).by_id[int(item)]
        if item in account.told:
            return True
        wanted = record.concerns(account.labels) or _was_told(account, record.message)
        if not wanted:
            return True  # the deletion of what was never of interest
        if record.id > account.resynced_to:
            return False
        return not _is_listed(account, record)


def _is_listed(account: Account, record: Record) -> bool:
    """Tell whether a resync tells of a record that lay before its new cursor."""
    records = mail_of(account).of[record.message]
    if record.kind == DELETED:
        return _was_told(account, record.message)
    # What was listed late may seem older than the last pull; labels may be others by then.
    plain = record is records[-1] and record.visible <= record.at
    return record.kind == ADDED and plain


def _was_told(account: Account, message: str) -> bool:
    return any(str(r.id) in account.told for r in mail_of(account).of[message])


def mail_of(account: Account) -> Mail:
    """Give the mailbox of an account."""
    assert isinstance(account.collection, Mail)
    return account.collection
