"""What stands in Firestore: the names and types that others rely on, and what edits may break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.firestore import Client
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.change import Seen
from functions.domain.model import ChannelState, Verdict
from infra.cloud.firestore_documents import to_id, to_name
from infra.cloud.firestore_store import FirestoreStore, connect
from tests.contracts.store_examples import MINUTE, NOW, ODD_IDS, becomes, channel, progress
from tests.contracts.store_memory import many


class Notes:
    """A journal that keeps its warnings."""

    def __init__(self) -> None:
        self.warnings: list[dict[str, Any]] = []

    def note(self, decision: str, /, **facts: object) -> None: ...

    def warn(self, decision: str, /, **facts: object) -> None:
        self.warnings.append({"decision": decision, **facts})


@pytest.fixture
def client(firestore_emulator: str, project: str) -> Iterator[Client]:
    """Give a client of a new project."""
    client = connect(project)
    yield client
    client.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def notes() -> Notes:
    """Give a journal."""
    return Notes()


@pytest.fixture
def store(client: Client, notes: Notes) -> FirestoreStore:
    """Give a store."""
    return FirestoreStore(client, journal=notes)


def fields_of(client: Client, path: str) -> dict[str, Any]:
    """Read a document behind the store's back."""
    return client.document(path).get().to_dict() or {}


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


def test_progress_has_the_contracts_fields(store: FirestoreStore, client: Client) -> None:
    """Others find the fields under their names, times as Firestore's timestamps."""
    store.change(
        "ana-drive",
        becomes(
            progress(cursor="7", pulled_at=NOW, due_at=NOW + MINUTE, lease_until=NOW, failures=2)
        ),
    )
    fields = fields_of(client, "progress/ana-drive")
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


def test_channel_has_the_contracts_fields(store: FirestoreStore, client: Client) -> None:
    """Channels stand under their own ids with the contract's fields."""
    value = channel("0" * 32, confirmed_at=NOW, resource_id="r", expiration=NOW, last_number=3)
    store.change("ana-drive", becomes(progress(), value))
    fields = fields_of(client, "channels/" + "0" * 32)
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
        "key_id": "k1",
        "address": "https://example.com/receive",
        "delete_at": None,
    }
    assert expected.items() <= fields.items()


def test_declared_revision_stands_in_control(store: FirestoreStore, client: Client) -> None:
    """Others write and read the revision where the contract has it."""
    store.declare({"a": {}}, revision="r1")
    assert fields_of(client, "control/declared") == {"revision": "r1"}
    client.document("control/declared").set({"revision": "r2"})
    assert store.revision() == "r2"


def test_memory_ends_with_its_progress(store: FirestoreStore, client: Client) -> None:
    """The parts of the memory go some days after their progress, and stay if it stays."""

    def ends() -> list[Any]:
        return [part.get("delete_at") for part in client.collection("seen").stream()]

    store.change("ana-drive", becomes(progress()), seen=many(9))
    assert ends() == [None]
    store.change("ana-drive", becomes(progress(delete_at=NOW)))
    assert ends() == [NOW + timedelta(days=3)]
    store.change("ana-drive", becomes(progress(delete_at=NOW)), seen={"new": Seen(version="1")})
    assert ends() == [NOW + timedelta(days=3)]
    store.change("ana-drive", becomes(progress()))
    assert ends() == [None]
    assert store.recall("ana-drive", many(9)) == many(9)


def test_notes_of_items_expire(store: FirestoreStore, client: Client) -> None:
    """Each error of an item is noted once, shortly, and goes after 30 days."""
    for error in ("first", "second", "first", "long" * 1000):
        store.bury("ana-drive", item="", error=error, now=NOW)
    notes = [note.to_dict() or {} for note in client.collection("unreadable").stream()]
    expected = {"watch": "ana-drive", "item": "", "error": "first", "noted_at": NOW}
    assert expected | {"delete_at": NOW + timedelta(days=30)} in notes
    assert sorted(len(note["error"]) for note in notes) == [5, 6, 1000]


def test_progress_without_due_time_is_not_due(store: FirestoreStore, client: Client) -> None:
    """A progress whose due time is missing, null or no time is never found to be due."""
    client.document("progress/a").set({"watch": "a"})
    client.document("progress/b").set({"watch": "b", "due_at": None})
    client.document("progress/c").set({"watch": "c", "due_at": "2020-01-01T00:00:00Z"})
    client.document("progress/d").set({"watch": "d", "due_at": 5})
    assert store.due(NOW, 9) == []


def test_edited_progress_keeps_what_can_be_read(
    store: FirestoreStore, client: Client, notes: Notes
) -> None:
    """Fields that somebody made unreadable are at their defaults, which is said."""
    store.change("ana-drive", becomes(progress(cursor="7", verdict=Verdict.INVALID, failures=3)))
    client.document("progress/ana-drive").update({"verdict": "x", "listing": 5, "watch": "wrong"})
    assert store.progress("ana-drive") == progress(cursor="7", failures=3)
    assert notes.warnings == [
        {
            "decision": "unreadable",
            "document": "progress/ana-drive",
            "fields": ["listing", "verdict"],
        }
    ]
    store.change("ana-drive", lambda case: case, seen=many(1))
    assert fields_of(client, "progress/ana-drive")["verdict"] == "ok"


def test_unreadable_channel_is_left_out(
    store: FirestoreStore, client: Client, notes: Notes
) -> None:
    """A channel that lacks what it needs is passed over and named; others are given."""
    store.change("ana-drive", becomes(progress(), channel("c1")))
    client.document("channels/c2").set({"watch": "ana-drive", "state": "live"})
    assert store.channels("ana-drive") == [channel("c1")]
    assert store.channel("c2") is None
    assert {each["document"] for each in notes.warnings} == {"channels/c2"}


def test_fields_of_others_stay(store: FirestoreStore, client: Client) -> None:
    """What a later version or an operator added to a document is not lost by a change."""
    store.change("ana-drive", becomes(progress(), channel()))
    for path in ("progress/ana-drive", "channels/c1"):
        client.document(path).update({"comment": "mine"})
    closed = channel(state=ChannelState.CLOSED)
    store.change("ana-drive", becomes(progress(cursor="8"), closed), channels=["c1"])
    for path in ("progress/ana-drive", "channels/c1"):
        assert fields_of(client, path)["comment"] == "mine"


def test_largest_message_number_fits(store: FirestoreStore) -> None:
    """Google's numbers may be one larger than Firestore's: statistics, so the nearest serves."""
    store.change("ana-drive", becomes(progress(), channel(last_number=2**63)))
    found = store.channel("c1")
    assert found is not None
    assert found.last_number == 2**63 - 1


def test_unreadable_memory_is_as_forgotten(
    store: FirestoreStore, client: Client, notes: Notes
) -> None:
    """Bytes that are not ours are said to be unreadable, and written anew by the next memory."""
    store.change("ana-drive", becomes(progress()), seen=many(3))
    [part] = client.collection("seen").stream()
    part.reference.update({"packed": b"not ours"})
    assert store.recall("ana-drive", many(3)) == {}
    assert notes.warnings[0]["fields"] == ["packed"]
    store.change("ana-drive", becomes(progress(cursor="8")), seen=many(2))
    assert store.recall("ana-drive", many(3)) == many(2)
