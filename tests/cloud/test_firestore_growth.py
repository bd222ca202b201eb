"""Memory that outgrows its parts is laid out anew, and a crash in the middle loses nothing."""

from __future__ import annotations

import pytest
from google.cloud.firestore import Client

from functions.domain.change import Seen
from functions.domain.errors import Unavailable
from infra.cloud import firestore_remembering, firestore_writing
from infra.cloud.firestore_parts import FirestoreParts, Layout
from infra.cloud.firestore_store import FirestoreStore
from infra.cloud.packing import Part, part_of
from tests.contracts.store_examples import becomes, progress
from tests.contracts.store_memory import everything, many

_SMALL = 2000  # bytes of a part


@pytest.fixture
def store(firestore: Client, monkeypatch: pytest.MonkeyPatch) -> FirestoreStore:
    """Give a store whose parts are small."""
    monkeypatch.setattr(firestore_remembering, "PART_GROWS_TO", _SMALL)
    return FirestoreStore(firestore)


def parts(firestore: Client) -> dict[str, bytes]:
    """Read all parts behind the store's back."""
    return {each.id: each.get("packed") for each in firestore.collection("seen").stream()}


def test_parts_are_doubled_as_memory_grows(store: FirestoreStore, firestore: Client) -> None:
    """Each part stays small, all entries stay, and no old part is left behind."""
    entries = many(1000)
    store.change("ana-drive", becomes(progress()))
    keys = list(entries)
    for start in range(0, len(keys), 50):
        page = {key: entries[key] for key in keys[start : start + 50]}
        store.change("ana-drive", becomes(progress(cursor=str(start))), seen=page)
    stored = parts(firestore)
    assert len(stored) >= 4
    assert max(map(len, stored.values())) <= _SMALL
    [layout] = {name.rpartition("-")[0] for name in stored}
    assert sorted(stored) == sorted(f"{layout}-{index}" for index in range(len(stored)))
    assert store.recall("ana-drive", entries) == entries
    assert dict(everything(store, "ana-drive", 33)) == entries


def test_parts_that_did_not_change_are_doubled_along(store: FirestoreStore) -> None:
    """When one part outgrows its size, the entries of all others move to the new parts, too."""
    entries = many(1000)
    store.change("ana-drive", becomes(progress()), seen=entries)
    first = {key: seen for key, seen in many(9000).items() if part_of(key, 16) == 0}
    store.change("ana-drive", becomes(progress(cursor="8")), seen=first)
    assert store.recall("ana-drive", entries | first) == entries | first


def test_pages_go_on_while_parts_are_doubled(store: FirestoreStore) -> None:
    """Who reads page by page misses no entry that was there, though the parts change meanwhile."""
    entries = many(60)
    store.change("ana-drive", becomes(progress()), seen=entries)
    found = list(store.memory("ana-drive", after=None, limit=20))
    store.change("ana-drive", becomes(progress(cursor="8")), seen=many(1000))
    while page := store.memory("ana-drive", after=found[-1][0], limit=20):
        found += page
    keys = [key for key, _ in found]
    assert set(entries) <= set(keys)
    assert len(set(keys)) == len(keys)


def test_entries_are_found_while_parts_are_doubled(
    store: FirestoreStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who learnt the layout just before it changed looks again instead of finding nothing."""
    store.change("ana-drive", becomes(progress()), seen=many(10))
    read = FirestoreParts.read

    def read_late(
        self: FirestoreParts, layout: Layout, indexes: list[int]
    ) -> dict[int, Part | None]:
        monkeypatch.setattr(FirestoreParts, "read", read)
        store.change("ana-drive", becomes(progress(cursor="8")), seen=many(500))
        return read(self, layout, indexes)

    monkeypatch.setattr(FirestoreParts, "read", read_late)
    assert store.recall("ana-drive", many(10)) == many(10)


def failing_after(firestore: Client, monkeypatch: pytest.MonkeyPatch, commits: int) -> None:
    """Let so many commits succeed, and no other."""
    commit = firestore._firestore_api.commit
    left = [commits]

    def failing(**request: object) -> object:
        if not left[0]:
            raise Unavailable("the test's outage")
        left[0] -= 1
        return commit(**request)

    monkeypatch.setattr(firestore._firestore_api, "commit", failing)


@pytest.mark.parametrize("commits", range(6))
def test_crash_while_growing_loses_nothing(
    store: FirestoreStore, firestore: Client, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    """Wherever it breaks off, the old memory is whole, the decision unmade, and again it works."""
    old, new = many(50), many(600)
    store.change("ana-drive", becomes(progress(cursor="7")), seen=old)
    with monkeypatch.context() as crash:
        crash.setattr(firestore_writing, "_MOST_WRITES", 1)
        failing_after(firestore, crash, commits)
        is_done = True
        try:
            store.change("ana-drive", becomes(progress(cursor="8")), seen=new)
        except Unavailable:
            is_done = False
    # Four parts, the last of them with the decision; what fails after that is mere tidying.
    assert is_done == (commits >= 4)
    assert store.progress("ana-drive") == progress(cursor="8" if is_done else "7")
    assert store.recall("ana-drive", new) == (new if is_done else old)
    store.change("ana-drive", becomes(progress(cursor="8")), seen=new)
    assert store.recall("ana-drive", new) == new
    store.forget("ana-drive")
    assert parts(firestore) == {}


def test_forgetting_also_clears_what_a_crash_left(
    store: FirestoreStore, firestore: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of a doubling that broke off go with the others."""
    store.change("ana-drive", becomes(progress()), seen=many(150))
    before = parts(firestore)
    with monkeypatch.context() as crash:
        crash.setattr(firestore_writing, "_MOST_WRITES", 1)
        failing_after(firestore, crash, 1)
        with pytest.raises(Unavailable):
            store.change("ana-drive", becomes(progress(cursor="8")), seen=many(250))
    assert len(parts(firestore)) == len(before) + 1
    store.forget("ana-drive")
    assert parts(firestore) == {}


def test_large_memory_goes_ahead_of_the_decision(
    store: FirestoreStore, firestore: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit into one commit is written in several, the cursor with the last."""
    monkeypatch.setattr(firestore_writing, "_MOST_WRITES", 3)
    entries = many(1000)
    store.change("ana-drive", becomes(progress(cursor="7")))
    store.change("ana-drive", becomes(progress(cursor="8")), seen=entries)
    assert store.progress("ana-drive") == progress(cursor="8")
    assert store.recall("ana-drive", entries) == entries
    changed = {key: Seen(version="9") for key in entries}
    store.change("ana-drive", becomes(progress(cursor="9")), seen=changed)
    assert store.recall("ana-drive", entries) == changed


def test_new_progress_may_bring_large_memory(
    store: FirestoreStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory in several commits also comes with the first progress of a watch."""
    monkeypatch.setattr(firestore_writing, "_MOST_WRITES", 3)
    store.change("ana-drive", becomes(progress()), seen=many(1000))
    assert store.recall("ana-drive", many(1000)) == many(1000)


def test_forgetting_leaves_no_part(store: FirestoreStore, firestore: Client) -> None:
    """A watch that starts anew leaves nothing behind that somebody pays for."""
    store.change("ana-drive", becomes(progress()), seen=many(1000))
    assert parts(firestore) != {}
    store.forget("ana-drive")
    assert parts(firestore) == {}


def test_new_watch_of_that_name_knows_nothing_of_the_old(
    store: FirestoreStore, firestore: Client
) -> None:
    """When a progress has expired before its memory, the memory is not found by the next."""
    store.change("ana-drive", becomes(progress()), seen=many(10))
    firestore.document("progress/ana-drive").delete()
    store.change("ana-drive", becomes(progress()))
    assert store.recall("ana-drive", many(10)) == {}
    store.change("ana-drive", becomes(progress(cursor="8")), seen=many(2))
    assert store.recall("ana-drive", many(10)) == many(2)
