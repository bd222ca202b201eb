"""What the memory of every store promises: entries come back, in a fixed order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from functions.domain.change import Seen, State, Step
from tests.contracts.store_examples import (
    EXAMPLES,
    MINUTE,
    NOW,
    ODD_IDS,
    FullStore,
    becomes,
    memories,
    progress,
)


def many(number: int) -> dict[str, Seen]:
    """Make entries such as Drive's."""
    return {
        f"file:1aBcDeFgHiJkLmNoPqRsTuV{index:08d}": Seen(
            version=str(1000 + index), stamp=f"{index * 7919:016x}", round=index % 3
        )
        for index in range(number)
    }


def everything(store: FullStore, watch: str, limit: int) -> list[tuple[str, Seen]]:
    """Read the memory in pages."""
    found: list[tuple[str, Seen]] = []
    while page := store.memory(watch, after=found[-1][0] if found else None, limit=limit):
        assert len(page) <= limit
        found += page
    return found


class MemoryContract:
    """Of `recall`, `memory`, `forget` and the memory that `change` writes."""

    def test_nothing_is_remembered_at_first(self, store: FullStore) -> None:
        """Of a watch that nobody knows nothing is remembered."""
        assert store.recall("ana-drive", ["file:1"]) == {}
        assert store.memory("ana-drive", after=None, limit=10) == []

    def test_entries_are_written_with_the_decision(self, store: FullStore) -> None:
        """What is given along with a decision is remembered when it is written."""
        entries = {
            "file:1": Seen(version="7", stamp="abc", round=3),
            "user:2": Seen(
                version="", state=State.GONE, ordinal=2, step=Step(mark="m", ordinal=3, at=NOW)
            ),
        }
        store.change("ana-drive", becomes(progress()), seen=entries)
        assert store.recall("ana-drive", ["file:1", "user:2", "file:3"]) == entries

    def test_state_of_another_version_is_read_anew(self, store: FullStore) -> None:
        """A state that nobody here knows keeps the version told, and no stamp that would hide."""
        odd: Any = "archived"
        entries = {"file:1": Seen(version="7", state=odd, stamp="abc", round=3)}
        store.change("ana-drive", becomes(progress()), seen=entries)
        known = Seen(version="7", state=State.PRESENT, stamp="", round=3)
        assert store.recall("ana-drive", ["file:1"]) == {"file:1": known}
        assert store.memory("ana-drive", after=None, limit=9) == [("file:1", known)]
        assert store.recall("other", ["file:1"]) == {}
        assert store.recall("ana-drive", []) == {}

    def test_entries_are_written_without_any_other_change(self, store: FullStore) -> None:
        """Memory is written also when the decision leaves the progress as it is."""
        store.change("ana-drive", becomes(progress()))
        store.change("ana-drive", lambda case: case, seen={"file:1": Seen(version="7")})
        assert store.recall("ana-drive", ["file:1"]) == {"file:1": Seen(version="7")}

    def test_none_leaves_the_memory(self, store: FullStore) -> None:
        """A decision of None keeps its memory out, too."""
        store.change("ana-drive", becomes(progress()), seen={"file:1": Seen(version="7")})
        store.change("ana-drive", lambda _: None, seen={"file:1": Seen(version="8")})
        assert store.recall("ana-drive", ["file:1"]) == {"file:1": Seen(version="7")}

    def test_memory_without_progress_is_a_mistake(self, store: FullStore) -> None:
        """Memory belongs to a progress, with which it goes."""
        with pytest.raises(ValueError, match="progress"):
            store.change("ana-drive", becomes(None), seen={"file:1": Seen(version="7")})

    def test_entries_replace_and_join(self, store: FullStore) -> None:
        """A new entry takes the place of the item's old one, and leaves the others."""
        store.change("ana-drive", becomes(progress()), seen=many(3))
        second = list(many(3))[1]
        entry = Seen(version="2000")
        store.change("ana-drive", becomes(progress(cursor="8")), seen={second: entry})
        assert store.recall("ana-drive", many(3)) == many(3) | {second: entry}

    def test_none_drops_an_item(self, store: FullStore) -> None:
        """An entry of None makes the store forget that item alone."""
        store.change("ana-drive", becomes(progress()), seen=many(3))
        first, second, third = many(3)
        store.change("ana-drive", becomes(progress(cursor="8")), seen={second: None, "no": None})
        assert set(store.recall("ana-drive", many(3))) == {first, third}

    def test_much_is_remembered(self, store: FullStore) -> None:
        """Thousands of entries come back, those with steps, too, and a later change meets them."""
        entries = many(5000)
        step = Step(mark="updated:1", ordinal=4, at=NOW)
        stepped = {key: replace(entries[key], step=step) for key in list(entries)[::10]}
        store.change("ana-drive", becomes(progress()), seen=entries | stepped)
        assert store.recall("ana-drive", entries) == entries | stepped
        store.change("ana-drive", becomes(progress(cursor="8")), seen={"new": Seen(version="1")})
        assert dict(everything(store, "ana-drive", 700)) == (
            entries | stepped | {"new": Seen(version="1")}
        )

    def test_order_is_fixed(self, store: FullStore) -> None:
        """Pages of any length give the same order, each item once, also while memory is written."""
        entries = many(40)
        store.change("ana-drive", becomes(progress()), seen=entries)
        order = everything(store, "ana-drive", 7)
        assert order == everything(store, "ana-drive", 40)
        assert dict(order) == entries
        assert len(order) == 40
        half = order[19][0]
        store.change("ana-drive", becomes(progress(cursor="8")), seen=many(5000))
        rest = [key for key, _ in store.memory("ana-drive", after=half, limit=9999)]
        assert [key for key in rest if key in entries] == [key for key, _ in order[20:]]

    def test_racing_entries_are_all_remembered(self, store: FullStore) -> None:
        """Of memory that several decisions bring at the same time none is lost."""
        store.change("ana-drive", becomes(progress()))
        entries = many(40)

        def bring(key: str) -> None:
            store.change("ana-drive", lambda case: case, seen={key: entries[key]})

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(bring, entries))
        assert store.recall("ana-drive", entries) == entries

    def test_forget_drops_all_of_one_watch(self, store: FullStore) -> None:
        """A watch that starts anew remembers nothing; others do, and it can learn again."""
        for watch in ("ana-drive", "other"):
            store.change(watch, becomes(progress(watch, cursor="7")), seen=many(3))
        store.forget("ana-drive")
        assert store.recall("ana-drive", many(3)) == {}
        assert store.memory("ana-drive", after=None, limit=10) == []
        assert store.recall("other", many(3)) == many(3)
        assert store.progress("ana-drive") == progress(cursor="7")
        store.change("ana-drive", becomes(progress(cursor="8")), seen=many(2))
        assert store.recall("ana-drive", many(3)) == many(2)

    def test_forgetting_nothing_is_no_error(self, store: FullStore) -> None:
        """A watch that nobody knows can be forgotten."""
        store.forget("ana-drive")
        assert store.progress("ana-drive") is None

    @pytest.mark.parametrize("watch", ODD_IDS, ids=range(len(ODD_IDS)))
    def test_any_id_of_a_watch_has_a_memory(self, store: FullStore, watch: str) -> None:
        """Whatever a watch is called, it remembers."""
        store.change(watch, becomes(progress(watch)), seen=many(2))
        assert store.recall(watch, many(2)) == many(2)

    def test_memory_outlives_removal_and_return(self, store: FullStore) -> None:
        """A watch that is to be deleted and then is not has kept its memory."""
        store.change("ana-drive", becomes(progress()), seen=many(3))
        store.change("ana-drive", becomes(progress(delete_at=NOW + MINUTE)))
        store.change("ana-drive", becomes(progress()))
        assert store.recall("ana-drive", many(3)) == many(3)

    @EXAMPLES
    @given(memories)
    def test_every_entry_comes_back(self, store: FullStore, entries: dict[str, Seen]) -> None:
        """Any entry is recalled as it was given."""
        store.change("ana-drive", becomes(progress()), seen=entries)
        assert store.recall("ana-drive", entries) == entries

    @pytest.mark.parametrize("text", ["usual", "half \ud83d a character", "", "x" * 9999])
    def test_unreadable_items_are_noted(self, store: FullStore, text: str) -> None:
        """A note of an item that cannot be told can be taken, again and whatever it says."""
        for _ in range(2):
            store.bury("ana-drive", item=text, error=text, now=NOW)
