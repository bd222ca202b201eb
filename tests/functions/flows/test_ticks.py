"""A tick keeps to its time, takes the most urgent first, and one watch holds up no other."""

from __future__ import annotations

from datetime import timedelta

from functions.sources.call import Call
from tests.world.system import ANA, SECOND, TICK, System

HOUR = timedelta(hours=1)


def test_tick_works_45_seconds_and_leaves_the_rest_due(system: System) -> None:
    """Slow calls: what is not reached stays due for the next tick, soonest expiry first."""
    watch = {"source": "drive.changes", "subject": ANA}
    for number in range(10):
        system.near.world.options.max_life = 3600 + 50 * ((number * 7) % 10)
        system.declare(**{f"w{9 - n}": watch for n in range(number + 1)})
        system.pass_time(3 * TICK)
    ends = {p.watch: p.covered_until for p in system.sqlite.all_progress()}
    system.next_tick = None
    system.clock.move(2 * HOUR - 3 * TICK)
    asked: list[str] = []
    system.near.cost = timedelta(seconds=10)
    system.near.between = lambda call: asked.append(_owner(system, call)) if call.once else None
    tick = system.tick()
    assert tick.due == 10
    assert tick.attended < 10
    assert 4 <= len(asked) <= 5
    order = sorted(ends, key=lambda name: (ends[name] or system.clock.now(), name))
    assert asked == order[: len(asked)]
    system.clock.move(TICK)
    assert system.tick().due >= 10 - len(asked)


def _owner(system: System, call: Call) -> str:
    channel = system.sqlite.channel(str((call.body or {})["id"]))
    assert channel is not None
    return channel.watch


def test_one_failing_watch_holds_up_no_other(system: System) -> None:
    """Whatever goes wrong with one, even in our own code, the others are attended and pulled."""
    watch = {"source": "drive.changes", "subject": ANA}
    other = {"source": "drive.changes", "subject": "ben@example.com"}
    system.declare(ana=watch, ben=other)
    system.near.world.faults.set("garbage", account=ANA)
    system.pass_time(3 * TICK)
    system.drive.create("ben@example.com", name="b")
    system.pass_time(5 * SECOND)
    assert [(event.watch, event.data["kind"]) for event in system.sink.told] == [
        ("ben", "file.created")
    ]
    assert system.progress("ana").failures > 0
