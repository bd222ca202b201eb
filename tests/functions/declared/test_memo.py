"""What is remembered of comparisons: what has changed since when, and which one has not ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.declared.memo import (
    COMPARE_AGAIN,
    COMPARE_EVERY,
    LONGEST,
    Memo,
    memo_fields,
    read_memo,
)
from functions.declared.unlisted import Unlisted
from tests.functions.examples import NOW

SECOND = timedelta(seconds=1)
SETTLED = Memo(revision="1", grounds="a", restarted_at=NOW, grounds_at=NOW, compared_at=NOW)

memos = st.builds(
    Memo,
    revision=st.sampled_from([None, "1", "2"]),
    grounds=st.sampled_from(["", "a", "b"]),
    restarted_at=st.sampled_from([None, NOW, NOW + SECOND]),
    grounds_at=st.sampled_from([None, NOW, NOW + SECOND]),
    begun_at=st.sampled_from([None, NOW]),
    compared_at=st.sampled_from([None, NOW]),
    again=st.integers(0, 3),
    left=st.sampled_from([0, 3]),
    unlisted=st.sampled_from([(), (Unlisted(watch="all", since=NOW, reason="403"),)]),
)


@pytest.mark.parametrize(
    ("revision", "grounds", "later"),
    [("2", "a", SECOND), ("1", "b", SECOND), ("1", "a", COMPARE_EVERY), ("1", "a", -SECOND)],
    ids=["revision", "grounds", "age", "a clock that went back"],
)
def test_when_all_is_compared(revision: str, grounds: str, later: timedelta) -> None:
    """The declarations, or what channels stand on, changed; or the last time is 15 minutes ago."""
    assert not SETTLED.wants("1", "a", NOW + SECOND)
    assert SETTLED.wants(revision, grounds, NOW + later)


def test_a_new_revision_is_compared_in_three_ticks() -> None:
    """Terraform deletes after it writes."""
    memo, times = SETTLED, 0
    while memo.wants("2", "a", NOW + SECOND):
        memo, times = memo.begin("2", "a", NOW + SECOND).end(), times + 1
    assert times == COMPARE_AGAIN + 1


def test_one_that_died_is_begun_again() -> None:
    """Not while it may be going on: two that overlap would never see each other's end."""
    begun = SETTLED.begin("2", "a", NOW + SECOND)
    assert not begun.wants("2", "a", NOW + LONGEST)
    assert not begun.cut_short(NOW + LONGEST)
    assert begun.wants("3", "a", NOW + LONGEST), "what has changed since is no matter of patience"
    late = NOW + SECOND + LONGEST
    assert begun.wants("2", "a", late)
    assert begun.cut_short(late)
    again = begun.begin("2", "a", late)
    assert again.restarted_at == begun.restarted_at == NOW + SECOND
    assert not again.end().cut_short(late)
    assert again.end().compared_at == late


def test_one_that_left_something_goes_on_at_once() -> None:
    """And as long as it does, nothing counts as compared."""
    left = SETTLED.begin("2", "a", NOW + SECOND).end(left=7)
    assert left.cut_short(NOW + SECOND)
    assert left.wants("2", "a", NOW + SECOND)
    assert left.compared_at == SETTLED.compared_at
    assert left.begin("2", "a", NOW + SECOND).end().again == COMPARE_AGAIN


@given(memos, st.sampled_from(["1", "2"]), st.sampled_from(["a", "b"]), st.integers(-5, 5))
def test_a_change_is_later_than_all_before(
    before: Memo, revision: str, grounds: str, seconds: int
) -> None:
    """Invariant, whatever the clock says: who was touched before is behind every new change."""
    after = before.begin(revision, grounds, NOW + seconds * SECOND)
    old = [time for time in (before.restarted_at, before.grounds_at) if time]
    for changed, time in (
        (revision != before.revision, after.restarted_at),
        (grounds != before.grounds, after.grounds_at),
    ):
        if changed:
            assert time is not None
            assert all(time > each for each in old)
    assert (after.restarted_at == before.restarted_at) == (revision == before.revision)
    assert (after.grounds_at == before.grounds_at) == (grounds == before.grounds)


@given(memos)
def test_it_is_read_as_it_was_written(memo: Memo) -> None:
    """By a store that has times, and by one that keeps them as texts."""
    fields = memo_fields(memo)
    assert read_memo({**fields, "_version": 3}) == memo
    assert read_memo(_texts(fields)) == memo


@pytest.mark.parametrize("document", [None, {}, {"again": "often", "begun_at": 7, "revision": 3}])
def test_nonsense_is_as_if_nothing_was_there(document: dict[str, Any] | None) -> None:
    """Everything is compared then, as the first time."""
    memo = read_memo(document)
    assert memo == Memo()
    assert memo.wants("1", "a", NOW)


def _texts(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    return [_texts(each) for each in value] if isinstance(value, list) else value
