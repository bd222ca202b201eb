"""The ports of `handle`: outcomes in memory, a receiver and a function that fail at times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from random import Random
from typing import Any

from functions.domain.errors import Invalid, Unavailable
from functions.domain.handled import Handled
from tests.simulation.gate import Gate

SECRET = "whsec_c2ltdWxhdGVk"
HANDLERS: tuple[dict[str, Any], ...] = (
    {"run": "users.module:work"},
    {"forward": {"url": "https://one.example.com/hook", "secret": "hook"}},
    {"forward": {"url": "https://two.example.com/hook", "secret": "hook"}},
)


class SimulatedOutcomes:
    """The port `Outcomes`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.entries: dict[str, Handled] = {}

    def outcomes(self, keys: Collection[str]) -> Mapping[str, Handled]:
        self._gate.before("outcomes.outcomes")
        return {key: self.entries[key] for key in keys if key in self.entries}

    def note_outcome(self, handled: Handled) -> None:
        self._gate.before("outcomes.note_outcome")
        self.entries[handled.key] = handled
        self._gate.after("outcomes.note_outcome")

    # The rest of the port is for operators: no flow calls it, and none that did would go unnoticed.

    def drop_outcomes(self, keys: Collection[str]) -> int:
        raise NotImplementedError

    def failing(self, *args: Any, **more: Any) -> list[Handled]:
        raise NotImplementedError

    def dead(self, *, watch: str | None, limit: int) -> list[Handled]:
        raise NotImplementedError


class Customers:
    """The ports `Webhooks`, `Functions` and `Secrets`: who is told in the end, and how that fails.

    Some events are cursed: nothing comes of them until the weather has settled.
    """

    def __init__(self, gate: Gate, random: Random) -> None:
        self._gate, self._random = gate, random
        self.fails = self.curses = self.nonsense = 0.0  # how likely an event meets them
        self.gone: set[str] = set()  # addresses that want no more
        self.got: Callable[[str, str], object] = lambda *_: None  # what, and which event
        self.asked: Callable[[str], object] = lambda _: None
        self._cursed: defaultdict[str, dict[str, bool]] = defaultdict(dict)

    def read(self, name: str) -> str | None:
        self._gate.before("secrets.read")
        return SECRET

    def run(self, path: str, event: Mapping[str, Any]) -> None:
        self._gate.before("functions.run")
        if self._fails(path, str(event["id"])):
            raise Unavailable("it raised")
        self.got(path, str(event["id"]))
        self._gate.after("functions.run")

    def post(self, url: str, body: bytes, *, event: str, secrets: str, now: datetime) -> int:
        self._gate.before("webhooks.post")
        self.asked(url)
        if url in self.gone:
            return 410
        if self._random.random() < self.nonsense:
            raise Invalid("the address may not be called")
        if self._fails(url, event):
            return 503
        self.got(url, event)
        if self._random.random() < self.fails:
            raise Unavailable("no answer, though it arrived")
        self._gate.after("webhooks.post")
        return 204

    def _fails(self, name: str, event: str) -> bool:
        if event not in self._cursed[name]:
            self._cursed[name][event] = self._random.random() < self.curses
        cursed = bool(self.curses) and self._cursed[name][event]
        return cursed or self._random.random() < self.fails
