"""What the simulated Google does wrong on purpose, drawn with seeded randomness."""

import itertools
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any


class Kind(StrEnum):
    """Kinds of faults; the first group concerns calls, the second messages."""

    ERROR = "error"  # refuse the call with `status` and `reason`
    LOST_ANSWER = "lost_answer"  # do what was asked, then close (or `reset`) the connection
    GARBAGE = "garbage"  # answer 200 with HTML
    LATENCY = "latency"  # work `seconds` longer
    SYNC_FIRST = "sync_first"  # send the sync message before answering the watch call
    LAG = "lag"  # list changes only `seconds` after the notification

    DROP = "drop"  # lose the message
    DUPLICATE = "duplicate"  # send the message twice
    DELAY = "delay"  # send it `seconds` late
    REORDER = "reorder"  # send it up to `seconds` late, so that later ones may overtake it
    SILENCE = "silence"  # from here on the channel lives but never sends
    AFTER_STOP = "after_stop"  # a stopped channel sends `count` more messages


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing to do wrong: what, to whom, how often."""

    kind: Kind
    method: str = "*"  # glob over method ids; of messages, the method that opened their channel
    account: str = "*"
    target: str = "*"  # glob over the call's path; of messages, over the channel's id
    state: str = "*"  # messages only
    probability: float = 1.0
    times: int | None = None  # how often, before the fault is over; none: until it is removed
    status: int | None = None
    reason: str = "backendError"
    message: str | None = None
    retry_after: float | None = None
    seconds: float = 0.2
    count: int = 3
    reset: bool = False
    id: int = field(default_factory=itertools.count(1).__next__)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Fault":
        """Read a fault; ValueError says what is wrong with it."""
        unknown = set(values) - {each.name for each in fields(cls)}
        if unknown or "kind" not in values:
            msg = f"unknown keys: {', '.join(sorted(unknown)) or 'none'}; `kind` is required"
            raise ValueError(msg)
        return cls(**{**values, "kind": Kind(values["kind"])})

    def fits(self, method: str, account: str, target: str, state: str) -> bool:
        """Tell whether this fault concerns a call or message."""
        pairs = (
            (method, self.method),
            (account, self.account),
            (target, self.target),
            (state, self.state),
        )
        return all(glob == "*" or fnmatchcase(value, glob) for value, glob in pairs)


class Faults:
    """All faults at work; safe to draw from any thread."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._lock = threading.Lock()
        self._faults: defaultdict[Kind, list[Fault]] = defaultdict(list)

    def add(self, fault: Fault) -> Fault:
        """Put a fault to work."""
        with self._lock:
            self._faults[fault.kind].append(fault)
        return fault

    def set(self, kind: Kind | str, **values: Any) -> Fault:
        """Put a fault to work by its fields."""
        return self.add(Fault(kind=Kind(kind), **values))

    def remove(self, number: int | None = None) -> None:
        """End one fault, or all."""
        with self._lock:
            for faults in self._faults.values():
                faults[:] = [each for each in faults if number not in {None, each.id}]

    def all(self) -> list[Fault]:
        """List the faults at work."""
        with self._lock:
            return [fault for faults in self._faults.values() for fault in faults]

    def draw(
        self, kind: Kind, *, method: str, account: str, target: str = "", state: str = ""
    ) -> Fault | None:
        """Tell which fault of a kind strikes now, if any, and count it."""
        if not self._faults[kind]:
            return None
        with self._lock:
            for fault in self._faults[kind]:
                if not fault.fits(method, account, target, state):
                    continue
                if self._random.random() >= fault.probability:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults[kind].remove(fault)
                return fault
        return None
