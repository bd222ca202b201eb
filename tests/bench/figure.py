"""What the bench tells: figures, ratios measured side by side, goals, and whether they are met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class Mark(StrEnum):
    """What became of a goal."""

    MET = "met"
    MISSED = "MISSED"
    TOLD = ""  # a figure without a goal
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Several measurements of one thing: the middle one and the outermost."""

    middle: float
    least: float
    most: float

    def __str__(self) -> str:
        """Say all three, shortly."""
        if self.least == self.most:
            return short(self.middle)
        return f"{short(self.middle)} ({short(self.least)} - {short(self.most)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A bound for the middle of a spread."""

    limit: float
    at_least: bool

    def is_met(self, found: Spread) -> bool:
        """Tell whether it is reached."""
        return found.middle >= self.limit if self.at_least else found.middle <= self.limit

    def __str__(self) -> str:
        """Say it as a comparison."""
        return f"{'>=' if self.at_least else '<='} {short(self.limit)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; without a spread it says why nothing was measured."""

    section: str
    what: str
    found: Spread | None
    unit: str = ""
    goal: Goal | None = None
    note: str = ""

    @property
    def mark(self) -> Mark:
        """Whether the goal is met, if there is one."""
        if self.found is None:
            return Mark.NOT_MEASURED
        if self.goal is None:
            return Mark.TOLD
        return Mark.MET if self.goal.is_met(self.found) else Mark.MISSED


def at_least(limit: float) -> Goal:
    """Want no less."""
    return Goal(limit=limit, at_least=True)


def at_most(limit: float) -> Goal:
    """Want no more."""
    return Goal(limit=limit, at_least=False)


def spread(values: Sequence[float]) -> Spread:
    """Sum measurements up."""
    return Spread(middle=median(values), least=min(values), most=max(values))


def once(value: float) -> Spread:
    """Give what was measured once, or counted."""
    return Spread(middle=value, least=value, most=value)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Compare round by round: each pair was measured one after the other, in the same weather."""
    return spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value that this share of all does not go over."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def short(value: float) -> str:
    """Write a number with three digits that count, and no more."""
    if value != value or abs(value) >= 100:  # noqa: PLR0124 - not a number
        return f"{value:,.0f}"
    return f"{value:.3g}"
