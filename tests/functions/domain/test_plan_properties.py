"""Promises that any plan keeps, whatever channels there are and however they came about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.domain.coverage import covers
from functions.domain.model import Channel, ChannelState, Progress, Verdict, Watch
from functions.domain.plan import (
    ADOPTED,
    GIVEN_UP,
    OLDEST,
    UNANSWERED,
    Close,
    Open,
    Plan,
    Retire,
    Stop,
    confirm_by,
    plan,
    replace_at,
    wants_channel,
)
from tests.functions.examples import ADDRESS, GROUNDS, NOW, WATCH, channel, progress

lives = st.timedeltas(timedelta(seconds=10), timedelta(days=7))
ages = st.timedeltas(timedelta(0), timedelta(days=8))
soon = st.none() | st.timedeltas(timedelta(minutes=-5), timedelta(minutes=20)).map(NOW.__add__)
known = progress()
progresses = st.builds(
    progress,
    verdict=st.sampled_from([Verdict.OK, *Verdict]),
    cursor=st.sampled_from(["100", "100", None]),
    removed_at=st.sampled_from([None, None, NOW]),
    open_after=soon,
    granted_seconds=st.none() | st.floats(10, 604800),
)
watches = st.sampled_from(
    [WATCH, WATCH, None, replace(WATCH, paused=True), replace(WATCH, push=False)]
)


@st.composite
def channels(draw: st.DrawFn) -> Channel:
    """Make a channel in any state that the flows can bring about, and in some that they cannot."""
    state = draw(st.sampled_from([ChannelState.OPENING, ChannelState.LIVE, ChannelState.RETIRING]))
    age = draw(ages)
    unnamed = state is ChannelState.RETIRING and draw(st.integers(0, 4)) == 0
    answered = state is not ChannelState.OPENING and not unnamed
    fields: dict[str, Any] = {
        "state": state,
        "confirmed_at": NOW - age if answered and draw(st.booleans()) else None,
        "resource_id": "r1" if answered else None,
        "why": draw(st.sampled_from(["", GIVEN_UP, UNANSWERED, ADOPTED, "replaced"])),
        "key_id": draw(st.sampled_from(["k1", "k1", "k1", "withdrawn"])),
        "address": draw(st.sampled_from([ADDRESS, ADDRESS, ADDRESS, "https://old.example.com"])),
        "stop_after": draw(soon) if state is ChannelState.RETIRING else None,
        "unstoppable": state is ChannelState.RETIRING and draw(st.integers(0, 4)) == 0,
    }
    name = f"{draw(st.integers(0, 10**6)):032x}"
    return channel(name, age=age, life=draw(lives), **fields)


few = st.lists(channels(), max_size=2, unique_by=lambda each: each.id)
cases = st.lists(channels(), max_size=5, unique_by=lambda each: each.id)


def plan_at(
    there: list[Channel],
    progress: Progress = known,
    watch: Watch | None = WATCH,
    now: datetime = NOW,
) -> Plan:
    """Plan with the grounds of the examples."""
    return plan(watch, progress, there, now=now, grounds=GROUNDS)


def covering(there: list[Channel]) -> list[Channel]:
    """List the channels that cover, oldest first."""
    sound = [each for each in there if covers(each, NOW, GROUNDS)]
    return sorted(sound, key=lambda each: (each.opened_at, each.id))


def counted(there: list[Channel]) -> int:
    """Count the channels that live as far as we know, and that are ours to stop."""
    return sum(
        each.resource_id is not None and not each.unstoppable and each.why != ADOPTED
        for each in there
        if each.state in {ChannelState.LIVE, ChannelState.RETIRING} and each.ends_at > NOW
    )


@given(cases, progresses)
def test_the_last_covering_channel_of_a_wanted_watch_is_never_touched(
    there: list[Channel], known: Progress
) -> None:
    """Invariant: one channel that covers stays, whatever else is planned."""
    best = covering(there)[-1:]
    if wants_channel(WATCH, known):
        touched = {
            each.channel.id for each in plan_at(there, known).actions if not isinstance(each, Open)
        }
        assert not touched & {each.id for each in best}


@given(cases, progresses, watches, st.randoms(use_true_random=False))
def test_the_order_of_the_channels_does_not_matter(
    there: list[Channel], known: Progress, watch: Watch | None, random: Any
) -> None:
    """Invariant: a store may give them in any order; the plan is the same to the letter."""
    shuffled = list(there)
    random.shuffle(shuffled)
    assert plan_at(shuffled, known, watch) == plan_at(there, known, watch)


@given(cases, progresses, watches)
def test_no_third_channel_is_opened(
    there: list[Channel], known: Progress, watch: Watch | None
) -> None:
    """Invariant: at most one is opened at a time, and only while fewer than two live."""
    opens = [each for each in plan_at(there, known, watch).actions if isinstance(each, Open)]
    assert len(opens) <= 1
    if opens:
        assert wants_channel(watch, known)
        assert counted(there) < 2
        assert known.open_after is None or known.open_after <= NOW


@given(cases, progresses, watches)
def test_google_is_asked_to_stop_only_what_it_can(
    there: list[Channel], known: Progress, watch: Watch | None
) -> None:
    """Invariant: each channel is in one action at most, and in one that makes sense for it."""
    actions = [each for each in plan_at(there, known, watch).actions if not isinstance(each, Open)]
    assert len({each.channel.id for each in actions}) == len(actions)
    for each in actions:
        one = each.channel
        assert isinstance(each, Close) == (one.ends_at <= NOW)
        assert not isinstance(each, Retire) or one.state is ChannelState.OPENING
        if isinstance(each, Stop):
            assert one.resource_id
            assert not one.unstoppable
            assert one.stop_after is None or one.stop_after <= NOW


@given(few, progresses, watches, st.floats(0, 1, exclude_max=True))
def test_nothing_is_to_be_done_before_the_next_look(
    there: list[Channel], known: Progress, watch: Watch | None, part: float
) -> None:
    """Invariant: where nothing is to be done now, nothing comes due before the plan says so."""
    now = plan_at(there, known, watch)
    if now.actions:
        return
    if now.look_at is None:
        assert not wants_channel(watch, known)
        return
    assert now.look_at > NOW
    between = min(NOW + (now.look_at - NOW) * part, now.look_at - now.look_at.resolution)
    assert plan_at(there, known, watch, now=between).actions == ()


@given(cases, progresses, watches)
def test_what_has_channels_or_wants_one_is_looked_at_again(
    there: list[Channel], known: Progress, watch: Watch | None
) -> None:
    """Invariant: no channel is forgotten, and no wanted watch is left without a next look."""
    made = plan_at(there, known, watch)
    alive = [each for each in there if each.ends_at > NOW]
    if alive or (wants_channel(watch, known) and not made.actions):
        assert made.look_at is not None
        assert made.look_at <= min((each.ends_at for each in alive), default=made.look_at)


@given(lives, st.integers(0, 2**128 - 1))
def test_a_replacement_leaves_half_the_life_for_failures(life: timedelta, number: int) -> None:
    """Invariant: of any life, half at least is left, and no channel is older than a day by then."""
    one = channel(f"{number:032x}", age=timedelta(0), life=life)
    until = min(life / 2, OLDEST)
    assert until * 0.9 <= replace_at(one) - NOW <= until


@given(lives)
def test_confirmation_is_waited_for_within_the_lead(life: timedelta) -> None:
    """Invariant: a silent channel is given up while its predecessor lives: by a fifth of a life."""
    one = channel(age=timedelta(0), life=life)
    assert confirm_by(one) - NOW == min(life / 5, timedelta(minutes=5))
