"""Channels through time: whatever Google does, as long as it can be borne, the watch is covered."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, pairwise
from math import log

from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.domain.plan import OLDEST
from tests.functions.lives import FINE, LOSES, REFUSES, SILENT, Life, Mood

SHORTEST, LONGEST = timedelta(seconds=10), timedelta(days=7)

# Of every order of length alike: seconds, minutes, hours, days.
lives = st.floats(log(10), log(7 * 86400)).map(
    lambda power: min(max(timedelta(seconds=2.718281828459045**power), SHORTEST), LONGEST)
)
parts = st.lists(st.floats(0, 1), min_size=1, max_size=5)
troubles = st.lists(
    st.tuples(st.sampled_from([REFUSES, SILENT]), st.floats(0, 1), st.floats(0, 1)),
    min_size=1,
    max_size=4,
)


def tick(life: timedelta) -> timedelta:
    """Give the longest wait for a tick: a minute, or what divides well into a short life."""
    return min(life / 20, timedelta(minutes=1))


def live(
    life: timedelta, ticks: list[float], delays: list[float], mood: Mood, seed: int = 0
) -> Life:
    """Begin a life; ticks come, and messages arrive, within the longest tick of their time."""
    return Life(
        granted=life,
        mood=mood,
        ticks=cycle([tick(life) * part for part in ticks]),
        delays=cycle([tick(life) * part for part in delays]),
        seed=seed,
    )


def bearable(life: timedelta, outages: list[tuple[str, float, float]]) -> Mood:
    """Give a mood with one outage in each two lives, each shorter than a quarter of the lead."""
    lead = life - min(life / 2, OLDEST)

    def mood(at: timedelta) -> str:
        number, since = divmod(at - life / 2, 2 * life)
        kind, start, length = outages[number % len(outages)]
        begins = life * start
        during = begins <= since < begins + lead / 4 * length
        return kind if during and number >= 0 else FINE

    return mood


@settings(max_examples=25)
@given(lives, parts, parts, troubles)
@example(SHORTEST, [1.0], [1.0], [(SILENT, 0.0, 1.0), (REFUSES, 0.5, 1.0)])
@example(LONGEST, [1.0], [1.0], [(SILENT, 0.0, 1.0), (REFUSES, 0.5, 1.0)])
def test_no_gap_while_failures_fit_in_the_lead(
    life: timedelta,
    ticks: list[float],
    delays: list[float],
    outages: list[tuple[str, float, float]],
) -> None:
    """Invariant: of any life, refused or silent for a quarter of the lead: always covered."""
    watch = live(life, ticks, delays, bearable(life, outages))
    watch.run(6 * life)
    assert watch.gap == timedelta(0)
    assert watch.uncovered_seconds == 0
    assert watch.covered()
    assert watch.bare_stops == 0
    assert watch.most_alive <= 2


@settings(max_examples=20)
@given(lives, parts, parts)
def test_in_peace_a_channel_is_replaced_in_time_and_one_is_left(
    life: timedelta, ticks: list[float], delays: list[float]
) -> None:
    """Invariant: replaced by half its life and within a day, and never is none left."""
    watch = live(life, ticks, delays, lambda _: FINE)
    watch.run(4 * life)
    most = min(life / 2, OLDEST) + tick(life)
    assert all(later - earlier <= most for earlier, later in pairwise(watch.opened_at))
    assert watch.gap == timedelta(0)
    assert watch.most_alive == 2
    assert watch.bare_stops == 0


def moody(life: timedelta, moods: list[str]) -> Mood:
    """Give a mood that changes five times a life."""
    return lambda at: moods[int(at / (life / 5))] if at < life / 5 * len(moods) else FINE


@given(
    lives,
    parts,
    parts,
    st.lists(st.sampled_from([FINE, REFUSES, SILENT, LOSES]), max_size=10),
    st.integers(0, 9),
)
def test_after_any_mess_one_channel_is_left_and_nothing_to_do(
    life: timedelta, ticks: list[float], delays: list[float], moods: list[str], seed: int
) -> None:
    """Invariant: once Google is well one confirmed channel lives, no other, and that is that."""
    watch = live(life, ticks, delays, moody(life, moods), seed)
    watch.run(life / 5 * len(moods))
    watch.run(max(4 * life, timedelta(minutes=2)))
    span = min(life / 2, OLDEST)
    while watch.age() > span / 5:
        watch.run(span / 10)
    watch.run(span / 2)  # halfway between two replacements
    assert watch.covered()
    assert watch.states() == ["live"]
    assert len(watch._living()) == 1
    assert not watch.has_a_plan()


@settings(max_examples=25)
@given(lives, parts, parts, st.lists(st.sampled_from([FINE, REFUSES, SILENT]), max_size=10))
def test_two_live_at_most_and_the_account_says_what_google_knows(
    life: timedelta, ticks: list[float], delays: list[float], moods: list[str]
) -> None:
    """Invariant: no third is opened, whatever is refused, and no uncovered second is lost."""
    watch = live(life, ticks, delays, moody(life, moods))
    watch.run(life / 5 * len(moods))
    watch.run(max(4 * life, timedelta(minutes=2)))
    assert abs(watch.uncovered_seconds - watch.gap.total_seconds()) < 0.1 * len(watch.opened_at)
    assert watch.most_alive <= 2
    assert watch.bare_stops == 0
