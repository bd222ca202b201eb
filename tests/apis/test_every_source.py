"""What holds of each source alike, end to end: told by push, found by poll, renewed, refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from functions.domain.mailbox import mailbox_name
from functions.domain.model import ChannelState, Verdict
from functions.sources.table import SOURCES
from infra.local.google.world import World
from tests.world.far import FarSystem
from tests.world.system import ANA, SECOND, TICK

HOUR = timedelta(hours=1)
ADMIN, BEN = "admin@example.com", "ben@example.com"
TEAM = "team@group.calendar.google.com"

Told = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """A watch of a source, what is there before it, and the n-th thing that happens later."""

    act: Callable[[World, int], Told]
    params: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ANA
    prepare: Callable[[World], object] = lambda _: None


def _create_file(world: World, number: int) -> Told:
    return "file.created", world.drive.create(name=f"file {number}", account=ANA).id


def _update_file(world: World, number: int) -> Told:
    return "file.updated", world.drive.update("F", name=f"name {number}").id


def _create_event(world: World, number: int) -> Told:
    return "event.created", world.calendar.put_event(ANA, summary=str(number)).id


def _subscribe(world: World, number: int) -> Told:
    calendar_id = f"{number}{TEAM}"
    world.calendar.create_calendar(ANA, summary=str(number), calendar_id=calendar_id)
    return "calendar.created", calendar_id


def _grant(world: World, number: int) -> Told:
    rule = f"user:u{number}@example.com"
    world.calendar.put_rule(ANA, rule, "reader")
    return "rule.created", rule


def _set(world: World, number: int) -> Told:
    world.calendar.put_setting(ANA, f"setting{number}", "on")
    return "setting.created", f"setting{number}"


def _people(world: World) -> None:
    world.directory.create(ADMIN, user_id="1", isAdmin=True)
    world.directory.create(BEN, user_id="2")


def _hire(world: World, number: int) -> Told:
    return "user.created", world.directory.create(f"u{number}@example.com").id


def _name(world: World, number: int) -> Told:
    world.directory.add_alias(BEN, f"b{number}@example.com")
    return "alias.created", f"b{number}@example.com"


def _log_in(world: World, _: int) -> Told:
    made = world.reports.record("login", actor=BEN, event="login_success")
    return "activity.recorded", str(made.unique)


def _mail(world: World, _: int) -> Told:
    return "message.added", world.gmail.deliver(ANA).id


STORIES = {
    "drive.changes": Story(_create_file),
    "drive.files": Story(
        _update_file,
        params={"fileId": "F"},
        prepare=lambda world: world.drive.create(name="it", account=ANA, file_id="F"),
    ),
    "calendar.events": Story(_create_event),
    "calendar.calendarList": Story(_subscribe),
    "calendar.acl": Story(_grant, params={"calendarId": "primary"}),
    "calendar.settings": Story(_set),
    "directory.users": Story(_hire, {"domain": "example.com"}, ADMIN, _people),
    "directory.aliases": Story(_name, {"userKey": BEN}, ADMIN, _people),
    "reports.activities": Story(_log_in, {"applicationName": "login"}, ADMIN),
    "gmail.mailbox": Story(_mail),
}

each_source = pytest.mark.parametrize("source", SOURCES)


def begin(system: FarSystem, source: str, **more: Any) -> Callable[[int], Told]:
    """Declare a source's watch and wait a while; give what makes something happen there."""
    story = STORIES[source]
    story.prepare(system.world)
    system.pass_time(SECOND)
    system.watch(source, subject=story.subject, params=dict(story.params), **more)
    assert system.told() == []
    return lambda number: story.act(system.world, number)


@each_source
def test_change_is_told_by_push_and_once(system: FarSystem, source: str) -> None:
    """Long before any poll; and no later poll repeats it."""
    act = begin(system, source, poll="12h")
    expected = act(1)
    system.pass_time(TICK + 5 * SECOND)
    assert system.told() == [expected]
    system.pass_time(13 * HOUR)
    assert system.told() == []


@each_source
def test_lost_notification_is_found_by_the_poll(system: FarSystem, source: str) -> None:
    """Nothing arrives any more: the same is told, later."""
    act = begin(system, source, poll="10m")
    system.lose_notifications()
    expected = act(1)
    system.pass_time(12 * TICK)
    assert system.told() == [expected]


@each_source
def test_renewal_leaves_no_gap_and_no_channel_behind(system: FarSystem, source: str) -> None:
    """A day later another channel covers it, and one alone; it still tells by push."""
    act = begin(system, source, poll="12h")
    name = "it" if source != "gmail.mailbox" else mailbox_name(ANA)
    (first,) = system.channels(name)
    system.pass_time(26 * HOUR)
    (last,) = system.channels(name)
    assert last.ends_at > first.ends_at
    assert last.state is ChannelState.LIVE
    assert system.progress("it").uncovered_seconds == 0
    if source != "gmail.mailbox":  # is renewed in place
        assert last.id != first.id
        assert [channel.ask.id for channel in system.far.alive()] == [last.id]
    expected = act(1)
    system.pass_time(TICK + 5 * SECOND)
    assert system.told() == [expected]


@each_source
def test_what_google_does_not_push_is_polled_with_the_same_output(
    system: FarSystem, source: str
) -> None:
    """Refused for good: no trouble is told, no storm of asking, and each change by poll."""
    system.world.faults.set(
        "error", method="*.watch", reason="pushNotSupportedForRequestedResource"
    )
    act = begin(system, source, poll="10m")
    progress = system.progress("it")
    if source == "gmail.mailbox":  # Gmail refuses a topic, never a mailbox: that can be mended
        assert "pushNotSupported" in progress.open_reason
    else:
        assert progress.verdict is Verdict.UNWATCHABLE
    expected = []
    for number in range(3):
        expected.append(act(number))
        system.pass_time(12 * TICK)
    assert system.told() == expected
    assert system.sink.troubles() == []
    system.pass_time(6 * HOUR)
    assert 1 <= system.far.count("*.watch") <= (10 if source == "gmail.mailbox" else 3)
    assert system.far.alive() == []


@each_source
def test_revoked_access_parks_and_what_happened_is_told_on_return(
    system: FarSystem, source: str
) -> None:
    """`parked` and `resumed`, each once; nothing lost between."""
    act = begin(system, source, poll="10m")
    account = STORIES[source].subject
    system.world.access.revoke(account)
    system.pass_time(30 * TICK)
    assert system.progress("it").verdict is Verdict.UNAUTHORIZED
    expected = act(1)
    system.pass_time(HOUR)
    assert system.told() == []
    system.world.access.restore(account)
    system.pass_time(8 * HOUR)
    assert system.told() == [expected]
    assert system.sink.troubles() == ["parked", "resumed"]
    assert system.progress("it").verdict is Verdict.OK


def test_each_source_has_its_story() -> None:
    """A source that is added later is held to the same."""
    assert STORIES.keys() == SOURCES.keys()
