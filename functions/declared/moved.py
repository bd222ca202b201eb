"""Finds the mailboxes that a watch of theirs has moved away from: nobody else would look at them.

A job may read an edited declaration before any tick does; from then on the watch's own progress
names its new account alone, and the old mailbox would stay watched until its next renewal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from functions.domain.errors import Invalid
from functions.domain.mailbox import mailbox_name
from functions.domain.model import Progress, Watch
from functions.ports import Case
from functions.schedule import look_by
from functions.sources.gmail import GmailMailbox


def moved_from(mailboxes: Collection[Progress], declared: Iterable[Watch | Invalid]) -> list[str]:
    """Name the mailboxes of which a member is declared as a watch of something else.

    Args:
        mailboxes: the progress of each, which names its members.
        declared: all that is; a member that is not, or cannot be read, is for others to care for.
    """
    members = {member for mailbox in mailboxes for member in mailbox.members}
    found = {w.id: w for w in declared if isinstance(w, Watch) and w.id in members}
    return [
        mailbox.watch
        for mailbox in mailboxes
        if any(_is_elsewhere(found.get(member), mailbox.watch) for member in mailbox.members)
    ]


def looked_at(case: Case, now: datetime) -> Case | None:
    """Give the case of a mailbox that is to be looked at now: who its members are, and for what."""
    return None if case.progress is None else Case(look_by(case.progress, now), {})


def _is_elsewhere(watch: Watch | None, mailbox: str) -> bool:
    if watch is None:
        return False
    is_mail = watch.source == GmailMailbox.profile.name
    return not is_mail or mailbox_name(watch.subject or "") != mailbox
