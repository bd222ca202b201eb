"""Plays a seed from its first declaration to its end, and tells what there was in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.simulation.draw import DAY, HOUR, Size, draw
from tests.simulation.judge import Broken
from tests.simulation.operators import Operators
from tests.simulation.people import People
from tests.simulation.simulation import Simulation
from tests.simulation.swift import swift
from tests.simulation.weather import Weather

INSPECTED = HOUR / 2


class SeedBroken(AssertionError):
    """A seed broke a promise; the text says how to replay it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a seed led to."""

    seed: int
    trace: str
    figures: Counter[str]


def play(seed: int, size: Size = Size.SMALL) -> Played:
    """Play a seed.

    Raises:
        SeedBroken: a promise was broken.
    """
    world = draw(seed, size)
    simulation = Simulation(world)
    try:
        with swift():
            _play(simulation)
    except (Broken, Exception) as broken:
        replay = f"WATCHKEEPER_SEED={seed} WATCHKEEPER_SIZE={size}"
        raise SeedBroken(f"{replay}: {type(broken).__name__}: {broken}\n{world}") from broken
    return Played(seed=seed, trace=simulation.trace.hexdigest(), figures=_figures(simulation))


def _play(it: Simulation) -> None:
    operators, people, weather = Operators(it), People(it), Weather(it)
    weather.begin()
    operators.begin()
    people.follow()
    _inspect(it)
    _sweep(it)
    storms = it.world.days * DAY
    it.run(storms)
    weather.settle()
    operators.settle()
    it.run(storms + it.world.settling)
    people.working = False
    it.run(storms + it.world.settling + 2 * HOUR)
    people.touch()
    it.run(storms + it.world.settling + 4 * HOUR + max(p for _, p in it.world.polls))
    it.judge.inspect()
    it.judge.end()
    it.warden.end()
    it.postmaster.end()
    it.overseer.end()
    assert not any(it.subscription.lines.values()), "events that nobody has handled"
    assert it.crew.failures == [], it.crew.failures
    assert it.journal.wrong == [], it.journal.wrong


def _inspect(it: Simulation) -> None:
    it.judge.inspect()
    it.warden.inspect()
    it.postmaster.inspect()
    it.timeline.after(INSPECTED, lambda: _inspect(it))


def _sweep(it: Simulation) -> None:
    it.store.sweep(it.timeline.moment())
    it.timeline.after(DAY, lambda: _sweep(it))


def _figures(it: Simulation) -> Counter[str]:
    figures = it.figures + it.follower.figures + it.overseer.figures
    figures["watch-days"] = round(it.timeline.now / DAY * (it.world.watches + it.world.more.mails))
    figures["told"], figures["repeated"] = it.judge.told, it.judge.repeated
    figures["calls"] = sum(it.google.calls.values())
    figures["crashes"] = sum(it.gate.killed.values())
    figures["crossings"] = it.gate.crossings
    figures["gaps"], figures["uncovered"] = it.warden.gaps, round(it.warden.uncovered)
    figures["mailbox messages"] = it.google.boxes.counts["messages"]
    figures.update({f"channels {name}": n for name, n in it.lines.counts.items()})
    return figures
