"""A comparison that is longer than a tick, or dies: it goes on, and holds up nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.domain.errors import Conflict, Unavailable
from functions.sources.call import Answer, Call
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.tripwire import Crash

HOUR = timedelta(hours=1)
ADMIN = "admin@example.com"
WATCH = {"source": "drive.changes", "subject": ANA}
EVERYBODY = {"source": "drive.changes", "subject": "*@example.com", "admin": ADMIN}
MANY = 20


def many(system: System, count: int = MANY) -> dict[str, dict[str, str]]:
    """Declare many watches, and wait until all are covered."""
    watches = {f"w{number}": dict(WATCH) for number in range(count)}
    system.declare(**watches)
    system.pass_time(5 * TICK)
    assert all(system.channels(name) for name in watches)
    return watches


def touched(system: System) -> int:
    """Count the watches that the newest restart has touched."""
    times = [progress.touched_for for progress in system.sqlite.all_progress()]
    newest = max(time for time in times if time)
    return times.count(newest)


def slow(system: System, seconds: int) -> None:
    """Have each write of the store take its time, as in a tick with far more watches."""
    write = system.sqlite.change

    def change(*args: object, **kwargs: object) -> object:
        system.clock.move(seconds * SECOND)
        return write(*args, **kwargs)  # type: ignore[arg-type]

    system.sqlite.change = change  # type: ignore[method-assign, assignment]


def slow_directory(system: System, length: timedelta) -> None:
    """Have Google take its time for each question about users."""
    ask = system.near.call

    def call(call: Call, *, subject: str | None) -> Answer:
        if call.method.startswith("users."):
            system.clock.move(length)
        return ask(call, subject=subject)

    system.near.call = call  # type: ignore[method-assign]


def restarts(system: System) -> set[datetime | None]:
    """Give the restarts that the watches were last touched for."""
    return {progress.touched_for for progress in system.sqlite.all_progress()}


def test_what_is_left_of_a_restart_goes_on_in_the_next_tick(system: System) -> None:
    """Each watch is touched once, however many ticks that takes, and then it is over."""
    watches = many(system)
    before = touched(system)
    slow(system, 5)
    system.declare(**watches)
    counts, attended = [], []
    for _ in range(12):
        attended.append(system.tick().attended)
        counts.append(touched(system))
        system.clock.move(TICK)
    assert before == MANY
    assert 0 < counts[0] < MANY, "a tick worked for longer than it may"
    assert counts == sorted(counts), "a watch was touched again, for nothing"
    assert counts[-1] == MANY
    assert all(attended[1:]), "nobody was attended while all were compared"
    memo = system.sqlite.read_control("renew")
    assert memo is not None
    assert memo["begun_at"] is None


def test_a_comparison_that_dies_holds_up_no_renewal(system: System) -> None:
    """Killed in every tick, before it can touch anybody: channels are replaced all the same."""
    watches = many(system, 4)
    covered = {name: system.progress(name).covered_until for name in watches}
    system.declare(**watches)
    for _ in range(30):
        for _ in range(60):
            system.wire.before("store.all_progress")
            try:
                system.tick()
            except Crash:
                system.crashes += 1
            system.wire.clear()
            system.settle()
            system.clock.move(TICK)
    assert system.crashes > 500
    for name in watches:
        later, before = system.progress(name).covered_until, covered[name]
        assert later is not None
        assert before is not None
        assert later > before
        assert system.progress(name).uncovered_seconds == 0
    system.clock.move(2 * TICK)
    system.tick()
    assert touched(system) == len(watches), "the restart was forgotten over that"


def test_another_restart_meanwhile_counts_for_those_who_had_the_first(system: System) -> None:
    """Half were touched for the first restart: the second touches all of them."""
    watches = many(system)
    slow(system, 5)
    system.declare(**watches)
    system.tick()
    first = max(p.touched_for for p in system.sqlite.all_progress() if p.touched_for)
    system.clock.move(TICK)
    system.declare(**watches)
    for _ in range(12):
        system.tick()
        system.clock.move(TICK)
    assert touched(system) == MANY
    assert all(p.touched_for > first for p in system.sqlite.all_progress() if p.touched_for)


def test_two_ticks_that_begin_at_once_compare_once(system: System) -> None:
    """The other has begun between our reading and our writing: it is left to that one."""
    watches = many(system)
    system.declare(**watches)
    inner: list[bool] = []
    system.wire.before("store.write_control", lambda: inner.append(system.tick().compared))
    assert not system.tick().compared
    assert inner == [True]
    assert touched(system) == MANY


def test_listing_longer_than_a_tick_keeps_nobody_from_beginning(system: System) -> None:
    """Whoever reads for that long acts on it all the same, or would read the same for ever."""
    system.near.world.directory.create(ADMIN, isAdmin=True)
    slow_directory(system, 50 * SECOND)
    system.declare(plain=WATCH, team=EVERYBODY)
    for _ in range(3):
        system.tick()
        system.clock.move(TICK)
    assert system.sqlite.progress("plain") is not None
    assert system.sqlite.progress(f"team:{ADMIN}") is not None


def test_many_leavers_are_asked_after_once(system: System) -> None:
    """One question for each takes longer than a tick: their channels are stopped all the same."""
    users = [f"u{number}@example.com" for number in range(MANY)]
    for address in (ADMIN, *users):
        system.near.world.directory.create(address, isAdmin=address == ADMIN)
    system.declare(team=EVERYBODY)
    system.pass_time(3 * TICK)
    for address in users:
        system.near.world.directory.update(address, suspended=True)
    slow_directory(system, 3 * SECOND)
    system.declare(team=EVERYBODY)
    system.tick()
    assert all(system.progress(f"team:{address}").removed_at for address in users)
    assert system.near.count("*users.get") == MANY


def test_edits_do_not_wait_for_a_restart_of_many(system: System) -> None:
    """Declared or removed while somebody writes the declarations each minute: done in one tick."""
    watches = many(system)
    slow(system, 5)
    for number in range(3):
        del watches[f"w{MANY - 1 - number}"]
        system.declare(**watches, **{f"z{number}": WATCH})
        system.tick()
        system.clock.move(TICK)
        assert system.progress(f"w{MANY - 1 - number}").removed_at is not None
        assert system.sqlite.progress(f"z{number}") is not None


def test_who_waited_longest_for_a_restart_is_next(system: System) -> None:
    """With a restart each minute, those that the first ones left no time for are not forgotten."""
    watches = many(system)
    first = restarts(system)
    slow(system, 5)
    for _ in range(4):
        system.declare(**watches)
        system.tick()
        system.clock.move(TICK)
    assert not first & restarts(system)


def test_one_that_the_store_failed_goes_on_in_the_next_tick(system: System) -> None:
    """It is over, and known to be: nobody waits for it as for one that may be going on."""
    watches = many(system)
    system.declare(**watches)

    def fail() -> None:
        raise Unavailable("not now")

    system.wire.before("store.all_progress", fail)
    with pytest.raises(Unavailable):
        system.tick()
    system.clock.move(5 * SECOND)  # Cloud Scheduler tries once more
    assert system.tick().compared
    assert touched(system) == MANY
    memo = system.sqlite.read_control("renew")
    assert memo is not None
    assert (memo["begun_at"], memo["left"]) == (None, 0)


def test_beginning_whose_answer_was_lost_is_ours(system: System) -> None:
    """Written, not answered, repeated and refused: whose it is, is seen by what is there."""
    watches = many(system)
    system.declare(**watches)

    def refuse() -> None:
        raise Conflict("somebody else wrote control/renew")

    system.wire.after("store.write_control", refuse)
    assert system.tick().compared
    assert touched(system) == MANY


def test_other_beginning_right_after_ours_is_not_ended_by_us(system: System) -> None:
    """Ours would leave the older revision behind, and all would be touched a third time."""
    watches = many(system)
    system.declare(**watches)
    inner: list[bool] = []

    def another() -> None:
        system.clock.move(SECOND)
        system.declare(**watches)
        inner.append(system.tick().compared)

    system.wire.after("store.write_control", another)
    assert not system.tick().compared
    assert inner == [True]
    before = restarts(system)
    for _ in range(4):
        system.clock.move(TICK)
        system.tick()
    assert restarts(system) == before


def test_revision_that_is_no_text_restarts_once(system: System) -> None:
    """Somebody wrote a number by hand: it is compared as what it is, not anew in each tick."""
    watches = many(system)
    system.sqlite.declare(watches, revision=7)  # type: ignore[arg-type]
    assert system.tick().compared
    before = restarts(system)
    assert len(before) == 1
    system.clock.move(TICK)
    assert system.tick().compared, "it is compared in three ticks"
    assert restarts(system) == before
