"""How Gmail's history is read: which steps, of which labels, and how far."""

from __future__ import annotations

from typing import Any

import pytest

from functions.domain.change import State
from functions.domain.errors import Unavailable
from functions.sources.gmail import GmailMailbox, read_history_id
from functions.sources.source import Page
from tests.functions.sources.answering import MOMENT, answer

SOURCE = GmailMailbox()


def entry(item: str = "m1", labels: tuple[str, ...] = ("INBOX",), **more: Any) -> dict[str, Any]:
    """Make an entry of a typed list."""
    return {"message": {"id": item, "threadId": "t", "labelIds": list(labels)}, **more}


def read(*records: dict[str, Any], labels: tuple[str, ...] = (), **more: Any) -> Page:
    """Read records of the history."""
    params = {"labelIds": list(labels)} if labels else {}
    body = {"history": list(records), "historyId": "200", **more}
    return SOURCE.read_changes(params, MOMENT, answer(body))


def kinds(page: Page) -> list[tuple[str, str]]:
    """List what a page tells."""
    return [(found.kind or f"message.{found.gone_verb}", found.item) for found in page.found]


@pytest.mark.parametrize("value", ["123", 123, "18446744073709551615", 2**64 - 1])
def test_history_id_is_text_or_number(value: str | int) -> None:
    """Documented as a text, sent as a number."""
    assert read_history_id(value) == str(value)


@pytest.mark.parametrize("value", [None, "", "x", -1, 1.5, True, "\u0661", "1_0", " 1", "9" * 21])
def test_anything_else_is_no_history_id(value: object) -> None:
    """`int` would take some of these."""
    with pytest.raises(Unavailable):
        read_history_id(value)


@pytest.mark.parametrize(("newest", "cursor"), [("200", "200"), (200, "200"), ("50", "100")])
def test_cursor_never_goes_back(newest: object, cursor: str) -> None:
    """An answer may be older than the one before."""
    assert read(historyId=newest).cursor == cursor


def test_only_the_last_page_moves_the_cursor() -> None:
    """The others only lead to the next."""
    page = read(nextPageToken="p2")
    assert (page.page, page.cursor) == ("p2", None)


def test_read_begins_at_our_own_cursor() -> None:
    """Never at the id that was pushed; labels and kinds are not filtered by Google."""
    params = SOURCE.changes({"labelIds": ["INBOX"]}, MOMENT).params
    assert dict(params) == {"userId": "me", "startHistoryId": "100", "maxResults": 500}


def test_typed_lists_tell_and_messages_only_repeats() -> None:
    """One record may have several lists."""
    record = {
        "id": "150",
        "messages": [{"id": "m1"}],
        "messagesAdded": [entry()],
        "messagesDeleted": [entry("m2")],
        "labelsAdded": [entry("m3", labelIds=["A"])],
        "labelsRemoved": [entry("m4", labelIds=["B"])],
    }
    assert kinds(read(record)) == [
        ("message.added", "m1"),
        ("message.deleted", "m2"),
        ("labels.added", "m3"),
        ("labels.removed", "m4"),
    ]


def test_labels_of_one_record_message_and_kind_are_one_event() -> None:
    """In order, whatever order Google gives them."""
    added = [entry(labelIds=["B"]), entry(labelIds=["A", "B"]), entry("m2", labelIds=["C"])]
    first, second = read({"id": "150", "labelsAdded": added}).found
    assert (first.version, first.resource["changedLabelIds"]) == ("150", ["A", "B"])
    assert (second.item, second.resource["changedLabelIds"]) == ("m2", ["C"])


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"messagesAdded": [entry()]}, []),
        ({"messagesAdded": [entry(labels=("X",))]}, ["message.added"]),
        ({"labelsAdded": [entry(labels=("X", "INBOX"), labelIds=["INBOX"])]}, ["labels.added"]),
        ({"labelsAdded": [entry(labelIds=["X"])]}, ["labels.added"]),
        ({"labelsRemoved": [entry(labelIds=["X"])]}, ["labels.removed"]),
        ({"labelsRemoved": [entry(labelIds=["INBOX"])]}, []),
    ],
)
def test_labels_filter(record: dict[str, Any], told: list[str]) -> None:
    """Told is what carries, gains or loses a wanted label."""
    page = read({"id": "150", **record}, labels=("X",))
    assert [found.kind for found in page.found] == told


def test_deletion_of_other_mail_is_told_only_if_that_was_told() -> None:
    """The memory decides: what carries no wanted label is marked as such."""
    gone = read({"id": "150", "messagesDeleted": [entry(), entry("m2", ("X",))]}, labels=("X",))
    assert [(found.state, found.wanted) for found in gone.found] == [
        (State.GONE, False),
        (State.GONE, True),
    ]


@pytest.mark.parametrize(
    "record",
    [{}, {"id": "x"}, {"id": "150", "messagesAdded": [{}]}, {"id": "150", "labelsAdded": [7]}],
)
def test_unreadable_record_holds_up_no_other(record: dict[str, Any]) -> None:
    """Named, and the cursor goes on."""
    page = read(record, {"id": "151", "messagesAdded": [entry()]})
    assert kinds(page) == [("message.added", "m1")]
    assert len(page.unreadable) == 1
    assert page.cursor == "200"


def test_message_is_read_with_its_own_time() -> None:
    """For a resync: when it came, and whether it carries what is wanted."""
    body = {"id": "m1", "labelIds": ["X"], "internalDate": "1772366400000", "historyId": 7}
    found = SOURCE.read_get({"labelIds": ["X"]}, answer(body), item="m1")
    assert found.born is not None
    assert (found.born.year, found.version, found.wanted) == (2026, "7", True)
    assert SOURCE.read_get({"labelIds": ["Y"]}, answer(body), item="m1").wanted is False


def test_order_of_labels_is_no_edit() -> None:
    """Sorted, each once; none is all mail."""
    assert SOURCE.normal({"labelIds": ["B", "A", "B"]}) == {"labelIds": ["A", "B"]}
    assert SOURCE.normal({"labelIds": []}) == SOURCE.normal({}) == {}
