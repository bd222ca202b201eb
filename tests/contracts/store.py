"""What every store promises: run on SQLite and on Firestore, by subclasses that have the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.declared.unlisted import FIELD, Unlisted, read_unlisted
from functions.domain.errors import Conflict
from functions.domain.fields import to_fields
from tests.contracts.store_change import ChangeContract
from tests.contracts.store_examples import MINUTE, NOW, FullStore, becomes, progress
from tests.contracts.store_handled import HandledContract
from tests.contracts.store_memory import MemoryContract

_DOCUMENT = {
    "source": "drive.changes",
    "subject": "ana@example.com",
    "params": {"spaces": "drive", "labelIds": ["a", "b"]},
    "paused": False,
    "poll": 3600,
    "handle": [{"download": {"mime": ["video/*"], "to": "gs://bucket"}}],
}


class StoreContract(ChangeContract, MemoryContract, HandledContract):
    """All promises; a subclass has a fixture `store`, new for each test."""

    @pytest.fixture
    def store(self) -> FullStore:
        """Give the store under test."""
        raise NotImplementedError

    @pytest.fixture
    def soon_lost(self) -> None:
        """Make a lost race end soon, where it is repeated."""

    # --- finding ---------------------------------------------------------------------------------

    def test_due_comes_first_due_first(self, store: FullStore) -> None:
        """Of what is due the longest due comes first, at most so many; what is not due stays."""
        for watch, minutes in {"a": 3, "b": 1, "c": 2, "d": -1}.items():
            due_at = NOW - minutes * MINUTE
            store.change(watch, becomes(progress(watch, due_at=due_at)))
        store.change("never", becomes(progress("never")))
        assert [each.watch for each in store.due(NOW, 9)] == ["a", "c", "b"]
        assert [each.watch for each in store.due(NOW, 2)] == ["a", "c"]
        assert store.due(NOW, 0) == []

    def test_due_begins_at_the_moment(self, store: FullStore) -> None:
        """At its very moment a progress is due, a microsecond before it is not."""
        store.change("a", becomes(progress("a", due_at=NOW)))
        assert len(store.due(NOW, 9)) == 1
        assert store.due(NOW - timedelta(microseconds=1), 9) == []

    def test_no_longer_due(self, store: FullStore) -> None:
        """A progress whose due time is taken away is not found any more."""
        store.change("a", becomes(progress("a", due_at=NOW)))
        store.change("a", becomes(progress("a")))
        assert store.due(NOW, 9) == []

    def test_found_by_what_tokens_carry(self, store: FullStore) -> None:
        """A progress is found by the short form of its watch."""
        store.change("a", becomes(progress("a", short="a~1")))
        store.change("b", becomes(progress("b", short="b~1")))
        assert store.find("b~1") == progress("b", short="b~1")
        assert store.find("c") is None

    def test_all_progress(self, store: FullStore) -> None:
        """The full comparison sees every progress once."""
        for number in range(3):
            store.change(f"w{number}", becomes(progress(f"w{number}")))
        assert sorted(each.watch for each in store.all_progress()) == ["w0", "w1", "w2"]

    # --- declarations and control ----------------------------------------------------------------

    def test_nothing_is_declared_at_first(self, store: FullStore) -> None:
        """A new store has no declarations and no revision."""
        assert list(store.declarations()) == []
        assert store.declaration("a") is None
        assert store.revision() is None
        assert store.read_control("declared") is None

    def test_declarations_come_back(self, store: FullStore) -> None:
        """What is declared is read as it was written, with its revision."""
        store.declare({"a": _DOCUMENT, "b": {}}, revision="r1")
        assert dict(store.declarations()) == {"a": _DOCUMENT, "b": {}}
        assert store.declaration("a") == _DOCUMENT
        assert store.revision() == "r1"

    def test_declaring_replaces_everything(self, store: FullStore) -> None:
        """What is not declared any more goes, fields included, and progress stays."""
        store.declare({"a": _DOCUMENT, "b": {}}, revision="r1")
        store.change("b", becomes(progress("b")))
        store.declare({"a": {"source": "drive.files"}, "c": {}}, revision="r2")
        assert dict(store.declarations()) == {"a": {"source": "drive.files"}, "c": {}}
        assert store.revision() == "r2"
        assert store.progress("b") == progress("b")
        store.declare({}, revision="r3")
        assert list(store.declarations()) == []

    def test_many_declarations(self, store: FullStore) -> None:
        """More declarations than one commit or one page holds are all there."""
        documents = {f"w{number}": {"poll": number} for number in range(750)}
        store.declare(documents, revision="r1")
        assert dict(store.declarations()) == documents

    def test_control_keeps_lists_of_maps_with_times(self, store: FullStore) -> None:
        """Such as which domains cannot be listed, since when, and why."""
        entry = Unlisted(watch="all", since=NOW, reason="403")
        store.write_control("renew", {FIELD: [to_fields(entry)]}, version=None)
        read = store.read_control("renew")
        assert read is not None
        assert read_unlisted(read) == (entry,)
        store.write_control("renew", {FIELD: []}, version=read["_version"])
        assert read_unlisted(store.read_control("renew")) == ()

    def test_control_is_written_once_for_each_version(self, store: FullStore) -> None:
        """Who writes a control document must have read its newest version."""
        store.write_control("full", {"at": NOW, "n": 1}, version=None)
        read = store.read_control("full")
        assert read is not None
        assert {**read, "_version": 0} == {"at": NOW, "n": 1, "_version": 0}
        with pytest.raises(Conflict):
            store.write_control("full", {"n": 2}, version=None)
        store.write_control("full", {**read, "n": 3}, version=read["_version"])
        with pytest.raises(Conflict):
            store.write_control("full", {"n": 4}, version=read["_version"])
        again = store.read_control("full")
        assert again is not None
        assert {**again, "_version": 0} == {"at": NOW, "n": 3, "_version": 0}
        store.write_control("full", {"n": 5}, version=again["_version"])
        last = store.read_control("full")
        assert last is not None
        assert set(last) == {"n", "_version"}
