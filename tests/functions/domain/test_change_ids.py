"""Ids of changes: the same change has one id however often it is told, another one another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.change import Change, Found, Seen, State, remember
from tests.functions.domain.items import BASELINE, NOW, absent, change, found, gone, id_of, outcome
from tests.functions.domain.items import seen as kept

PRESENT, TRASHED, GONE = State.PRESENT, State.TRASHED, State.GONE
LATER = NOW + timedelta(minutes=7)


def test_a_deletion_by_absence_and_by_word_is_one() -> None:
    """A deletion has the id of the version told last, whoever tells of it."""
    for before in (kept(), kept(TRASHED), kept(version="3.abc", ordinal=3), kept(version="5~1")):
        assert id_of(change(absent(), before)) == id_of(change(gone(), before))
    assert outcome(gone(), outcome(absent(), kept()).entry).change is None


def test_what_returns_after_a_deletion_has_new_ids() -> None:
    """A file that comes back in the version told before is told under another id, each time."""
    ids: list[str] = []
    memory: Seen | None = kept()
    for one in [found(), gone(), found(), absent(), found(), gone(), found(TRASHED)]:
        result = outcome(one, memory)
        memory = result.entry
        ids += [id_of(result.change)] if result.change else []
    assert len(ids) == 6
    assert len(set(ids)) == 6


def test_the_deletion_of_what_returned_is_another_deletion() -> None:
    """Two deletions of one file differ, though only its being there changed between them."""
    first = outcome(gone(), kept())
    back = outcome(found(), first.entry)
    second = outcome(gone(), back.entry)
    assert first.change is not None
    assert second.change is not None
    assert id_of(first.change) != id_of(second.change)


def test_google_s_version_is_the_version() -> None:
    """A versioned item needs no step stored: its id is made of what Google says."""
    result = outcome(found(version="6", stamp="six"), kept())
    assert result.before is None
    assert result.change is not None
    assert result.change.version == "6"


def test_a_step_without_version_is_stored_before_it_is_told() -> None:
    """Ordinal, fingerprint and time are fixed first, beside the memory as it was."""
    before = kept(version="1.old", stamp="old", ordinal=1)
    result = outcome(found(version=None, stamp="new", changed=None), before)
    assert result.before is not None
    assert replace(result.before, step=None) == before
    assert result.before.step is not None
    assert result.before.step.at == NOW
    assert result.change is not None
    assert result.change.version == "2.new"
    assert result.entry.ordinal == 2
    assert result.entry.step is None


def test_a_watch_that_starts_anew_uses_no_id_again() -> None:
    """Its memory is gone; the same values told again are other changes all the same."""
    a, b = (found(version=None, stamp=stamp, changed=None) for stamp in "ab")
    ids: list[str] = []
    for baseline_at in (BASELINE, BASELINE + timedelta(seconds=1)):
        memory = remember(a, baseline_at=baseline_at, round_=1).entry
        for one in (b, a, b, absent(), b, gone()):
            result = outcome(one, memory, baseline_at=baseline_at)
            memory = result.entry
            ids += [id_of(result.change)] if result.change else []
        fresh = outcome(replace(b, item="another"), None, baseline_at=baseline_at)
        ids += [id_of(fresh.change)] if fresh.change else []
        untold = outcome(gone(item="untold", wanted=True), None, baseline_at=baseline_at)
        back = outcome(replace(b, item="untold"), untold.entry, baseline_at=baseline_at)
        ids += [id_of(each.change) for each in (untold, back) if each.change]
    assert len(ids) == 18
    assert len(set(ids)) == 18


def test_a_stored_step_is_told_again_the_same() -> None:
    """A run that died after storing the step leaves it to the next, time included."""
    one = found(version=None, stamp="new", changed=None)
    first = outcome(one, kept(version="1.old", stamp="old", ordinal=1))
    again = outcome(one, first.before, now=LATER)
    assert again.change == first.change
    assert again.entry == first.entry
    assert again.before is None


def test_a_value_that_flips_back_is_told_again() -> None:
    """From a to b and back to a are two changes, also if the run between them died."""
    a, b = (found(version=None, stamp=stamp, changed=None) for stamp in "ab")
    at_a = outcome(a).entry
    to_b = outcome(b, at_a)
    saved = outcome(a, to_b.entry)
    died = outcome(a, to_b.before)
    ids = {id_of(each.change) for each in (to_b, saved, died) if each.change}
    assert outcome(a, at_a).change is None
    assert saved.change is not None
    assert died.change is not None
    assert id_of(died.change) == id_of(saved.change)
    assert len(ids) == 2


def test_a_trash_that_was_undone_after_a_crash_is_news() -> None:
    """A run that died after telling `trashed` must not leave it standing once it is undone."""
    died = outcome(found(State.TRASHED, version="6", stamp="six"), kept()).before
    undone = found(version="7", stamp="five")
    assert died is not None
    assert outcome(undone, kept()).change is None
    assert change(undone, died).kind == "file.updated"


def test_a_removal_that_was_undone_after_a_crash_is_news() -> None:
    """A file whose removal may have been told is judged as first seen, in its old version, too."""
    died = outcome(gone(), kept()).before
    again = change(found(), died)
    assert (again.kind, again.version, again.seen_before) == ("file.updated", "5~1", False)
    assert outcome(found(), kept()).change is None


def test_a_removal_is_told_again_the_same_after_a_crash() -> None:
    """The removal that a run died of telling has the id and time it had."""
    first = outcome(absent(), kept())
    again = outcome(absent(), first.before, now=LATER)
    assert again.change == first.change
    assert again.before is None


# --- any history, any crash ----------------------------------------------------------------------


@dataclass(slots=True)
class Reader:
    """Who pulls one item and dies at any point, and what a receiver makes of what it tells."""

    memory: Seen | None = None
    now: datetime = NOW
    told: list[Change] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def read(self, one: Found, crash: str) -> None:
        """Compare, store the step, tell, save: as far as the crash lets it."""
        self.now += timedelta(seconds=1)
        result = outcome(one, self.memory, now=self.now)
        if result.before is not None and crash != "before anything":
            self.memory = result.before
        if crash in {"before anything", "step stored"}:
            return
        if result.change is not None and id_of(result.change) not in self.ids:
            self.told.append(result.change)
            self.ids.append(id_of(result.change))
        if crash != "told":
            self.memory = result.entry


_crashes = st.sampled_from(["none", "none", "before anything", "step stored", "told"])


def bare(state: State, stamp: str) -> Found:
    """Make an item without version and time, whose resource is its state and its value."""
    if state is GONE:
        return gone(changed=None, resource={"state": state})
    resource = {"state": state, "value": stamp}
    return found(state, version=None, stamp=f"{state}{stamp}", changed=None, resource=resource)


@given(st.lists(st.tuples(st.sampled_from("abc"), _crashes), max_size=12))
def test_no_value_is_skipped_however_runs_die(history: list[tuple[str, str]]) -> None:
    """Invariant: after each whole run a receiver that drops known ids has the value found."""
    reader = Reader()
    for value, crash in history:
        one = bare(PRESENT, value)
        reader.read(one, crash)
        if crash == "none":
            assert reader.told[-1].resource == one.resource


@given(st.lists(st.tuples(st.sampled_from(State), st.sampled_from("ab")), max_size=12))
def test_no_two_changes_share_an_id(history: list[tuple[State, str]]) -> None:
    """Invariant: an item without version that comes, goes, flips and returns is told each step."""
    reader = Reader()
    last: object = None
    for state, value in history:
        one = bare(state, value)
        count = len(reader.told)
        reader.read(one, "none")
        assert (len(reader.told) > count) == (one.resource != last)
        last = one.resource


@given(
    st.lists(st.tuples(st.sampled_from(State), st.sampled_from("ab"), _crashes), max_size=10),
    st.sampled_from(["versioned", "bare"]),
)
def test_redelivery_has_the_same_id(history: list[tuple[State, str, str]], kind: str) -> None:
    """Invariant: the same item found again after a crash, wherever that was, is told the same."""
    reader = Reader(now=BASELINE)
    for number, (state, value, crash) in enumerate(history, start=1):
        one = bare(state, value)
        if kind == "versioned" and state is not GONE:
            one = replace(one, version=str(number), changed=NOW)
        count = len(reader.told)
        reader.read(one, crash)
        reader.read(one, crash)
        reader.read(one, "none")
        assert len(reader.told) - count <= 1


@pytest.mark.parametrize("crash", ["before anything", "step stored", "told"])
def test_a_deletion_survives_a_crash(crash: str) -> None:
    """A deletion is told once, under one id, wherever the run that found it died."""
    reader = Reader(memory=kept())
    reader.read(absent(), crash)
    reader.read(gone(), "none")
    assert [each.kind for each in reader.told] == ["file.removed"]
    assert reader.ids == [id_of(change(gone(), kept()))]
