"""What every store promises of the outcomes of handlers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from functions.domain.handled import Handled, Outcome
from tests.contracts.store_examples import MINUTE, NOW, ODD_IDS, FullStore


def handled(key: str = "k1", **given: Any) -> Handled:
    """Make an entry."""
    usual: dict[str, Any] = {
        "watch": "ana-drive",
        "handler": "forward-1",
        "outcome": Outcome.DONE,
        "at": NOW,
        "event": "e1",
    }
    return Handled(key=key, **(usual | given))


class HandledContract:
    """The port `Outcomes`; a subclass has a fixture `store`, new for each test."""

    def test_an_outcome_comes_back(self, store: FullStore) -> None:
        """What is written is read as it was; a key without an entry is not there."""
        whole = handled(
            replay="again", detail="Zoë \U0001f600", version="3", attempts=7,
            delete_at=NOW + 8 * 24 * 60 * MINUTE, body=bytes(range(256)) * 100,
        )  # fmt: skip
        store.note_outcome(whole)
        assert store.outcomes(["k1", "k2"]) == {"k1": whole}
        assert store.outcomes([]) == {}

    def test_the_newest_word_counts(self, store: FullStore) -> None:
        """An entry takes the place of the one with its key, whole."""
        store.note_outcome(handled(outcome=Outcome.FAILED, detail="503", body=b"x"))
        store.note_outcome(handled())
        assert store.outcomes(["k1"]) == {"k1": handled()}

    def test_outcomes_of_odd_watches(self, store: FullStore) -> None:
        """Names are kept as they are."""
        entries = {f"k{n}": handled(f"k{n}", watch=name) for n, name in enumerate(ODD_IDS)}
        for entry in entries.values():
            store.note_outcome(entry)
        assert store.outcomes(list(entries)) == entries

    def test_dropping(self, store: FullStore) -> None:
        """Dropped entries are gone; those that were there are counted."""
        store.note_outcome(handled("k1"))
        store.note_outcome(handled("k2"))
        assert store.drop_outcomes(["k1", "k3"]) == 1
        assert list(store.outcomes(["k1", "k2", "k3"])) == ["k2"]

    def test_dead_letters_are_found(self, store: FullStore) -> None:
        """Only what was given up is listed: oldest first, of one watch or all, without bodies."""
        for number, watch in enumerate(("b", "a", "b")):
            at = NOW - timedelta(minutes=number)
            dead = handled(f"k{number}", outcome=Outcome.DEAD, watch=watch, at=at, body=b"event")
            store.note_outcome(dead)
        store.note_outcome(handled("k9"))
        found = store.dead(watch=None, limit=9)
        assert [each.key for each in found] == ["k2", "k1", "k0"]
        assert {each.body for each in found} == {b""}
        assert [each.key for each in store.dead(watch="b", limit=9)] == ["k2", "k0"]
        assert [each.key for each in store.dead(watch=None, limit=1)] == ["k2"]
        assert store.outcomes(["k0"])["k0"].body == b"event"

    def test_what_is_to_be_tried_again_is_found(self, store: FullStore) -> None:
        """What failed last, oldest first; what succeeded since, or was given up, is not."""
        for number in range(4):
            at = NOW - timedelta(minutes=number)
            failed = handled(f"k{number}", outcome=Outcome.FAILED, at=at, detail="503", attempts=2)
            store.note_outcome(failed)
        store.note_outcome(handled("k0"))
        store.note_outcome(handled("k2", outcome=Outcome.DEAD))
        assert [each.key for each in store.failing(limit=9)] == ["k3", "k1"]
        assert [each.detail for each in store.failing(limit=1)] == ["503"]
