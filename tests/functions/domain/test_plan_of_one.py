"""A watch with one channel: what is decided at a glance is what the whole rule decides."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.domain.model import ChannelState
from tests.functions.domain.planning import deeds, planned
from tests.functions.examples import DAY, HOUR, NOW, channel

CLOSED = channel("closed", state=ChannelState.CLOSED)  # of no account, but no longer alone


@given(
    age=st.timedeltas(timedelta(0), 3 * DAY),
    life=st.timedeltas(timedelta(0), 7 * DAY),
    state=st.sampled_from(ChannelState),
    confirmed_at=st.sampled_from([None, NOW]),
    address=st.sampled_from(["https://example.com/receive", "https://elsewhere.example.com"]),
    name=st.sampled_from(["c1", "00", "ff", "zz", ""]),
)
def test_one_channel_is_planned_as_among_others(
    age: timedelta,
    life: timedelta,
    state: ChannelState,
    confirmed_at: datetime | None,
    address: str,
    name: str,
) -> None:
    """Invariant: a closed channel beside it changes nothing."""
    one = channel(
        name,
        age=age,
        life=life,
        state=state,
        confirmed_at=confirmed_at,
        address=address,
    )
    assert planned(one) == planned(one, CLOSED)


def test_a_channel_that_covers_is_left_alone_until_it_is_due() -> None:
    """Nothing is done, and it is looked at when half of its life is over."""
    made = planned(channel("00", age=HOUR, life=DAY))
    assert (deeds(made), made.look_at) == ([], NOW + 11 * HOUR)
