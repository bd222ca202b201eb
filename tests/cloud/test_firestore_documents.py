"""What stands in Firestore: the names and types that others rely on, and what edits may break."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.firestore import Client
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.change import Seen
from functions.domain.model import ChannelState, Verdict
from infra.cloud.firestore_documents import to_id, to_name
from infra.cloud.firestore_store import FirestoreStore
from tests.contracts.store_examples import MINUTE, NOW, ODD_IDS, becomes, channel, progress
from tests.contracts.store_memory import many
from tests.notes import Notes


@pytest.fixture
def notes() -> Notes:
    """Give a journal."""
    return Notes()


@pytest.fixture
def store(firestore: Client, notes: Notes) -> FirestoreStore:
    """Give a store."""
    return FirestoreStore(firestore, journal=notes)


def fields_of(firestore: Client, path: str) -> dict[str, Any]:
    """Read a document behind the store's back."""
    return firestore.document(path).get().to_dict() or {}


@given(st.text(max_size=30) | st.sampled_from(ODD_IDS) | st.text("/%._", max_size=6))
def test_every_id_has_a_name_of_its_own(id_: str) -> None:
    """Any id leads to a name that Firestore takes, and back."""
    name = to_name(id_)
    assert to_id(name) == id_
    assert "/" not in name
    assert name not in {"", ".", ".."}
    assert not re.fullmatch("__.*__", name, re.DOTALL)


def test_usual_ids_are_names() -> None:
    """The key of a document is the watch's id, as the contract has it."""
    for id_ in ("ana-drive", "team:o'neil+x@example.com", "_x_"):
        assert to_name(id_) == id_


def test_progress_has_the_contracts_fields(store: FirestoreStore, firestore: Client) -> None:
    """Others find the fields under their names, times as Firestore's timestamps."""
    store.change(
        "ana-drive",
        becomes(
            progress(cursor="7", pulled_at=NOW, due_at=NOW + MINUTE, lease_until=NOW, failures=2)
        ),
    )
    fields = fields_of(firestore, "progress/ana-drive")
    expected = {
        "cursor": "7",
        "pulled_at": NOW,
        "due_at": NOW + MINUTE,
        "verdict": "ok",
        "failures": 2,
        "lease_until": NOW,
    }
    assert expected.items() <= fields.items()
    assert fields["due_at"].utcoffset() == timedelta(0)


def test_channel_has_the_contracts_fields(store: FirestoreStore, firestore: Client) -> None:
    """Channels stand under their own ids with the contract's fields."""
    value = channel("0" * 32, confirmed_at=NOW, resource_id="r", expiration=NOW, last_number=3)
    value = replace(value, heard_at=NOW, closed_at=NOW + MINUTE)
    store.change("ana-drive", becomes(progress(), value))
    fields = fields_of(firestore, "channels/" + "0" * 32)
    expected = {
        "watch": "ana-drive",
        "subject": None,
        "state": "live",
        "confirmed_at": NOW,
        "resource_id": "r",
        "resource_uri": None,
        "expiration": NOW,
        "opened_at": NOW,
        "last_number": 3,
        "heard_at": NOW,
        "closed_at": NOW + MINUTE,
        "key_id": "k1",
        "address": "https://example.com/receive",
        "delete_at": None,
    }
    assert expected.items() <= fields.items()


def test_declared_revision_stands_in_control(store: FirestoreStore, firestore: Client) -> None:
    """Others write and read the revision where the contract has it."""
    store.declare({"a": {}}, revision="r1")
    assert fields_of(firestore, "control/declared") == {"revision": "r1"}
    firestore.document("control/declared").set({"revision": "r2"})
    assert store.revision() == "r2"


def test_memory_ends_with_its_progress(store: FirestoreStore, firestore: Client) -> None:
    """The parts of the memory go some days after their progress, and stay if it stays."""

    def ends() -> list[Any]:
        return [part.get("delete_at") for part in firestore.collection("seen").stream()]

    store.change("ana-drive", becomes(progress()), seen=many(9))
    assert ends() == [None]
    store.change("ana-drive", becomes(progress(delete_at=NOW)))
    assert ends() == [NOW + timedelta(days=3)]
    store.change("ana-drive", becomes(progress(delete_at=NOW)), seen={"new": Seen(version="1")})
    assert ends() == [NOW + timedelta(days=3)]
    store.change("ana-drive", becomes(progress()))
    assert ends() == [None]
    assert store.recall("ana-drive", many(9)) == many(9)


def test_notes_of_items_expire(store: FirestoreStore, firestore: Client) -> None:
    """Each error of an item is noted once, shortly, and goes after 30 days."""
    for error in ("first", "second", "first", "long" * 1000):
        store.bury("ana-drive", item="", error=error, now=NOW)
    notes = [note.to_dict() or {} for note in firestore.collection("unreadable").stream()]
    expected = {"watch": "ana-drive", "item": "", "error": "first", "noted_at": NOW}
    assert expected | {"delete_at": NOW + timedelta(days=30)} in notes
    assert sorted(len(note["error"]) for note in notes) == [5, 6, 1000]


def test_progress_without_due_time_is_not_due(store: FirestoreStore, firestore: Client) -> None:
    """A progress whose due time is missing, null or no time is never found to be due."""
    firestore.document("progress/a").set({"watch": "a"})
    firestore.document("progress/b").set({"watch": "b", "due_at": None})
    firestore.document("progress/c").set({"watch": "c", "due_at": "2020-01-01T00:00:00Z"})
    firestore.document("progress/d").set({"watch": "d", "due_at": 5})
    assert store.due(NOW, 9) == []


def test_edited_progress_keeps_what_can_be_read(
    store: FirestoreStore, firestore: Client, notes: Notes
) -> None:
    """Fields that somebody made unreadable are at their defaults, which is said."""
    store.change("ana-drive", becomes(progress(cursor="7", verdict=Verdict.INVALID, failures=3)))
    firestore.document("progress/ana-drive").update(
        {"verdict": "x", "listing": 5, "watch": "wrong"}
    )
    assert store.progress("ana-drive") == progress(cursor="7", failures=3)
    assert notes.warnings == [
        {
            "decision": "unreadable",
            "document": "progress/ana-drive",
            "fields": ["listing", "verdict"],
        }
    ]
    store.change("ana-drive", lambda case: case, seen=many(1))
    assert fields_of(firestore, "progress/ana-drive")["verdict"] == "ok"


def test_unreadable_channel_is_left_out(
    store: FirestoreStore, firestore: Client, notes: Notes
) -> None:
    """A channel that lacks what it needs is passed over and named; others are given."""
    store.change("ana-drive", becomes(progress(), channel("c1")))
    firestore.document("channels/c2").set({"watch": "ana-drive", "state": "live"})
    assert store.channels("ana-drive") == [channel("c1")]
    assert store.channel("c2") is None
    assert {each["document"] for each in notes.warnings} == {"channels/c2"}


def test_fields_of_others_stay(store: FirestoreStore, firestore: Client) -> None:
    """What a later version or an operator added to a document is not lost by a change."""
    store.change("ana-drive", becomes(progress(), channel()))
    for path in ("progress/ana-drive", "channels/c1"):
        firestore.document(path).update({"comment": "mine"})
    closed = channel(state=ChannelState.CLOSED)
    store.change("ana-drive", becomes(progress(cursor="8"), closed), channels=["c1"])
    for path in ("progress/ana-drive", "channels/c1"):
        assert fields_of(firestore, path)["comment"] == "mine"


def test_largest_message_number_fits(store: FirestoreStore) -> None:
    """Google's numbers may be one larger than Firestore's: statistics, so the nearest serves."""
    store.change("ana-drive", becomes(progress(), channel(last_number=2**63)))
    found = store.channel("c1")
    assert found is not None
    assert found.last_number == 2**63 - 1


def test_unreadable_memory_is_as_forgotten(
    store: FirestoreStore, firestore: Client, notes: Notes
) -> None:
    """Bytes that are not ours are said to be unreadable, and written anew by the next memory."""
    store.change("ana-drive", becomes(progress()), seen=many(3))
    [part] = firestore.collection("seen").stream()
    part.reference.update({"packed": b"not ours"})
    assert store.recall("ana-drive", many(3)) == {}
    assert notes.warnings[0]["fields"] == ["packed"]
    store.change("ana-drive", becomes(progress(cursor="8")), seen=many(2))
    assert store.recall("ana-drive", many(3)) == many(2)
