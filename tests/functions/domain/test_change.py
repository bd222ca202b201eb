"""What is a change, and of which kind: the truth table of found and seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.domain.change import Found, Seen, State, remember
from tests.functions.domain.items import BASELINE, HOUR, NOW, absent, change, found, gone, outcome
from tests.functions.domain.items import seen as kept

TRASHED, GONE = State.TRASHED, State.GONE
NEWER: dict[str, Any] = {"version": "6", "stamp": "six"}
VIEWED: dict[str, Any] = {"version": "6", "stamp": "five"}
STALE: dict[str, Any] = {"version": "4", "stamp": "four"}

FOUND = {
    "present": found(**NEWER),
    "trashed": found(TRASHED, **NEWER),
    "removed": gone(),
    "absent": absent(),
    "viewed": found(**VIEWED),
    "viewed in the trash": found(TRASHED, **VIEWED),
    "the same": found(),
    "the same in the trash": found(TRASHED),
    "stale": found(**STALE),
    "stale from the trash": found(TRASHED, **STALE),
}
SEEN = {
    "never": None,
    "present": kept(),
    "trashed": kept(TRASHED),
    "gone": kept(GONE),
}
# What is told of each found item (columns in the order of FOUND) by what was told of it last;
# "new" is `created` for what is younger than the watch and `updated` for what is older.
TABLE = {
    "never": "new trashed removed removed new trashed new trashed new trashed",
    "present": "updated trashed removed removed - trashed - - - -",
    "trashed": "untrashed updated removed removed untrashed - - - - -",
    "gone": "new trashed - - new trashed new trashed new trashed",
}
CELLS = [
    pytest.param(FOUND[name], SEEN[row], verb, id=f"{name}, {row} before")
    for row, verbs in TABLE.items()
    for name, verb in zip(FOUND, verbs.split(), strict=True)
]


@pytest.mark.parametrize("age", ["older", "as old", "newer"])
@pytest.mark.parametrize(("one", "before", "verb"), CELLS)
def test_the_kind_is_the_step_from_seen_to_found(
    one: Found, before: Seen | None, verb: str, age: str
) -> None:
    """Each pair of found and seen leads to its kind, or to nothing."""
    born = {"older": BASELINE - HOUR, "as old": BASELINE, "newer": BASELINE + HOUR}[age]
    if one.state is not GONE:
        one = replace(one, born=born)
    if verb == "new":
        verb = "updated" if age == "older" else "created"
    told = outcome(one, before).change
    assert (told.kind if told else "-") == (f"file.{verb}" if verb != "-" else "-")


@pytest.mark.parametrize(("one", "before", "verb"), CELLS)
def test_seen_before_is_false_for_what_is_told_for_the_first_time(
    one: Found, before: Seen | None, verb: str
) -> None:
    """Nothing told, or a deletion told last: then it was not seen before."""
    told = outcome(one, before).change
    if told is not None:
        assert told.seen_before == (before is not None and before.state is not GONE)


@pytest.mark.parametrize(("one", "before", "verb"), CELLS)
@pytest.mark.parametrize("version", ["own", "none"])
def test_what_was_told_is_not_told_again(
    one: Found, before: Seen | None, verb: str, version: str
) -> None:
    """What is remembered after telling makes the same item, listed again, no change."""
    if version == "none":
        one = replace(one, version=None)
    after = outcome(one, before).entry
    assert outcome(one, after).change is None
    assert outcome(one, after).entry == after


def test_versions_are_compared_as_numbers() -> None:
    """Version 10 comes after version 9, and a copy with 9 is stale after 10."""
    ten = found(version="10", stamp="ten")
    assert change(ten, kept(version="9")).version == "10"
    assert outcome(found(version="9", stamp="nine"), kept(version="10")).change is None


def test_versions_without_an_order_differ_or_do_not() -> None:
    """Of etags nobody can tell which is newer: another one is another version."""
    one = found(version='"etag-b"', stamp="b")
    assert change(one, kept(version='"etag-a"')).kind == "file.updated"
    assert outcome(one, kept(version='"etag-b"', stamp="a")).change is None


def test_without_a_birthday_nothing_is_created() -> None:
    """What does not say since when it exists, or is never told as created, is updated."""
    assert change(found(born=None)).kind == "file.updated"
    assert change(found(born=NOW, tells_created=False)).kind == "file.updated"


def test_what_a_full_memory_does_not_know_is_created() -> None:
    """Where all there was is remembered, an unseen item is new, whatever its birthday."""
    assert change(found(known_at_baseline=True)).kind == "file.created"


def test_what_has_no_updates_tells_none() -> None:
    """An item that is there or not, as an alias, is created and deleted, but never updated."""
    one = found(**NEWER, tells_updated=False)
    assert outcome(one, kept()).change is None
    assert change(one, kept(GONE)).kind == "file.updated"
    assert change(gone(tells_updated=False), kept()).kind == "file.removed"


def test_an_event_of_google_s_own_is_told_as_it_is() -> None:
    """Mail and activities are not collapsed: each is told under its own kind and version."""
    one = found(kind="labels.added", version="h7")
    told = change(one, kept())
    assert (told.kind, told.version, told.seen_before) == ("labels.added", "h7", True)
    assert change(one, kept(version="h7")).version == "h7"
    assert change(replace(one, once=True)).version == "h7"
    assert outcome(replace(one, once=True), kept()).change is None


def test_the_time_is_google_s_or_that_of_finding() -> None:
    """When it changed if Google tells, else when it was found."""
    assert change(found(changed=NOW - HOUR)).time == NOW - HOUR
    assert change(found(changed=None)).time == NOW
    assert change(absent(), kept()).time == NOW


@pytest.mark.parametrize(("kept_round", "met"), [(3, 7), (7, 7), (9, 9)])
def test_a_listing_marks_what_it_meets(kept_round: int, met: int) -> None:
    """Met items carry the listing's round, told or not; an older listing takes none back."""
    for one in (found(), found(**NEWER)):
        assert outcome(one, kept(round=kept_round), round_=7).entry.round == met
    assert outcome(found(), None, round_=7).entry.round == 7


def test_a_baseline_tells_nothing_and_remembers_all() -> None:
    """Items of the baseline are taken as they are; unchanged they are no news afterwards."""
    for one in (found(), found(TRASHED), found(version=None), gone(version="5", stamp="five")):
        taken = remember(one, baseline_at=NOW, round_=2)
        assert taken.change is None
        assert taken.before is None
        assert (taken.entry.state, taken.entry.round) == (one.state, 2)
        assert outcome(one, taken.entry).change is None
