"""The arithmetic of the bench: ratios, goals, prices, and a table that hides nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.bench import (
    arriving,
    bursts,
    delivering,
    planning,
    pricing,
    pulling,
    receiving,
    renewing,
    starting,
)
from tests.bench.figure import Mark, Row, at_least, at_most, once, quantile, ratios, short, spread
from tests.bench.load import whole
from tests.bench.pressing import Pressed
from tests.bench.table import as_json, from_json, page

DAY = datetime(2026, 11, 22, tzinfo=UTC)


def row(value: float | None, **more: object) -> Row:
    """Make a row."""
    found = None if value is None else once(value)
    return Row(**({"section": "s", "what": "w", "found": found} | more))  # type: ignore[arg-type]


def marks(rows: list[Row]) -> dict[str, Mark]:
    """Give the marks of what has a goal."""
    return {each.what: each.mark for each in rows if each.goal}


def pressed(rate: float, status: str = "204") -> Pressed:
    """Make a round."""
    return Pressed(rate=rate, took=[0.001, 0.002], statuses={status: 2}, processor=1 / rate)


def test_ratios_are_of_neighbours() -> None:
    """A round that was slow for both sides is as good as any: 0.5, 0.5, 1.0."""
    found = ratios([50, 500, 10], [100, 1000, 10])
    assert (found.middle, found.least, found.most) == (0.5, 0.5, 1.0)


def test_ratios_want_pairs() -> None:
    """A side that lacks a round is compared with nothing."""
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("goal", "value", "mark"),
    [
        (at_least(0.9), 0.9, Mark.MET),
        (at_least(0.9), 0.899, Mark.MISSED),
        (at_most(1.2), 1.2, Mark.MET),
        (at_most(1.2), 1.201, Mark.MISSED),
        (at_most(0), 0, Mark.MET),
        (at_least(1), None, Mark.NOT_MEASURED),
        (None, 7, Mark.TOLD),
    ],
)
def test_goals_are_bounds(goal: object, value: float | None, mark: Mark) -> None:
    """Reached is enough; what was not measured is neither met nor missed."""
    assert row(value, goal=goal).mark is mark


def test_quantiles_are_values_that_were_measured() -> None:
    """The slowest one in a hundred, even of fewer."""
    assert quantile(list(range(100)), 0.99) == 99
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([1], 0.99) == 1


def test_numbers_are_short() -> None:
    """Three digits that count."""
    told = [short(0.12345), short(1234567), short(2), short(99.95)]
    assert told == ["0.123", "1,234,567", "2", "100"]


def test_the_table_hides_nothing() -> None:
    """What is missed or not measured is marked, and counted at the end."""
    rows = [
        row(1, goal=at_least(2)),
        row(None, goal=at_least(2), note="emulator missing"),
        row(3, goal=at_least(2)),
    ]
    told = page(rows, measured_at=DAY, described="a machine", lasted=7)
    assert told.count("**MISSED**") == 1
    assert "| **not measured** | emulator missing |" in told
    assert "Goals: 1 met, 1 missed, 1 not measured." in told


def test_figures_survive_as_json() -> None:
    """The section's process hands them over whole."""
    rows = [row(1, goal=at_least(2), unit="s", note="n"), row(None)]
    assert from_json(as_json(rows)) == rows


def test_an_answer_is_whole_with_its_body() -> None:
    """The load waits for as much as was promised."""
    head = b"HTTP/1.1 401 UNAUTHORIZED\r\nContent-Length: 3\r\n\r\n"
    assert not whole(head[:-1])
    assert not whole(head + b"ab")
    assert whole(head + b"abc")
    assert whole(b"HTTP/1.1 204 NO CONTENT\r\n\r\n")


def test_receiving_is_held_against_the_bare_function() -> None:
    """Of 1000 a second: 900 forged, 700 without and 350 with a publish are enough."""
    sides = {receiving.BARE_SIDE: [pressed(1000)] * 3}
    for side in receiving.SIDES:
        sides[side] = [pressed(350)] * 3
    found = list(marks(receiving.rows(sides)).values())
    assert found == [Mark.MISSED, Mark.MISSED, Mark.MET]


def test_a_publish_without_a_queue_is_not_measured() -> None:
    """The line stays, and says what is missing."""
    sides = {side: [pressed(1000)] for side in [receiving.BARE_SIDE, *receiving.SIDES]}
    del sides["receive, valid, publish confirmed"]
    last = receiving.rows(sides, "emulator missing")[-1]
    assert (last.mark, last.note) == (Mark.NOT_MEASURED, "emulator missing")


def test_other_answers_than_expected_are_no_figures() -> None:
    """An error page is quick, too."""
    sides = {"receive, forged": [pressed(9999, "503")]}
    with pytest.raises(RuntimeError, match="503"):
        receiving._checks(sides)


def test_starts_are_held_against_the_bare_function() -> None:
    """1.3 times to the first refusal, 2 times to the first that is queued."""
    took = {starting.BARE_SIDE: [1.0, 1.0], **{side: [1.5, 1.5] for side in starting.GOALS}}
    assert list(marks(starting.rows(took, {})).values()) == [Mark.MISSED, Mark.MET]


def test_counts_are_for_each_notification() -> None:
    """A thousand notifications, 1,100 reads, 6 pulls: the reads are well, the pulls are not."""
    quiet = bursts.Counted(notifications=10, pulls=10, calls=10, reads=50, writes=20, in_receive=0)
    burst = bursts.Counted(notifications=1000, pulls=6, calls=7, reads=1100, writes=9, in_receive=0)
    found = marks(bursts.rows(quiet, burst))
    assert list(found.values()) == [Mark.MET, Mark.MISSED, Mark.MET]


def test_renewals_are_held_against_their_calls() -> None:
    """10,000 calls of 50 ms by 16 hands are 31.25 s: 37 s will do, 38 s will not."""
    assert list(marks(renewing.rows(6.0, 37.0)).values()) == [Mark.MET]
    assert list(marks(renewing.rows(6.0, 38.0)).values()) == [Mark.MISSED]


def test_the_planner_has_two_goals() -> None:
    """Quick and small."""
    found = marks(planning.rows([120_000.0], 2000.0, 900.0))
    assert list(found.values()) == [Mark.MET, Mark.MISSED]


def test_pulls_are_held_against_the_bare_loop() -> None:
    """Each pull against the loop before it."""
    assert list(marks(pulling.rows([60, 70], [100, 100])).values()) == [Mark.MET]
    assert list(marks(pulling.rows([30, 30], [100, 50])).values()) == [Mark.MISSED]


def test_a_delivery_that_is_not_whole_has_no_rate() -> None:
    """Half of the changes at twice the speed is no delivery."""
    assert delivering.rows(50_000, 10.0, None)[0].mark is Mark.NOT_MEASURED
    assert delivering.rows(100_000, 10.0, None)[0].found == once(10_000)


def test_a_million_notifications_are_priced() -> None:
    """At a rate, by reads and by writes that were measured: 2.525 USD are 100 ms of an instance."""
    measured = [row(1.0, what=what) for what in pricing.WANTED]
    measured[-1] = row(100.0, what=arriving.LATENCY_P50)
    quiet, busy = pricing.rows(measured)
    assert quiet.found is not None
    assert quiet.found.middle == pytest.approx(2 * (0.40 + 2.525) + 0.30 + 0.90 + 0.1455, abs=0.01)
    assert busy.found is not None
    assert busy.found.middle > quiet.found.middle  # at one a second an instance is dear


def test_a_price_of_nothing_measured_is_none() -> None:
    """What is missing is named."""
    (only,) = pricing.rows([])
    assert only.mark is Mark.NOT_MEASURED
    assert pricing.BUSY_RATE in only.note


def test_a_spread_says_its_ends() -> None:
    """A middle alone hides how much it varied."""
    assert str(spread([1, 2, 4])) == "2 (1 - 4)"
    assert str(spread([2, 2])) == "2"
