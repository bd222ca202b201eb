"""Errors: what each type promises, and that texts stay short and in one line."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain import errors
from functions.domain.model import Verdict

EVERY = sorted(
    (
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.Trouble)
    ),
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.Invalid, 400),
        (errors.Unverified, 401),
        (errors.TooLarge, 413),
        (errors.Unavailable, 503),
        (errors.RateLimited, 503),
        (errors.Unanswered, 503),
    ],
)
def test_a_type_knows_its_status(kind: type[errors.Trouble], status: int) -> None:
    """Whoever must answer a request asks the error."""
    assert kind("why").status == status


@pytest.mark.parametrize("kind", EVERY)
def test_only_unavailable_means_later(kind: type[errors.Trouble]) -> None:
    """What may be tried again is `Unavailable`, and of it alone the status makes Google retry."""
    assert (kind.status in {502, 503, 504}) == issubclass(kind, errors.Unavailable)


def test_a_wait_that_was_asked_for_is_told_from_a_guess() -> None:
    """Without more, nobody has named a delay."""
    guess = errors.Unavailable("why")
    assert (guess.delay, guess.asked) == (None, False)
    wish = errors.RateLimited("why", timedelta(minutes=1), asked=True)
    assert (wish.delay, wish.asked) == (timedelta(minutes=1), True)


def test_a_refusal_has_a_verdict_that_parks() -> None:
    """A no for good parks the watch; under which word is told by who refused."""
    assert errors.Refused("why").verdict is Verdict.INVALID
    assert errors.Refused("why", Verdict.NOT_FOUND).verdict.parks


@pytest.mark.parametrize("kind", EVERY)
@given(text=st.text(st.characters(), max_size=600))
def test_a_text_is_one_short_line(kind: type[errors.Trouble], text: str) -> None:
    """Invariant: of a whole page an error keeps 256 characters, in one line."""
    error = kind(text)
    assert str(error) == error.text
    assert len(error.text) <= 256
    assert error.text.splitlines() in ([error.text], [])


def test_a_text_is_cut_at_256() -> None:
    """What fits is kept whole, and not a character less than fits."""
    assert errors.Invalid("x" * 256).text == "x" * 256
    assert errors.Invalid("x" * 257).text == "x" * 256
    assert errors.Invalid("one\n  two\tthree ").text == "one two three"


def test_the_operator_s_own_errors_keep_their_lines() -> None:
    """A faulty file is told whole on a terminal, and short in a log."""
    page = "\n".join(f"line {number}" for number in range(99))
    wrong = errors.Misconfigured(page)
    assert wrong.full == page
    assert len(wrong.text) == 256


def test_errors_can_be_raised_copied_and_told_apart() -> None:
    """Two errors of one text are two errors: identity serves, as for any exception."""
    first = errors.Unavailable("why", timedelta(minutes=1))
    assert first != errors.Unavailable("why", timedelta(minutes=1))
    assert len({first, copy.copy(first)}) == 2
    with pytest.raises(errors.Unavailable):
        raise first
