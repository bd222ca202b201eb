"""The small ports in a test's hand: time, chance, keys, log, crew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from functions.domain.errors import Unavailable
from functions.domain.keyring import Key, Ring

T = TypeVar("T")

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class WorldClock:
    """The port `Clock`: time passes only when a test or a sleeper lets it."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self.slept: list[timedelta] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, length: timedelta) -> None:
        self.slept.append(length)
        self._now += length

    def move(self, length: timedelta) -> None:
        """Let time pass; a negative length sets the clock back."""
        self._now += length


class SeededChance:
    """The port `Chance`: the same ids and lots in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)

    def new_id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def fraction(self) -> float:
        return self._random.random()


class HeldKeys:
    """The port `Keys`: a ring that a test turns, or takes away."""

    def __init__(self, *names: str) -> None:
        self.held: Ring | None = Ring(tuple(key(name) for name in names))

    def ring(self, *, wanted: str | None = None) -> Ring:
        del wanted
        if self.held is None:
            raise Unavailable("the key ring cannot be read")
        return self.held


def key(name: str, *, created: datetime = START - timedelta(days=1)) -> Key:
    """Make a key whose secret only its name knows."""
    return Key(id=name, created=created, secret=f"secret of {name} ".encode() * 4)


def older(made: Key, age: timedelta) -> Key:
    """Give a key as made so long before the start."""
    return replace(made, created=START - age)


class Notebook:
    """The port `Journal`: what was decided, in order."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []
        self.warnings: list[tuple[str, dict[str, object]]] = []

    def note(self, decision: str, /, **facts: object) -> None:
        self.lines.append((decision, facts))

    def warn(self, decision: str, /, **facts: object) -> None:
        self.lines.append((decision, facts))
        self.warnings.append((decision, facts))

    def decisions(self) -> list[str]:
        """List what was decided, without the facts."""
        return [decision for decision, _ in self.lines]


class LoneCrew:
    """The port `Crew` with one hand; as the real one it survives whatever is no crash."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    def each(self, work: Callable[[T], None], items: Iterable[T]) -> None:
        for item in items:
            try:
                work(item)
            except Exception as failure:  # noqa: BLE001 - an item's failure stops no other
                self.failures.append(failure)
