"""The port `Store` in memory: values that never change, so nothing is copied.

Decisions read what is there, and may be made twice; the due-query may be some seconds old.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from random import Random
from typing import Any

from functions.domain.change import Seen
from functions.domain.errors import Conflict, Unavailable
from functions.domain.model import Channel, ChannelState, Progress
from functions.ports import Case, Decide
from tests.simulation.gate import Gate
from tests.simulation.timeline import Timeline

OLDEST_VIEW = 5.0  # seconds


class SimulatedStore:
    """The state, and what a store may do wrong."""

    def __init__(self, timeline: Timeline, gate: Gate, random: Random) -> None:
        self._timeline, self._gate, self._draw = timeline, gate, random.random
        self.documents: dict[str, Mapping[str, Any]] = {}
        self.revised: str | None = None
        self.controls: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self.progresses: dict[str, Progress] = {}
        self.all_channels: dict[str, Channel] = {}
        self.open: defaultdict[str, dict[str, Channel]] = defaultdict(dict)
        self.seen: defaultdict[str, dict[str, Seen]] = defaultdict(dict)
        self._due: list[tuple[datetime, str]] = []
        self._recent: deque[tuple[float, str, Progress | None]] = deque()
        self.fails = 0.0
        self.races = 0.0
        self.stale = 0.0
        self.troubled: Callable[[], object] = lambda: None
        self.wrote: Callable[[str, Progress | None, Case], object] = lambda *_: None
        self.buried = 0

    # --- reading ---------------------------------------------------------------------------------

    def revision(self) -> str | None:
        self._enter("revision")
        return self.revised

    def declarations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        self._enter("declarations")
        yield from sorted(self.documents.items())

    def declaration(self, watch: str) -> Mapping[str, Any] | None:
        self._enter("declaration")
        return self.documents.get(watch)

    def read_control(self, name: str) -> Mapping[str, Any] | None:
        self._enter("read_control")
        found = self.controls.get(name)
        return {**found[1], "_version": found[0]} if found else None

    def write_control(
        self, name: str, fields: Mapping[str, Any], *, version: object | None
    ) -> None:
        self._enter("write_control")
        found = self.controls.get(name)
        if (found[0] if found else None) != version:
            raise Conflict("somebody else wrote it")
        self.controls[name] = ((found[0] if found else 0) + 1, dict(fields))
        self._gate.after("store.write_control")

    def progress(self, watch: str) -> Progress | None:
        self._enter("progress")
        return self.progresses.get(watch)

    def find(self, short: str) -> Progress | None:
        self._enter("find")
        return next((p for p in self.progresses.values() if p.short == short), None)

    def due(self, now: datetime, limit: int) -> Sequence[Progress]:
        self._enter("due")
        found = {watch: self.progresses[watch] for watch in self._due_now(now)}
        if self._draw() < self.stale:
            for _, watch, before in reversed(self._recent):
                found.pop(watch, None)
                if before is not None and before.due_at is not None and before.due_at <= now:
                    found[watch] = before
        return sorted(found.values(), key=_due_at)[:limit]

    def all_progress(self) -> Iterator[Progress]:
        self._enter("all_progress")
        yield from list(self.progresses.values())

    def channels(self, watch: str) -> Sequence[Channel]:
        self._enter("channels")
        return list(self.open[watch].values())

    def channel(self, channel: str) -> Channel | None:
        self._enter("channel")
        return self.all_channels.get(channel)

    def recall(self, watch: str, keys: Collection[str]) -> Mapping[str, Seen]:
        self._enter("recall")
        memory = self.seen[watch]
        return {key: memory[key] for key in keys if key in memory}

    def memory(self, watch: str, *, after: str | None, limit: int) -> Sequence[tuple[str, Seen]]:
        self._enter("memory")
        items = sorted(self.seen[watch].items())
        return [item for item in items if after is None or item[0] > after][:limit]

    def earliest_due(self) -> datetime | None:
        """Tell when something is due next; for the simulation alone."""
        while self._due:
            due_at, watch = self._due[0]
            progress = self.progresses.get(watch)
            if progress is not None and progress.due_at == due_at:
                return due_at
            heappop(self._due)
        return None

    # --- writing ---------------------------------------------------------------------------------

    def change(
        self,
        watch: str,
        decide: Decide,
        *,
        channels: Collection[str] | None = (),
        seen: Mapping[str, Seen | None] | None = None,
    ) -> Case | None:
        self._enter("change")
        before = self._case(watch, channels)
        if self._draw() < self.races:
            decide(before)  # it lost the race: what it decided is void
            self._timeline.pause(self._draw() * 0.2)
            before = self._case(watch, channels)
        after = decide(before)
        if after is None:
            return None
        self._write(watch, before, after, seen or {})
        if self._draw() < self.fails:
            self.troubled()
            raise Unavailable("written, but the answer was lost")
        self._gate.after("store.change")
        return after

    def forget(self, watch: str) -> None:
        self._enter("forget")
        self.seen[watch].clear()
        self._gate.after("store.forget")

    def bury(self, watch: str, *, item: str, error: str, now: datetime) -> None:
        self._enter("bury")
        self.buried += 1

    def declare(self, documents: Mapping[str, Mapping[str, Any]], *, revision: str) -> None:
        """Make these the declared watches; what operators do never dies half-way here."""
        self.documents = dict(documents)
        self.revised = revision

    def lose(self, channel: str) -> None:
        """Lose the record of a channel."""
        record = self.all_channels.pop(channel, None)
        if record is not None:
            self.open[record.watch].pop(channel, None)

    def sweep(self, now: datetime) -> None:
        """Delete what was kept until now."""
        for watch, progress in list(self.progresses.items()):
            if progress.delete_at is not None and progress.delete_at <= now:
                del self.progresses[watch]
                self.seen.pop(watch, None)
        for name, channel in list(self.all_channels.items()):
            if channel.delete_at is not None and channel.delete_at <= now:
                del self.all_channels[name]
                self.open[channel.watch].pop(name, None)

    def _enter(self, method: str) -> None:
        self._gate.before("store." + method)
        if self.fails and self._timeline.running is not None and self._draw() < self.fails:
            self.troubled()
            raise Unavailable("the store cannot be reached")

    def _case(self, watch: str, channels: Collection[str] | None) -> Case:
        if channels is None:
            found = dict(self.open[watch])
        else:
            found = {n: self.all_channels[n] for n in channels if n in self.all_channels}
        return Case(self.progresses.get(watch), found)

    def _write(
        self, watch: str, before: Case, after: Case, seen: Mapping[str, Seen | None]
    ) -> None:
        for name, channel in after.channels.items():
            if channel is before.channels.get(name):
                continue
            if name not in before.channels and name in self.all_channels:
                raise Conflict("the channel is there already")
            self.all_channels[name] = channel
            if channel.state is ChannelState.CLOSED:
                self.open[channel.watch].pop(name, None)
            else:
                self.open[channel.watch][name] = channel
        memory = self.seen[watch]
        for key, entry in seen.items():
            if entry is None:
                memory.pop(key, None)
            else:
                memory[key] = entry
        progress = after.progress
        if progress is not None and progress is not before.progress:
            self._keep(watch, progress)
        self.wrote(watch, before.progress, after)

    def _keep(self, watch: str, progress: Progress) -> None:
        old, now = self.progresses.get(watch), self._timeline.now
        if self.stale:
            self._recent.append((now, watch, old))
            while self._recent and self._recent[0][0] < now - OLDEST_VIEW:
                self._recent.popleft()
        self.progresses[watch] = progress
        if progress.due_at is not None and (old is None or old.due_at != progress.due_at):
            heappush(self._due, (progress.due_at, watch))

    def _due_now(self, now: datetime) -> list[str]:
        found: dict[str, datetime] = {}
        while self._due and self._due[0][0] <= now:
            due_at, watch = heappop(self._due)
            progress = self.progresses.get(watch)
            if progress is not None and progress.due_at == due_at:
                found[watch] = due_at
        for watch, due_at in found.items():
            heappush(self._due, (due_at, watch))
        return list(found)


def _due_at(progress: Progress) -> tuple[Any, str]:
    return progress.due_at, progress.watch
