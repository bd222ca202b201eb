"""A whole domain as one declaration: a watch for each active user, with everything of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.declared.unlisted import read_unlisted
from functions.domain.model import ChannelState
from tests.world.system import SECOND, TICK, System

ADMIN, ANA, BEN = "admin@example.com", "ana@example.com", "ben@example.com"
LONG = f"{'a' * 60}@{'very-' * 22}long.example.com"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def staff(system: System, *addresses: str, domain: str = "example.com") -> None:
    """Give the domain these users, and watch everybody's Drive."""
    for address in (ADMIN, *addresses):
        system.near.world.directory.create(address, isAdmin=address == ADMIN)
    everybody = {"source": "drive.changes", "subject": f"*@{domain}", "admin": ADMIN}
    system.declare(team=everybody)
    system.pass_time(3 * TICK)


def watches(system: System) -> set[str]:
    """Name the watches that are not removed."""
    return {p.watch for p in system.sqlite.all_progress() if p.removed_at is None}


def test_each_active_user_has_a_watch_of_its_own(system: System) -> None:
    """Named after declaration and address: own channel, own cursor, own events."""
    system.near.world.directory.create("gone@example.com", suspended=True)
    system.near.world.directory.create("old@example.com", archived=True)
    staff(system, ANA, BEN)
    assert watches(system) == {f"team:{address}" for address in (ADMIN, ANA, BEN)}
    for address in (ADMIN, ANA, BEN):
        (channel,) = system.channels(f"team:{address}")
        assert (channel.state, channel.subject) == (ChannelState.LIVE, address)
    system.drive.create(BEN, name="b")
    system.pass_time(5 * SECOND)
    (event,) = system.sink.told
    assert (event.watch, event.account) == (f"team:{BEN}", BEN)
    assert event.source == f"/watches/team:{BEN}"


def test_very_long_id_is_found_by_its_token(system: System) -> None:
    """A token carries enough of it: messages find the watch, whose events have the whole id."""
    domain = LONG.partition("@")[2]
    system.near.world.directory.create(f"x@{domain}")
    staff(system, LONG, domain=domain)
    name = f"team:{LONG}"
    assert len(name) > 120
    assert [channel.state for channel in system.channels(name)] == [ChannelState.LIVE]
    (token,) = {c.ask.token for c in system.near.alive() if c.account == LONG}
    assert len(token or "") <= 256
    system.next_tick = None
    system.drive.create(LONG, name="a")
    system.pass_time(5 * SECOND)
    assert [(event.watch, event.account) for event in system.sink.told] == [(name, LONG)]
    assert system.queue.put_so_far[-1].watch != name


def test_joiner_is_watched_and_leaver_let_go(system: System) -> None:
    """Noticed at the next comparison; the leaver's channel is stopped as far as Google lets us."""
    staff(system, ANA, BEN)
    system.near.world.directory.create("joe@example.com")
    system.near.world.directory.update(BEN, suspended=True)
    system.pass_time(20 * TICK)
    assert watches(system) == {f"team:{each}" for each in (ADMIN, ANA, "joe@example.com")}
    assert BEN not in {channel.account for channel in system.near.alive()}
    assert system.channels(f"team:{BEN}") == []


def test_leaver_whose_access_is_gone_leaves_a_tombstone(system: System) -> None:
    """Google lets nobody stop the channel: it stays on record until it expires."""
    staff(system, BEN)
    system.near.world.access.revoke(BEN)
    system.near.world.directory.delete(BEN)
    system.pass_time(20 * TICK)
    assert f"team:{BEN}" not in watches(system)
    assert [channel.state for channel in system.channels(f"team:{BEN}")] == [ChannelState.RETIRING]


def test_user_who_returns_goes_on_where_the_watch_was(system: System) -> None:
    """Within 30 days: what changed meanwhile is told, what was known is not told again."""
    staff(system, BEN)
    known = system.drive.create(BEN, name="known")
    system.pass_time(5 * SECOND)
    system.near.world.directory.update(BEN, suspended=True)
    system.pass_time(10 * DAY)
    amid = system.drive.create(BEN, name="amid")
    system.near.world.directory.update(BEN, suspended=False)
    system.pass_time(20 * TICK)
    assert system.sink.kinds(amid.id) == ["file.created"]
    assert system.sink.kinds(known.id) == ["file.created"]


def test_listing_that_fails_changes_nothing(system: System) -> None:
    """Nobody leaves because Google is down, or because a page is missing."""
    staff(system, ANA, BEN)
    before = watches(system)
    system.near.world.faults.set("error", method="directory.users.list")
    system.pass_time(HOUR)
    assert watches(system) == before
    system.near.world.faults.remove()
    system.near.world.faults.set("garbage", method="directory.users.list")
    system.pass_time(HOUR)
    assert watches(system) == before
    assert len(system.near.alive()) == 3


def unlisted(system: System) -> list[tuple[str, datetime, str]]:
    """Give what is kept of domains that could not be listed."""
    found = read_unlisted(system.sqlite.read_control("renew"))
    return [(one.watch, one.since, one.reason) for one in found]


def test_domain_that_cannot_be_listed_is_kept_with_its_reason(system: System) -> None:
    """Which declaration, since its first failure, and why; gone with the first full listing."""
    staff(system, ANA)
    assert unlisted(system) == []
    began = system.clock.now()
    system.near.world.faults.set("error", method="directory.users.list")
    system.pass_time(20 * TICK)
    ((name, since, reason),) = unlisted(system)
    assert (name, reason != "") == ("team", True)
    assert began <= since <= began + 18 * TICK
    system.pass_time(HOUR)
    assert [(one[0], one[1]) for one in unlisted(system)] == [("team", since)]
    system.near.world.faults.remove()
    system.pass_time(20 * TICK)
    assert unlisted(system) == []


def test_missing_user_is_a_leaver_only_on_googles_word(system: System) -> None:
    """A list that forgets somebody is not believed: `users.get` finds the user."""
    staff(system, ANA, BEN)

    def forget(call: object, body: dict[str, list[dict[str, str]]]) -> None:
        body["users"] = [u for u in body.get("users", ()) if u["primaryEmail"] != BEN]

    system.near.tamper = forget
    before = watches(system)
    system.pass_time(HOUR)
    assert watches(system) == before


def test_pause_holds_for_every_member(system: System) -> None:
    """Nobody has a channel, nobody is pulled; unpaused, all go on."""
    staff(system, ANA, BEN)
    everybody = {"source": "drive.changes", "subject": "*@example.com", "admin": ADMIN}
    system.declare(team={**everybody, "paused": True})
    system.pass_time(3 * TICK)
    assert system.near.alive() == []
    file = system.drive.create(ANA, name="amid")
    system.pass_time(2 * HOUR)
    assert system.sink.told == []
    system.declare(team=everybody)
    system.pass_time(3 * TICK)
    assert system.sink.kinds(file.id) == ["file.created"]
    assert len(system.near.alive()) == 3


def test_removed_domain_lets_everybody_go(system: System) -> None:
    """The declaration is gone: so are all its members, at once."""
    staff(system, ANA, BEN)
    system.declare()
    system.pass_time(TICK)
    assert (watches(system), system.near.alive()) == (set(), [])
