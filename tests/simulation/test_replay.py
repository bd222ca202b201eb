"""A seed replays exactly: whoever plays it, in whichever process, sees the same."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.simulation.draw import DAY, draw
from tests.simulation.operators import Operators
from tests.simulation.people import People
from tests.simulation.play import play
from tests.simulation.simulation import Simulation

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "from tests.simulation.play import play; print(play({}).trace)"
SEED = 16


def test_seed_replays_in_another_process() -> None:
    """The same events at the same moments, whatever order sets of texts have there."""
    mine = play(SEED)
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    other = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(SEED)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == mine.trace
    assert mine.figures["told"] > 0


def test_seeds_differ() -> None:
    """Another seed is another world."""
    assert play(SEED).trace != play(SEED + 1).trace


def test_ticks_that_are_left_out_would_have_done_nothing() -> None:
    """Made all the same, they write nothing of any watch, ask nothing and queue nothing."""
    world = replace(draw(SEED), waits=0.0, kills=0.0, races=0.0)
    it = Simulation(world)
    it.skips = False
    tick, wrote = it._tick, it.store.wrote
    writes: list[str] = []
    idle: list[bool] = []

    def watched(watch: str, *more: Any) -> None:
        writes.append(watch)
        wrote(watch, *more)

    def each_minute() -> None:
        it.skips = True
        idle.append(it._next_tick() > it.timeline.now)
        it.skips = False
        before = (len(writes), it.jobs.count, it.google.calls.total())
        tick()
        after = (len(writes), it.jobs.count, it.google.calls.total())
        assert not idle[-1] or before == after

    it.store.wrote, it._tick = watched, each_minute  # type: ignore[method-assign]
    operators, people = Operators(it), People(it)
    operators.begin()
    people.follow()
    it.run(2 * DAY)
    assert sum(idle) > len(idle) / 2 > 1000
