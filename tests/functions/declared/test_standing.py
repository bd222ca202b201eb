"""How the watches stand is counted right: who lacks a channel, whose runs out, who is parked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.declared.standing import Standing, standing_of
from functions.domain.errors import Invalid
from functions.domain.model import Verdict, Watch
from tests.functions.examples import DAY, HOUR, MINUTE, NOW, WATCH, progress

LONG = DAY.total_seconds()


@pytest.mark.parametrize(
    ("fields", "uncovered", "ending"),
    [
        ({"covered_until": NOW + 12 * HOUR, "granted_seconds": LONG}, 0, 0),
        ({"covered_until": NOW + HOUR, "granted_seconds": LONG}, 0, 1),
        ({"covered_until": NOW + 5 * MINUTE, "granted_seconds": 600.0}, 0, 0),
        ({"covered_until": NOW + 2 * MINUTE, "granted_seconds": 600.0}, 0, 1),
        ({"covered_until": NOW, "granted_seconds": LONG}, 1, 0),
        ({"covered_until": None}, 1, 0),
        ({"covered_until": None, "baseline_at": None}, 0, 0),
        ({"covered_until": None, "verdict": Verdict.UNWATCHABLE}, 0, 0),
    ],
)
def test_coverage_is_counted(fields: dict[str, Any], uncovered: int, ending: int) -> None:
    """A watch that wants a channel is covered, nearly at its end, or uncovered: one of them."""
    found = standing_of([(WATCH, progress(**fields))], NOW)
    assert found == Standing(watches=1, uncovered=uncovered, ending=ending, parked=0)


@pytest.mark.parametrize("watch", [replace(WATCH, push=False), replace(WATCH, paused=True)])
def test_who_wants_no_channel_lacks_none(watch: Watch) -> None:
    """A watch that only polls, or is paused, is never uncovered."""
    assert standing_of([(watch, progress())], NOW).uncovered == 0


def test_the_parked_are_counted_and_not_called_uncovered() -> None:
    """What is parked delivers nothing and says so: it is counted once, there."""
    parked = progress(verdict=Verdict.UNAUTHORIZED, covered_until=NOW - timedelta(days=1))
    wrong = progress(verdict=Verdict.INVALID)
    found = standing_of([(WATCH, parked), (Invalid("no"), wrong), (WATCH, None)], NOW)
    assert found == Standing(watches=3, uncovered=0, ending=0, parked=2)
