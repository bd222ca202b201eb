"""A mark that is left amid a long listing lives until a pull that begins after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from functions.domain.errors import Unavailable
from functions.sources.call import Call
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.tripwire import Crash
from tests.world.work import notification, poll

USER = "u00@example.com"  # on the first page


@pytest.fixture
def users(system: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """A directory of several pages, of whose changes no message tells any more."""
    monkeypatch.setattr("functions.sources.directory.PAGE_SIZE", 5)
    for number in range(18):
        system.near.world.directory.create(f"u{number:02}@example.com")
    system.declare(ana={"source": "directory.users", "subject": ANA})
    system.pass_time(3 * TICK)
    system.near.world.faults.set("drop")
    system.pass_time(10 * SECOND)
    return system


def at_second_page(system: System, then: Callable[[], object]) -> None:
    """Have a user of the first page edited and told of, and then something happen."""
    lists: list[Call] = []

    def between(call: Call) -> None:
        if call.method != "users.list":
            return
        lists.append(call)
        if len(lists) == 2:
            system.near.world.directory.update(USER, orgUnitPath="/x")
            system.clock.move(3 * SECOND)
            system.sync(notification(system))
            assert system.progress().marked
            then()

    system.near.between = between


def test_time_is_up(users: System) -> None:
    """The job that goes on with the rest does not take the mark for its own."""
    users.near.cost = timedelta(seconds=130)
    at_second_page(users, lambda: None)
    users.next_tick = None
    users.queue.put(poll(users))
    users.work()
    assert users.sink.kinds() == ["user.updated"]


def test_page_fails(users: System) -> None:
    """Nor does the pull that goes on when Google answers again."""
    refused = Unavailable("503 backendError")
    at_second_page(users, lambda: users.near.refuse("admin.users.list", refused))
    users.queue.put(poll(users))
    users.pass_time(40 * TICK)
    assert users.sink.kinds() == ["user.updated"]


def test_process_dies(users: System) -> None:
    """Nor does the one that comes when the lease is over."""

    def die() -> None:
        raise Crash

    at_second_page(users, die)
    with pytest.raises(Crash):
        users.sync(poll(users))
    users.near.between = None
    users.pass_time(40 * TICK)
    assert users.sink.kinds() == ["user.updated"]
