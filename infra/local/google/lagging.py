"""A value whose changes become visible in lists only after a while."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Lagging(Generic[T]):
    """The states of a value, each with the time from which lists show it."""

    states: list[tuple[float, T]] = field(default_factory=list)

    def set(self, value: T, *, visible_at: float) -> None:
        """Change the value; never visible before what it was changed to earlier."""
        if self.states:
            visible_at = max(visible_at, self.states[-1][0])
        self.states = [*self.states[-3:], (visible_at, value)]

    def now(self) -> T:
        """Tell the value as it is."""
        return self.states[-1][1]

    def seen(self, now: float) -> T | None:
        """Tell the value as lists show it; none if they do not yet."""
        for visible_at, value in reversed(self.states):
            if visible_at <= now:
                return value
        return None
