"""A comparison that is longer than a tick, or dies: it goes on, and holds up nobody."""

from __future__ import annotations

from datetime import timedelta

from tests.world.system import ANA, SECOND, TICK, System
from tests.world.tripwire import Crash

HOUR = timedelta(hours=1)
WATCH = {"source": "drive.changes", "subject": ANA}
MANY = 20


def many(system: System) -> dict[str, dict[str, str]]:
    """Declare many watches, and wait until all are covered."""
    watches = {f"w{number}": dict(WATCH) for number in range(MANY)}
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
    watches = many(system)
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
    assert touched(system) == MANY, "the restart was forgotten over that"


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
