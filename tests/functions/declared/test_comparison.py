"""The full comparison: whom it makes due, whose back-off it ends, and whom it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.declared.comparison import (
    KEPT,
    LONGEST_WAIT,
    Occasion,
    differs,
    removed,
    touched,
    without_backoff,
)
from functions.declared.declaration import identity
from functions.domain.errors import Invalid
from functions.domain.model import Progress, Verdict, Watch
from functions.domain.token import shorten
from functions.ports import Case
from tests.functions.examples import DAY, HOUR, MINUTE, NOW, WATCH, channel, progress

PRINT = "as declared"
WRONG = Invalid("poll: 'x' is not a positive length of time")
USUAL = Occasion(now=NOW)
RESTART = Occasion(now=NOW, restarted_at=NOW)
PAUSED = replace(WATCH, paused=True)


def known(**fields: Any) -> Progress:
    """Make the progress of a watch that is as it was declared, and due in a while."""
    given_: dict[str, Any] = {
        "declared": PRINT,
        "identity": identity(WATCH),
        "pull_at": NOW + HOUR,
        "look_at": NOW + HOUR,
        "due_at": NOW + HOUR,
    }
    return progress(**(given_ | fields))


def touch(
    before: Progress | None,
    declared: Watch | Invalid = WATCH,
    occasion: Occasion = USUAL,
    print_: str = PRINT,
) -> Progress:
    """Touch a watch; whoever is touched is looked at at once."""
    after = touched(before, "ana-drive", declared, print_, occasion)
    assert after.look_at == NOW
    assert after.due_at is not None
    assert after.due_at <= NOW
    assert after.declared == print_
    return after


# --- who is different ----------------------------------------------------------------------------


def test_a_watch_that_is_as_declared_costs_no_write() -> None:
    """Most watches, most of the time; a failing one, a parked one, a paused one, too."""
    assert not differs(known(), WATCH, PRINT, USUAL)
    assert not differs(known(failures=3, retry_at=NOW + HOUR), WATCH, PRINT, USUAL)
    assert not differs(known(verdict=Verdict.NOT_FOUND), WATCH, PRINT, USUAL)
    assert not differs(known(pull_at=None, paused=True), PAUSED, PRINT, USUAL)
    assert not differs(known(pull_at=None), WRONG, PRINT, USUAL)


@pytest.mark.parametrize(
    ("fields", "print_", "occasion"),
    [
        ({}, "edited", USUAL),
        ({"removed_at": NOW - DAY}, PRINT, USUAL),
        ({}, PRINT, Occasion(now=NOW, grounds_at=NOW)),
        ({}, PRINT, RESTART),
        ({"pull_at": None}, PRINT, USUAL),
        ({"pull_at": NOW + WATCH.poll + LONGEST_WAIT + MINUTE}, PRINT, USUAL),
    ],
    ids=["edited", "returned", "other grounds", "restart", "never due", "due in an age"],
)
def test_what_differs_is_touched(fields: dict[str, Any], print_: str, occasion: Occasion) -> None:
    """An edit, a return, another address or key, a restart, or a time that no rule explains."""
    assert differs(known(**fields), WATCH, print_, occasion)


def test_a_long_poll_is_no_lost_watch() -> None:
    """Due in a month is right for a watch that is polled each month."""
    monthly = replace(WATCH, poll=30 * DAY)
    assert not differs(known(pull_at=NOW + 30 * DAY), monthly, PRINT, USUAL)


_progresses = st.builds(
    known,
    declared=st.sampled_from([PRINT, "before"]),
    removed_at=st.sampled_from([None, NOW - DAY]),
    paused=st.booleans(),
    verdict=st.sampled_from(Verdict),
    failures=st.integers(0, 3),
    held=st.booleans(),
    retry_at=st.sampled_from([None, NOW + HOUR]),
    pull_at=st.sampled_from([None, NOW - HOUR, NOW + HOUR, NOW + 90 * DAY]),
    cursor=st.sampled_from([None, "100"]),
)


@given(_progresses, st.sampled_from([WATCH, PAUSED, WRONG]), st.sampled_from([USUAL, RESTART]))
def test_a_touched_watch_differs_no_more(
    before: Progress, declared: Watch | Invalid, occasion: Occasion
) -> None:
    """Invariant: one comparison settles it; the next finds nothing to do."""
    after = touch(before, declared, occasion)
    assert not differs(after, declared, PRINT, USUAL)


@given(_progresses, st.sampled_from([WATCH, PAUSED, WRONG]), st.sampled_from([USUAL, RESTART]))
def test_touching_never_loses_what_was_read(
    before: Progress, declared: Watch | Invalid, occasion: Occasion
) -> None:
    """Invariant: cursor, memory and verdict stay; nothing is put off."""
    after = touch(before, declared, occasion)
    assert (after.cursor, after.identity, after.verdict) == (
        before.cursor,
        before.identity,
        before.verdict,
    )
    if before.pull_at is not None:
        assert after.pull_at is not None
        assert after.pull_at <= before.pull_at


# --- what touching does --------------------------------------------------------------------------


def test_a_new_watch_is_due_at_once() -> None:
    """It has a short name for its tokens, and what a message of it needs."""
    name = "team:" + "x" * 300
    fresh = touched(None, name, WATCH, PRINT, USUAL)
    assert fresh.watch == name
    assert fresh.short == shorten(name) != name
    assert (fresh.source, fresh.subject) == (WATCH.source, WATCH.subject)
    assert fresh.pull_at == fresh.look_at == fresh.due_at == NOW
    assert fresh.cursor is None


def test_a_new_watch_that_is_declared_wrongly_is_due_to_be_parked() -> None:
    """It is looked at, and found invalid there."""
    assert touch(None, WRONG).pull_at == NOW


def test_an_edited_watch_is_tried_at_once() -> None:
    """Whoever edits wants to see; only what Google asked for goes on."""
    waiting = {"failures": 3, "retry_at": NOW + HOUR, "open_failures": 2, "open_after": NOW + HOUR}
    after = touch(known(**waiting), print_="edited")
    assert (after.failures, after.retry_at) == (0, None)
    assert (after.open_failures, after.open_after) == (0, None)
    assert after.pull_at == NOW
    held = touch(known(**waiting, held=True, open_held=True), print_="edited")
    assert (held.failures, held.retry_at) == (3, NOW + HOUR)
    assert (held.open_failures, held.open_after) == (2, NOW + HOUR)


def test_a_restart_tries_everything_but_what_google_asked_to_leave() -> None:
    """Notifications may have been lost meanwhile, so all is read."""
    assert touch(known(), occasion=RESTART).pull_at == NOW
    parked = touch(
        known(verdict=Verdict.UNAUTHORIZED, retry_at=NOW + DAY, pull_at=NOW + DAY), occasion=RESTART
    )
    assert (parked.retry_at, parked.pull_at) == (None, NOW)
    held = known(held=True, retry_at=NOW + HOUR)
    assert touch(held, occasion=RESTART).pull_at == NOW + HOUR


def test_other_grounds_are_looked_at_and_not_read() -> None:
    """Another address or key concerns channels alone."""
    after = touch(known(), occasion=Occasion(now=NOW, grounds_at=NOW))
    assert after.pull_at == NOW + HOUR


def test_a_watch_that_is_paused_no_more_is_read_at_once() -> None:
    """It goes on where it was."""
    after = touch(known(paused=True))
    assert after.pull_at == NOW
    assert not after.paused
    assert touch(known(), PAUSED, print_="edited").paused


def test_a_watch_that_returns_goes_on_where_it_was() -> None:
    """Declared again within its thirty days it is read at once, and dropped no more."""
    gone = known(removed_at=NOW - DAY, delete_at=NOW + 29 * DAY, pull_at=None)
    after = touch(gone)
    assert (after.removed_at, after.delete_at) == (None, None)
    assert (after.cursor, after.pull_at) == ("100", NOW)


def test_what_was_read_as_another_watch_stays_described_as_such() -> None:
    """Until the next pull starts anew, events and stops are those of the old source and subject."""
    other = replace(WATCH, subject="ben@example.com")
    assert touch(known(), other, print_="edited").subject == "ana@example.com"
    assert touch(known(cursor=None), other, print_="edited").subject == "ben@example.com"


def test_only_our_own_back_offs_end() -> None:
    """Each of the two by itself."""
    both = known(failures=1, retry_at=NOW, open_failures=1, open_after=NOW)
    assert without_backoff(replace(both, held=True)).failures == 1
    assert without_backoff(replace(both, held=True)).open_failures == 0
    assert without_backoff(replace(both, open_held=True)).failures == 0
    assert without_backoff(replace(both, open_held=True)).open_failures == 1


# --- removal -------------------------------------------------------------------------------------


def test_a_removed_watch_is_looked_at_at_once_and_kept_for_a_month() -> None:
    """Its channels are stopped now; what it remembers waits for its return."""
    case = removed(Case(known(marked=True), {"c1": channel()}), NOW)
    assert case is not None
    assert case.progress is not None
    assert case.progress.removed_at == NOW
    assert case.progress.delete_at == NOW + KEPT == NOW + timedelta(days=30)
    assert (case.progress.pull_at, case.progress.marked) == (None, False)
    assert case.progress.look_at == case.progress.due_at == NOW
    assert case.progress.cursor == "100"


def test_a_watch_is_removed_once() -> None:
    """Its thirty days do not begin anew at each comparison."""
    assert removed(Case(known(removed_at=NOW - DAY), {}), NOW) is None
    assert removed(Case(None, {}), NOW) is None
