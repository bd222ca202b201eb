"""Directory from end to end: users and aliases, by bodies and by comparison."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.domain.errors import Refused
from functions.domain.model import ChannelState, Verdict
from infra.local.google.directory.state import Directory
from infra.local.google.directory.user import User
from tests.world.far import FarSystem
from tests.world.system import SECOND, TICK

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADMIN, BEN, CAT = "admin@example.com", "ben@example.com", "cat@example.com"
DOMAIN = {"domain": "example.com"}


@pytest.fixture
def users(system: FarSystem) -> Directory:
    """A domain with its administrator and Ben."""
    system.world.directory.create(ADMIN, user_id="1", isAdmin=True)
    system.world.directory.create(BEN, user_id="2", name={"fullName": "Ben"})
    return system.world.directory


def begin(system: FarSystem, **more: Any) -> None:
    """Watch the users of the domain and wait until that is covered."""
    system.watch("directory.users", subject=ADMIN, params=DOMAIN, **more)
    assert [channel.state for channel in system.channels("it")] == [ChannelState.LIVE]
    assert system.told() == []
    system.far.calls.clear()


def live(users: Directory) -> list[tuple[str, str]]:
    """Do one thing after the other to users; give what is to be told of it in the end."""
    cat = users.create(CAT, user_id="3")
    users.update(BEN, name={"fullName": "Benjamin"})
    users.delete(cat.id)
    users.create("dan@example.com", user_id="4")
    users.update("4", suspended=True)
    users.update("1", lastLoginTime="2026-03-01T13:00:00Z")
    return [("user.created", "4"), ("user.updated", "2")]


def test_body_is_read_at_once(system: FarSystem, users: Directory) -> None:
    """A notification names its user, who alone is read: no list, and the kinds are right."""
    begin(system, poll="24h")
    users.create(CAT, user_id="3")
    system.pass_time(5 * SECOND)
    users.update(CAT, name={"fullName": "Cat"})
    system.pass_time(5 * SECOND)
    users.delete(CAT)
    system.pass_time(5 * SECOND)
    users.undelete("3")
    system.pass_time(5 * SECOND)
    kinds = ["user.created", "user.updated", "user.deleted"]
    assert system.told()[:3] == [(kind, "3") for kind in kinds]
    assert system.far.count("admin.users.list") == 0
    assert system.far.count("admin.users.get") == 4
    ids = [event.id for event in system.sink.told]
    assert len(ids) == len(set(ids))


def test_targeted_read_covers_only_what_it_read(system: FarSystem, users: Directory) -> None:
    """While one user is read others wait their turn: their jobs are not done by that."""
    begin(system, poll="24h")
    system.far.cost = 2 * SECOND
    names = ("cat", "dan", "eve", "flo")
    made = [users.create(f"{name}@example.com") for name in names]
    system.pass_time(30 * SECOND)
    assert sorted(system.told()) == sorted(("user.created", user.id) for user in made)


@pytest.mark.parametrize("lost", [False, True])
def test_targeted_read_and_comparison_tell_the_same(
    system: FarSystem, users: Directory, *, lost: bool
) -> None:
    """Sooner, never different: with every message, or with none, the same is told in the end."""
    begin(system, poll="1h")
    if lost:
        system.lose_notifications()
    expected = live(users)
    system.pass_time(HOUR + TICK)
    assert sorted(system.told()) == expected
    system.pass_time(DAY)
    assert system.told() == []


def test_list_that_lags_takes_nothing_back(system: FarSystem, users: Directory) -> None:
    """What a body has told is not untold by an older list, nor told again by a newer one."""
    begin(system, poll="10m")
    system.world.faults.set("lag", method="directory.users.list", seconds=1200)
    users.create(CAT, user_id="3")
    users.update(BEN, name={"fullName": "Benjamin"})
    system.pass_time(5 * SECOND)
    assert system.told() == [("user.created", "3"), ("user.updated", "2")]
    users.delete(BEN)
    system.pass_time(5 * SECOND)
    assert system.told() == [("user.deleted", "2")]
    system.pass_time(2 * HOUR)
    assert system.told() == []


def test_absence_is_verified(system: FarSystem, users: Directory) -> None:
    """A user missing from a list is gone only if its get says so."""
    begin(system, poll="1h")
    system.lose_notifications()
    profile = users.users["2"].profile
    hidden, profile.states = profile.states, [(10.0**12, profile.now())]
    system.pass_time(HOUR + TICK)
    assert system.told() == []
    assert system.far.count("admin.users.get") >= 1
    profile.states = hidden
    users.delete(BEN)
    system.pass_time(HOUR + TICK)
    assert system.told() == [("user.deleted", "2")]


def test_empty_list_is_verified_too(system: FarSystem, users: Directory) -> None:
    """Directory leaves the key of an empty list out: nobody is gone for that alone."""
    begin(system, poll="1h")
    system.world.faults.set("lag", method="directory.users.list", seconds=10**9)
    for user in users.users.values():
        _hide(user)
    system.pass_time(2 * HOUR)
    assert system.told() == []


def _hide(user: User) -> None:
    user.profile.states = [(10.0**12, user.profile.now())]


def test_value_that_flips_back_is_told_again(system: FarSystem, users: Directory) -> None:
    """Users have no version of Google's: the fingerprint may return, the id may not."""
    begin(system, poll="1h")
    for name in ("A", "B", "A"):
        users.update(BEN, name={"fullName": name})
        system.pass_time(5 * SECOND)
    ids = [event.id for event in system.sink.told]
    assert system.told() == [("user.updated", "2")] * 3
    assert len(set(ids)) == 3


def test_lost_notification_renewal_and_pages(system: FarSystem, users: Directory) -> None:
    """Channels of hours are renewed in time; the poll finds in all pages what no message told."""
    for number in range(600):
        users.create(f"u{number}@example.com")
    begin(system, poll="1h")
    system.pass_time(DAY)
    assert system.progress("it").uncovered_seconds == 0
    assert len(system.far.alive()) == 1
    system.lose_notifications()
    late = users.create("zoe@example.com")
    system.pass_time(HOUR + TICK)
    assert system.told() == [("user.created", late.id)]


def test_no_administrator_any_more_parks(system: FarSystem, users: Directory) -> None:
    """403: parked and told, resumed and caught up."""
    begin(system, poll="10m")
    users.create("boss@example.com", user_id="9", isAdmin=True)
    users.update(ADMIN, isAdmin=False)
    system.pass_time(HOUR)
    assert system.progress("it").verdict is Verdict.UNAUTHORIZED
    users.update(ADMIN, isAdmin=True)
    system.pass_time(DAY)
    assert system.sink.troubles() == ["parked", "resumed"]
    assert ("user.created", "9") in system.told()


def test_customer_is_the_default(system: FarSystem, users: Directory) -> None:
    """Without parameters the users of one's own customer are watched."""
    system.watch("directory.users", subject=ADMIN)
    users.create("eve@other.example", user_id="5")
    system.pass_time(5 * SECOND)
    assert system.told() == [("user.created", "5")]


def test_aliases(system: FarSystem, users: Directory) -> None:
    """`directory.aliases`: created and deleted, by push and by poll; the user's end parks."""
    users.add_alias(BEN, "old@example.com")
    system.watch("directory.aliases", subject=ADMIN, params={"userKey": BEN}, poll="1h")
    assert system.told() == []
    users.add_alias(BEN, "b@example.com")
    system.pass_time(5 * SECOND)
    assert system.told() == [("alias.created", "b@example.com")]
    users.remove_alias(BEN, "b@example.com")
    users.remove_alias(BEN, "old@example.com")
    system.pass_time(5 * SECOND)
    assert sorted(system.told()) == [
        ("alias.deleted", "b@example.com"),
        ("alias.deleted", "old@example.com"),
    ]
    system.lose_notifications()
    users.add_alias(BEN, "b@example.com")
    system.pass_time(HOUR + TICK)
    assert system.told() == [("alias.created", "b@example.com")]
    users.delete(BEN)
    system.pass_time(2 * HOUR)
    assert system.progress("it").verdict is Verdict.NOT_FOUND
    assert system.told() == []
    ids = [event.id for event in system.sink.told]
    assert len(ids) == len(set(ids))


def test_alias_that_returns_after_a_crash_is_told(system: FarSystem, users: Directory) -> None:
    """Its deletion was told by a run that died: else it would look as if nothing had been."""
    users.add_alias(BEN, "b@example.com")
    system.watch("directory.aliases", subject=ADMIN, params={"userKey": BEN}, poll="1h")
    users.remove_alias(BEN, "b@example.com")
    system.wire.after("changes.tell")
    system.pass_time(5 * SECOND)
    assert (system.crashes, system.told()) == (1, [("alias.deleted", "b@example.com")])
    users.add_alias(BEN, "b@example.com")
    system.pass_time(HOUR)
    assert system.told() == [("alias.created", "b@example.com")]


def test_user_that_is_gone_takes_no_alias_along(system: FarSystem, users: Directory) -> None:
    """An alias is missing and its user not to be found: that says nothing of the alias."""
    users.add_alias(BEN, "b@example.com")
    system.watch("directory.aliases", subject=ADMIN, params={"userKey": BEN}, poll="1h")
    system.lose_notifications()
    users.remove_alias(BEN, "b@example.com")
    for _ in range(2):
        gone = Refused("404 notFound: Resource Not Found: userKey", Verdict.NOT_FOUND)
        system.far.refuse("admin.users.get", gone)
    system.pass_time(HOUR + TICK)
    assert system.told() == []
    assert system.progress("it").verdict is Verdict.NOT_FOUND


def test_alias_missing_from_a_stale_list_is_looked_for(system: FarSystem, users: Directory) -> None:
    """The user itself says which aliases it has."""
    users.add_alias(BEN, "b@example.com")
    system.watch("directory.aliases", subject=ADMIN, params={"userKey": BEN}, poll="1h")
    profile = users.users["2"].profile
    profile.states = [*profile.states[:1], (10.0**12, profile.now())]
    system.far.calls.clear()
    system.pass_time(HOUR + TICK)
    assert system.told() == []
    assert system.far.count("admin.users.get") == 1
