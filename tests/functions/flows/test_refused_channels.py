"""Google refuses a channel: when it is asked again, and what goes on without."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.errors import (
    BadAddress,
    RateLimited,
    Unavailable,
    Unwatchable,
)
from functions.domain.model import ChannelState, Verdict
from tests.world.system import ANA, TICK, System

HOUR = timedelta(hours=1)
LIVE, RETIRING = ChannelState.LIVE, ChannelState.RETIRING
LATER = Unavailable("503 backendError")


def test_refused_channel_is_asked_for_later(system: System) -> None:
    """A refusal is remembered: the next try comes after a wait, the refused one is closed."""
    for _ in range(3):
        system.near.refuse("*.watch", BadAddress("400 push.webhookUrlNotHttps"))
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.pass_time(3 * TICK)
    assert system.near.count("*.watch") == 2
    assert system.channels() == []
    assert "webhookUrl" in system.progress().open_reason
    system.pass_time(10 * TICK)
    assert system.near.count("*.watch") == 4
    assert system.states() == [LIVE]
    assert system.progress().open_reason == ""
    assert system.progress().verdict is Verdict.OK


def test_rate_limit_on_channels_waits_as_google_asks(system: System) -> None:
    """Google's word is kept, even over a restart; other back-offs end with one."""
    system.near.refuse("*.watch", RateLimited("403", 2 * HOUR, asked=True))
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.pass_time(HOUR)
    system.declare(ana={"source": "drive.changes", "subject": ANA})  # a new revision
    system.pass_time(30 * TICK)
    assert system.near.count("*.watch") == 1
    system.pass_time(HOUR)
    assert system.states() == [LIVE]


def test_unwatchable_resource_is_polled_with_the_same_output(system: System) -> None:
    """It is not parked: no trouble is told, changes are; Google is asked again a day later."""
    system.near.refuse("*.watch", Unwatchable("400 pushNotSupportedForRequestedResource"))
    system.begin()
    assert system.progress().verdict is Verdict.UNWATCHABLE
    system.drive.create(ANA, name="a")
    system.pass_time(HOUR)
    assert system.sink.kinds() == ["file.created"]
    assert system.sink.troubles() == []
    assert system.progress().verdict is Verdict.UNWATCHABLE
    system.pass_time(19 * HOUR)
    assert system.near.count("*.watch") <= 2
    system.pass_time(6 * HOUR)
    assert system.progress().verdict is Verdict.OK
    assert system.states() == [LIVE]
    assert system.progress().uncovered_seconds == 0


def test_channel_of_an_outage_is_opened_soon_after(system: System) -> None:
    """A 503 at the first try costs a tick, not a back-off of minutes."""
    system.near.refuse("*.watch", LATER)
    system.begin()
    system.pass_time(TICK)
    assert system.states() == [LIVE]
