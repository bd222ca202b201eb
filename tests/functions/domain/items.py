"""Items as sources find them, versioned as a file or bare as an alias, and what is kept of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.domain.change import Change, Found, Outcome, Seen, State, compare
from functions.domain.event import event_of
from functions.domain.model import Watch

BASELINE = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = BASELINE + timedelta(hours=1)
HOUR = timedelta(hours=1)
WATCH = Watch(id="ana-drive", source="drive.changes", subject="ana@example.com")


def found(state: State = State.PRESENT, **fields: Any) -> Found:
    """Make a file that is older than the watch, found in version 5."""
    given: dict[str, Any] = {
        "noun": "file",
        "item": "f1",
        "resource": {"id": "f1"},
        "version": "5",
        "stamp": "five",
        "born": BASELINE - HOUR,
        "changed": NOW - timedelta(minutes=5),
        "gone_verb": "removed",
    }
    return Found(state=state, **(given | fields))


def gone(**fields: Any) -> Found:
    """Make the word of Google that the file is gone."""
    given: dict[str, Any] = {"version": None, "stamp": "", "born": None}
    return found(State.GONE, **(given | fields))


def absent() -> Found:
    """Make what is known of a file that a verified list does not have: nothing but its id."""
    return gone(resource={"id": "f1", "removed": True}, changed=None)


def seen(state: State = State.PRESENT, **fields: Any) -> Seen:
    """Make the memory of the file as told in version 5."""
    given: dict[str, Any] = {"version": "5", "stamp": "five", "ordinal": int(state is State.GONE)}
    return Seen(state=state, **(given | fields))


def outcome(one: Found, kept: Seen | None = None, **fields: Any) -> Outcome:
    """Compare as a pull would, an hour after the baseline."""
    given: dict[str, Any] = {"baseline_at": BASELINE, "now": NOW}
    return compare(one, kept, **(given | fields))


def change(one: Found, kept: Seen | None = None, **fields: Any) -> Change:
    """Compare, and expect a change."""
    told = outcome(one, kept, **fields).change
    assert told is not None
    return told


def id_of(one: Change) -> str:
    """Give the id of the event of a change."""
    return event_of(one, WATCH).id
