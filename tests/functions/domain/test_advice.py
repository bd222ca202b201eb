"""What is to be done about a parked watch: one command, with its name in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.domain.advice import advice
from functions.domain.model import Progress, Verdict
from tests.functions import examples


def progress(**fields: Any) -> Progress:
    """Make the progress of the watch `a` of Ana."""
    return replace(examples.progress(), watch="a", **fields)


PARKED = [
    (Verdict.UNAUTHORIZED, {}, "give access back (auth check ana@example.com), then: watch pull a"),
    (Verdict.NOT_FOUND, {}, "what was watched is gone: watch remove a, or"),
    (Verdict.INVALID, {"cursor": "7"}, "watch reset-cursor a ("),
    (Verdict.INVALID, {"cursor": None}, "mend the declaration"),
]


@pytest.mark.parametrize(("verdict", "fields", "said"), PARKED)
def test_each_verdict_has_its_step(verdict: Verdict, fields: dict[str, Any], said: str) -> None:
    """Access is given back, what is gone is removed, a refused cursor reset, the rest mended."""
    assert advice(progress(verdict=verdict, **fields)).startswith(said)


def test_watch_that_is_not_parked_wants_nothing() -> None:
    """Also one that Google does not push for: it is polled."""
    assert advice(progress(verdict=Verdict.OK)) == ""
    assert advice(progress(verdict=Verdict.UNWATCHABLE)) == ""


def test_wrong_declaration_is_mended_whatever_was_read_before() -> None:
    """Its cursor is not at fault."""
    wrong = progress(verdict=Verdict.INVALID, cursor="7")
    assert advice(wrong, is_readable=False) == "mend the declaration"


def test_watches_parked_for_the_same_are_named_together() -> None:
    """One command for all of them."""
    refused = progress(verdict=Verdict.INVALID, cursor="7")
    assert "watch reset-cursor a b c " in advice(refused, others=["b", "c"])
