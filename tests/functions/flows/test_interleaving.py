"""Two of a flow at once, switched at every port call: each pair of interleavings ends well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from functions.domain.model import ChannelState, Job
from tests.world.system import ANA, SECOND, TICK, System

Stage = Callable[[System], None]
DAY = timedelta(days=1)
WATCH = {"source": "drive.changes", "subject": ANA}


def declared(system: System) -> None:
    """Declare a watch that nobody has looked at yet."""
    system.declare(ana=WATCH)


def with_baseline(system: System) -> None:
    """Give it its cursor, but no channel."""
    system.declare(ana=WATCH)
    system.pass_time(30 * SECOND)
    system.clock.move(TICK)


def due_for_replacement(system: System) -> None:
    """Let its channel grow old."""
    system.begin()
    system.next_tick = None
    system.clock.move(DAY)


def removed(system: System) -> None:
    """Take a covered watch away."""
    system.begin()
    system.declare()


def with_change(system: System) -> None:
    """Have something to tell."""
    system.begin()
    system.pass_time(10 * SECOND)
    system.near.world.faults.set("drop", times=1)
    system.drive.create(ANA, name="a")


STAGES = {
    each.__name__: each
    for each in (declared, with_baseline, due_for_replacement, removed, with_change)
}


@contextmanager
def staged(folder: Path, stage: Stage, seed: int) -> Iterator[System]:
    """Set a stage and stop the clockwork, so that only the two flows run."""
    system = System(folder, seed=seed)
    try:
        stage(system)
        system.next_tick = None
        yield system
    finally:
        system.close()


def pull(system: System) -> None:
    """Do a job that somebody queued now."""
    system.sync(Job(watch="ana", queued_at=system.clock.now(), reason="due"))


def tick(system: System) -> None:
    """Do a tick, and nothing of what it queues."""
    system.tick()


PAIRS = [(tick, tick), (tick, pull), (pull, tick), (pull, pull)]


def ends_well(system: System) -> None:
    """Let the clockwork run on, and hold the end against what was promised."""
    opened = [channel.ask.id for channel in system.near.world.channels.all()]
    system.next_tick = system.clock.now()
    system.pass_time(timedelta(minutes=20))
    file = system.drive.create(ANA, name="afterwards")
    system.pass_time(5 * SECOND)
    alive = [channel.ask.id for channel in system.near.alive()]
    if system.sqlite.declaration("ana") is None:
        assert (alive, system.channels()) == ([], [])
        return
    assert [(c.id, c.state) for c in system.channels()] == [(alive[0], ChannelState.LIVE)]
    assert len(alive) == 1
    assert len(opened) <= 2
    assert "file.created" in system.sink.kinds(file.id)
    ids = {(event.subject, event.data["kind"]): event.id for event in system.sink.told}
    assert len(ids) == len({event.id for event in system.sink.told})
    assert system.journal.warnings == []


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].__name__} {pair[1].__name__}")
def test_second_flow_at_every_call_of_the_first(
    tmp_path: Path, pair: tuple[Stage, Stage], stage: str
) -> None:
    """At no switch does a pair open two channels, lose a change, or leave anything behind."""
    first, second = pair
    number = 0
    while True:
        with staged(tmp_path, STAGES[stage], seed=number) as system:
            start = len(system.wire.calls)
            switched: list[bool] = []
            channels = len(system.near.world.channels.all())

            def switch(system: System = system, switched: list[bool] = switched) -> None:
                switched.append(True)
                second(system)

            system.wire.at(number, switch)
            first(system)
            made = len(system.near.world.channels.all()) - channels
            calls = len(system.wire.calls) - start
            assert made <= 1
            if not switched:
                assert calls <= number
                break
            ends_well(system)
        number += 1
    assert number >= 2
