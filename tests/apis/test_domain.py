"""A whole domain from end to end: `*@example.com` follows joiners and leavers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.domain.errors import Unavailable
from functions.domain.model import ChannelState, Verdict
from infra.local.google.directory.state import Directory
from infra.machine.status import gather
from tests.world.far import FarSystem
from tests.world.system import SECOND, TICK

HOUR = timedelta(hours=1)
ADMIN, BEN, CAT = "admin@example.com", "ben@example.com", "cat@example.com"
COMPARED = timedelta(minutes=16)  # a full comparison is in it
EVERYBODY: dict[str, Any] = {
    "source": "calendar.events",
    "subject": "*@example.com",
    "admin": ADMIN,
    "poll": "10m",
}


@pytest.fixture
def users(system: FarSystem) -> Directory:
    """A domain of two, one who is suspended, and one of another domain."""
    directory = system.world.directory
    directory.create(ADMIN, isAdmin=True)
    directory.create("Ben@Example.com")
    directory.create("off@example.com", suspended=True)
    directory.create("kept@example.com", archived=True)
    directory.create("eve@other.example")
    system.declare(all=EVERYBODY)
    system.pass_time(3 * TICK)
    assert members(system) == [ADMIN, BEN]
    return directory


def members(system: FarSystem) -> list[str]:
    """List the users that have a live channel of their own at Google."""
    accounts = sorted(channel.account for channel in system.far.alive())
    stored = sorted(
        progress.subject or ""
        for progress in system.sqlite.all_progress()
        if progress.watch.startswith("all:") and progress.removed_at is None
    )
    assert [a for a in accounts if a in stored] == accounts
    return accounts


def test_each_member_has_channel_cursor_and_events(system: FarSystem, users: Directory) -> None:
    """A watch of its own, called after its address in lower case."""
    event = system.world.calendar.put_event(BEN, summary="x")
    system.pass_time(5 * SECOND)
    (told,) = system.sink.told
    assert (told.watch, told.account, told.subject) == (f"all:{BEN}", BEN, event.id)
    assert system.sqlite.progress("all") is None
    assert [channel.state for channel in system.channels(f"all:{BEN}")] == [ChannelState.LIVE]


def test_status_tells_of_the_domain_and_of_each_member(system: FarSystem, users: Directory) -> None:
    """A row a member; the declaration itself does as the worst of them does."""
    found = gather(system.sqlite, system.clock.now())
    states = {row["id"]: row["state"] for row in found["watches"]}
    assert states == {"all": "covered", f"all:{ADMIN}": "covered", f"all:{BEN}": "covered"}
    system.world.access.revoke(BEN)
    system.pass_time(HOUR)
    rows = {row["id"]: row for row in gather(system.sqlite, system.clock.now())["watches"]}
    assert rows["all"]["members"] == [f"all:{ADMIN}", f"all:{BEN}"]
    assert [rows[name]["state"] for name in ("all", f"all:{BEN}")] == ["parked", "parked"]
    assert (rows[f"all:{BEN}"]["subject"], len(rows[f"all:{ADMIN}"]["channels"])) == (BEN, 1)


def test_joiner_is_watched(system: FarSystem, users: Directory) -> None:
    """Noticed at the next full comparison; nothing is told of what was there before."""
    users.create(CAT)
    system.world.calendar.put_event(CAT, summary="before")
    system.pass_time(COMPARED)
    assert members(system) == [ADMIN, BEN, CAT]
    assert system.sink.told == []


@pytest.mark.parametrize("how", ["suspended", "archived", "deleted", "renamed", "moved"])
def test_leaver_is_let_go_and_goes_on_when_back(
    system: FarSystem, users: Directory, how: str
) -> None:
    """Channels are stopped; a user who returns goes on where it was, nothing lost or repeated."""
    ben = users.user(BEN)
    leave(users, how)
    system.pass_time(COMPARED)
    left = [a for a in members(system) if a in {ADMIN, BEN}]
    assert left == [ADMIN]
    assert system.sqlite.progress(f"all:{BEN}") is not None
    system.world.calendar.put_event(BEN, "meanwhile", summary="x")
    system.pass_time(HOUR)
    assert system.sink.told == []
    if how == "deleted":
        users.undelete(ben.id)
    else:
        users.update(ben.id, email=BEN, suspended=False, archived=False)
    system.pass_time(COMPARED)
    assert BEN in members(system)
    assert [(e.watch, e.subject) for e in system.sink.told] == [(f"all:{BEN}", "meanwhile")]


def leave(users: Directory, how: str) -> None:
    """Have Ben leave."""
    match how:
        case "deleted":
            users.delete(BEN)
        case "renamed":
            users.update(BEN, email="benjamin@example.com")
        case "moved":
            users.update(BEN, email="ben@other.example")
        case _:
            users.update(BEN, **{how: True})  # type: ignore[arg-type]


def test_renamed_user_is_a_new_member(system: FarSystem, users: Directory) -> None:
    """The primary address names the watch."""
    users.update(BEN, email="benjamin@example.com")
    users.add_alias("benjamin@example.com", BEN)
    system.pass_time(COMPARED)
    assert members(system) == [ADMIN, "benjamin@example.com"]


@pytest.mark.parametrize("failure", ["error", "empty", "unverified"])
def test_listing_that_fails_changes_nothing(
    system: FarSystem, users: Directory, failure: str
) -> None:
    """An outage, an empty list, a missing user who cannot be looked up: all stay as they are."""
    method = {"error": "admin.users.list", "unverified": "admin.users.get"}.get(failure, "")
    for _ in range(100):
        system.far.refuse(method, Unavailable("503 backendError"))
    if failure != "error":
        for user in users.users.values():
            user.profile.states = [(10.0**12, user.profile.now())]
    if failure == "unverified":
        users.update(BEN, suspended=True)
    stops = system.far.count("calendar.channels.stop")
    system.pass_time(2 * HOUR)
    assert members(system) == [ADMIN, BEN]
    assert system.far.count("calendar.channels.stop") == stops


def test_broken_page_changes_nothing(system: FarSystem, users: Directory) -> None:
    """Half a list is none."""
    for number in range(600):
        users.create(f"x{number:03}@example.com", suspended=True)
    users.create("zoe@example.com")
    system.far.refuse("admin.users.list", None)
    system.far.refuse("admin.users.list", Unavailable("503 backendError"))
    system.pass_time(COMPARED)
    assert members(system) == [ADMIN, BEN]
    system.pass_time(COMPARED)
    assert members(system) == [ADMIN, BEN, "zoe@example.com"]


def test_broken_page_has_nobody_looked_up(system: FarSystem, users: Directory) -> None:
    """Whoever would be on a page that did not come is not missing: a company is many calls."""
    for number in range(600):
        users.create(f"x{number:03}@example.com", suspended=True)
    users.create("zoe@example.com")
    system.pass_time(COMPARED)
    system.far.refuse("admin.users.list", None)
    system.far.refuse("admin.users.list", Unavailable("503 backendError"))
    asked = system.far.count("admin.users.get")
    system.pass_time(COMPARED)
    assert system.far.count("admin.users.get") == asked
    assert members(system) == [ADMIN, BEN, "zoe@example.com"]


def test_declaration_that_goes_takes_its_members_along(system: FarSystem, users: Directory) -> None:
    """All channels are stopped; declared again, all go on."""
    system.declare()
    system.pass_time(3 * TICK)
    assert system.far.alive() == []
    system.world.calendar.put_event(BEN, "meanwhile", summary="x")
    system.declare(all=EVERYBODY)
    system.pass_time(3 * TICK)
    assert members(system) == [ADMIN, BEN]
    assert [e.subject for e in system.sink.told] == ["meanwhile"]


def test_pause_holds_for_every_member(system: FarSystem, users: Directory) -> None:
    """Channels stopped, cursors kept."""
    system.declare(all={**EVERYBODY, "paused": True})
    system.pass_time(3 * TICK)
    assert system.far.alive() == []
    system.world.calendar.put_event(BEN, "meanwhile", summary="x")
    system.pass_time(HOUR)
    assert system.sink.told == []
    system.declare(all=EVERYBODY)
    system.pass_time(3 * TICK)
    assert [e.subject for e in system.sink.told] == ["meanwhile"]


def test_one_members_trouble_is_its_own(system: FarSystem, users: Directory) -> None:
    """Parked by itself; the others go on."""
    system.world.access.revoke(BEN)
    system.pass_time(HOUR)
    event = system.world.calendar.put_event(ADMIN, summary="x")
    system.pass_time(5 * SECOND)
    parked = system.sqlite.progress(f"all:{BEN}")
    assert parked is not None
    assert parked.verdict is Verdict.UNAUTHORIZED
    assert [(e.watch, e.subject) for e in system.sink.told] == [
        (f"all:{BEN}", None),
        (f"all:{ADMIN}", event.id),
    ]


def test_mail_of_a_whole_domain(system: FarSystem, users: Directory) -> None:
    """Each mailbox has its one watch."""
    system.declare(all={**EVERYBODY, "source": "gmail.mailbox"})
    system.pass_time(4 * TICK)
    mail = system.world.gmail.deliver(BEN)
    system.pass_time(5 * SECOND)
    assert [(e.watch, e.subject) for e in system.sink.told] == [(f"all:{BEN}", mail.id)]
    users.update(BEN, suspended=True)
    system.pass_time(COMPARED)
    assert system.world.gmail.mailbox(BEN).watch is None
    assert system.world.gmail.mailbox(ADMIN).watch is not None
