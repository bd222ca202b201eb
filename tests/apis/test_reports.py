"""Reports from end to end: each activity told once, however late Google lists it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.domain.model import ChannelState, Verdict
from functions.sources.reports import ReportsActivities
from tests.world.far import FarSystem
from tests.world.system import SECOND, TICK

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADMIN, BEN = "admin@example.com", "ben@example.com"


def begin(system: FarSystem, application: str = "login", **more: Any) -> None:
    """Watch what an application's users do and wait until that is covered."""
    params = {"applicationName": application, **more.pop("params", {})}
    system.watch("reports.activities", subject=ADMIN, params=params, **more)
    assert [channel.state for channel in system.channels("it")] == [ChannelState.LIVE]
    assert system.told() == []
    system.far.calls.clear()


def record(system: FarSystem, application: str = "login", **more: Any) -> tuple[str, str]:
    """Have something happen; give how it is to be told."""
    event = str(more.pop("event", "login_success"))
    made = system.world.reports.record(application, actor=BEN, event=event, **more)
    return ("activity.recorded", str(made.unique))


def test_activities_are_told_once(system: FarSystem) -> None:
    """By push, an unknown event name among them; what overlaps is not told again."""
    record(system)
    system.pass_time(SECOND)
    begin(system, poll="24h")
    first = record(system)
    system.pass_time(5 * SECOND)
    second = record(system, event="a_name_google_adds_later")
    system.pass_time(5 * SECOND)
    assert system.told() == [first, second]
    system.pass_time(DAY)
    assert system.told() == []


def test_late_entries_are_told_once(system: FarSystem) -> None:
    """Listed hours after they happened: found by the next reading of the whole lag."""
    begin(system, poll="1h")
    late = [record(system, late=3600.0 * hours) for hours in range(1, 5)]
    early = record(system)
    system.pass_time(10 * SECOND)
    assert system.told() == [early]
    system.pass_time(10 * HOUR)
    told = system.told()
    assert sorted(told) == sorted(late)
    system.pass_time(DAY)
    assert system.told() == []


def test_whole_lag_is_read_at_most_once_an_hour(system: FarSystem) -> None:
    """Other pulls begin ten minutes before the last one, whatever Google's clock says."""
    begin(system, "drive", poll="5m")
    system.far.skew = 30 * SECOND
    starts: list[timedelta] = []

    def between(call: object) -> None:
        params = getattr(call, "params", {})
        if "startTime" in params:
            start = datetime.fromisoformat(params["startTime"])
            starts.append(system.clock.now() - start)

    system.pass_time(HOUR)
    system.far.between = between
    for _ in range(3 * 12):
        record(system, "drive")
        system.pass_time(5 * TICK)
    sweeps = [length for length in starts if length > 30 * TICK]
    assert 2 <= len(sweeps) <= 4
    assert len(starts) > 36


def test_nothing_before_the_baseline_is_told(system: FarSystem) -> None:
    """Not even what is listed only after it."""
    record(system, ago=60.0)
    begin(system, poll="10m")
    record(system, ago=7200.0)
    system.pass_time(3 * HOUR)
    assert system.told() == []


def test_activities_of_one_qualifier_at_two_times_are_two(system: FarSystem) -> None:
    """`uniqueQualifier` tells apart what happened at one time, no more."""
    begin(system, poll="10m")
    for _ in range(2):
        record(system, unique=77)
        system.pass_time(5 * SECOND)
    ids = {event.id for event in system.sink.told}
    assert system.told() == [("activity.recorded", "77")] * 2
    assert len(ids) == 2
    system.pass_time(3 * HOUR)
    assert system.told() == []


def test_many_pages_and_a_crash_lose_nothing(system: FarSystem) -> None:
    """Three pages; the process dies between telling and saving: the same ids come again."""
    begin(system, poll="10m")
    system.lose_notifications()
    made = [record(system) for _ in range(2200)]
    system.wire.after("changes.tell")
    system.pass_time(HOUR)
    assert system.crashes == 1
    ids = [event.id for event in system.sink.told]
    assert set(system.told()) == set(made)
    assert len(set(ids)) == 2200
    assert len(ids) == 3200  # the page that was told but not saved


def test_memory_is_bounded(system: FarSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it activities are repeated, with their ids; none is skipped."""
    monkeypatch.setattr(
        ReportsActivities, "profile", replace(ReportsActivities.profile, remembers=100)
    )
    begin(system, poll="10m")
    made = [record(system) for _ in range(150)]
    system.pass_time(5 * SECOND)
    assert len(system.sqlite.memory("it", after=None, limit=1000)) == 100
    system.pass_time(2 * HOUR)
    assert len(system.sqlite.memory("it", after=None, limit=1000)) <= 125
    ids = {event.id for event in system.sink.told}
    assert len(ids) == 150 < len(system.sink.told)
    assert set(system.told()) == set(made)


def test_only_the_events_asked_for(system: FarSystem) -> None:
    """`eventName` and `userKey` narrow what is watched and what is read."""
    begin(system, params={"eventName": "logout", "userKey": BEN}, poll="10m")
    record(system)
    wanted = record(system, event="logout")
    system.pass_time(HOUR)
    assert system.told() == [wanted]


def test_lost_notification_and_renewal(system: FarSystem) -> None:
    """Channels of six hours are renewed without a gap; the poll finds what no message told."""
    begin(system, poll="1h")
    system.pass_time(DAY)
    assert system.progress("it").uncovered_seconds == 0
    assert len(system.far.alive()) == 1
    system.lose_notifications()
    made = record(system)
    system.pass_time(HOUR + TICK)
    assert system.told() == [made]


def test_unknown_application_parks_its_watch_alone(system: FarSystem) -> None:
    """Google's documents know no `docs`: the call cannot be made, and is not tried each minute."""
    params = {"applicationName": "docs"}
    system.watch("reports.activities", subject=ADMIN, params=params)
    assert system.progress("it").verdict is Verdict.INVALID
    assert system.sink.troubles() == ["parked"]
    assert len(system.far.calls) <= 2
    assert system.far.wrong.pop().startswith("reports.activities.list(applicationName)")
    system.far.wrong.clear()
