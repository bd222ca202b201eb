"""Watches over channels: covered without a gap, never more than two, no orphan, back-off kept."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import NoReturn

from functions.domain.errors import Trouble, Unwatchable
from functions.domain.model import Channel, ChannelState, Progress
from functions.domain.plan import ADOPTED, UNANSWERED
from functions.ports import Case
from functions.sources.call import Call
from tests.simulation.google.answers import STOPS
from tests.simulation.google.channels import Line, Lines
from tests.simulation.judge import Judge
from tests.simulation.store import SimulatedStore
from tests.simulation.timeline import Timeline
from tests.world.ports import START

MOST_LIVE = 2
LONGEST_WAIT = 6.6 * 3600  # seconds: no back-off of a channel is longer
NOTICED = 25 * 3600.0  # seconds in which a record is missed that is no longer there
UNWATCHABLE = 24 * 3600.0  # seconds: the first back-off of what sends no notifications
ORPHANED = 2 * 3600.0  # seconds in which a channel that is not needed is stopped
RENEWED_WITHIN = 600.0  # seconds from opening a channel to stopping the one before it
ALIKE = timedelta(seconds=10)  # clocks and the time between deciding and asking


class Warden:
    """What must hold of channels and of calls at any moment."""

    def __init__(
        self, timeline: Timeline, store: SimulatedStore, lines: Lines, judge: Judge
    ) -> None:
        self._timeline, self._store, self._lines, self._judge = timeline, store, lines, judge
        self._alive: defaultdict[str, list[Line]] = defaultdict(list)
        self._faults: defaultdict[str, list[float]] = defaultdict(list)
        self._orphans: dict[str, float] = {}
        self._strays: set[str] = set()  # channels that never answered, or were adopted
        self._written: dict[tuple[str, str], float] = {}
        self._declared: dict[str, bool] = {}  # whether a declared watch wants a channel
        self._forgotten: defaultdict[str, float] = defaultdict(lambda: -NOTICED)
        self.uncovered = 0.0
        self.gaps = 0

    # --- what happens ----------------------------------------------------------------------------

    def fault(self, watch: str | None) -> None:
        """Note what may explain a gap of a watch, or of all."""
        times = self._faults[watch or ""]
        if not times or times[-1] != self._timeline.now:
            times.append(self._timeline.now)

    def want(self, watch: str, *, wanted: bool) -> None:
        """Note what an operator wants of a watch; that alone explains a gap."""
        self._declared[watch] = wanted
        self.fault(watch)

    def forgot(self, line: Line) -> None:
        """Note that the record of a channel was lost: a message after the next look adopts it."""
        self._forgotten[line.watch] = self._timeline.now
        line.heard = None
        self._timeline.after(NOTICED, lambda: setattr(line, "heard", None))

    def opened(self, line: Line) -> None:
        """Note a channel that Google opened."""
        self._alive[line.watch].append(line)

    def ended(self, line: Line) -> None:
        """Note a channel that is no more."""
        if line in self._alive[line.watch]:
            self._alive[line.watch].remove(line)
        self._orphans.pop(line.id, None)

    def refused(self, watch: str | None, call: Call, trouble: Trouble) -> None:
        """Note that Google was in the way."""
        self._judge.trouble(watch)
        self.fault(watch)
        if isinstance(trouble, Unwatchable):  # it is asked again in a day
            for part in range(1, 5):
                self._timeline.after(part * UNWATCHABLE / 4, lambda: self.fault(watch))

    def wrote(self, watch: str, before: Progress | None, after: Case) -> None:
        """Judge what was written."""
        progress = after.progress
        if progress is None:
            return
        times = [time for time in (progress.pull_at, progress.look_at) if time]
        if progress.due_at != min(times, default=None):
            self._judge.fail(watch, f"due at {progress.due_at}, not at the earlier of {times}")
        if before is not None:
            self._note_waits(progress, before)
            if progress.verdict is not before.verdict:
                self.fault(watch)  # what it was parked for is over, or has begun
            gap = progress.uncovered_seconds - before.uncovered_seconds
            if gap > 0 and watch in self._declared:
                self._judge_gap(watch, gap)
        strays = (c.id for c in after.channels.values() if c.why in {ADOPTED, UNANSWERED})
        self._strays.update(strays)
        if after.channels and len(self._alive[watch]) > MOST_LIVE:
            self._judge_live(watch)

    def asked(self, watch: str | None, call: Call) -> None:
        """Judge a call: nobody asks while a back-off runs that was stored before he began."""
        run = self._timeline.running
        progress = self._store.progresses.get(watch or "")
        if run is None or progress is None or call.method in STOPS:
            return
        opens = call.method.endswith(".watch")
        until = progress.open_after if opens else progress.retry_at
        name = "open_after" if opens else "retry_at"
        written = self._written.get((progress.watch, name), self._timeline.now)
        if until is not None and until > self._timeline.moment() + ALIKE and written < run.since:
            self._judge.fail(progress.watch, f"{call.method} in a back-off until {until}")

    def inspect(self) -> None:
        """Look for orphans that live too long, and for watches that nobody covers."""
        now = self._timeline.now
        for watch, lines in self._alive.items():
            for line in lines:
                record = self._store.all_channels.get(line.id)
                young = now - self._forgotten[watch] < NOTICED and record is None
                if line.heard is None or young or self._is_needed(watch, record):
                    self._orphans.pop(line.id, None)
                    continue
                since = self._orphans.setdefault(line.id, now)
                if now - since > ORPHANED and not self.has_fault(watch, since, now):
                    self._judge.fail(watch, f"orphan {line.id} of {line.opened:.0f}: {record}")

    def end(self) -> None:
        """Judge the end: exactly one channel a watch that wants one, none for the others."""
        for watch, wanted in self._declared.items():
            alive = [each for each in self._alive[watch] if each.heard is not None]
            records = [self._store.all_channels.get(line.id) for line in alive]
            named = [r for r in records if r is None or not r.unstoppable]
            young = sum(line.opened > self._timeline.now - RENEWED_WITHIN for line in alive)
            if not wanted <= len(named) <= wanted + (young if wanted else 0):
                self._judge.fail(watch, f"{len(named)} channels in the end: {named}")

    # --- how it is judged ------------------------------------------------------------------------

    def _note_waits(self, progress: Progress, before: Progress) -> None:
        for name in ("retry_at", "open_after"):
            if getattr(progress, name) != getattr(before, name):
                self._written[progress.watch, name] = self._timeline.now
        if progress.retry_at is not None and progress.retry_at != before.retry_at:
            until = (progress.retry_at - START).total_seconds()
            waits = self._judge.waits
            waits[progress.watch] = max(until, waits.get(progress.watch, 0.0))

    def _is_needed(self, watch: str, record: Channel | None) -> bool:
        if record is None:
            return False
        if record.unstoppable:
            return True  # only its expiration ends it
        if record.why == ADOPTED and not self._is_regular(watch):
            return self._declared.get(watch, False)  # until there is another
        regular = record.state in {ChannelState.OPENING, ChannelState.LIVE}
        return regular and self._declared.get(watch, False)

    def _is_regular(self, watch: str) -> bool:
        """Tell whether a watch has a confirmed channel that is not on its way out."""
        records = self._store.open[watch].values()
        return any(r.state is ChannelState.LIVE and r.confirmed_at for r in records)

    def _judge_gap(self, watch: str, gap: float) -> None:
        now = self._timeline.now
        self.uncovered += gap
        self.gaps += 1
        if now - self._forgotten[watch] < NOTICED:
            return
        if not self.has_fault(watch, now - gap - LONGEST_WAIT, now) or (
            gap > LONGEST_WAIT and not self.has_fault(watch, now - LONGEST_WAIT, now)
        ):
            self._judge.fail(watch, f"uncovered for {gap:.0f} s, and nothing explains it")

    def has_fault(self, watch: str, since: float, until: float) -> bool:
        """Tell whether anything was in the way of a watch then."""
        return any(
            since <= time <= until
            for times in (self._faults[watch], self._faults[""])
            for time in reversed(times[-200:])
        )

    def fail(self, watch: str, text: str) -> NoReturn:
        """Say which promise was broken."""
        self._judge.fail(watch, text)

    def _judge_live(self, watch: str) -> None:
        soon = self._timeline.now + ALIKE.total_seconds()  # by a clock ahead it is over already
        lines = [line for line in self._alive[watch] if line.expires > soon]
        records = [self._store.all_channels.get(line.id) for line in lines]
        named = [
            record
            for record in records
            if record is not None
            and record.resource_id is not None
            and record.id not in self._strays
            and not record.unstoppable
        ]
        if len(named) > MOST_LIVE:
            self._judge.fail(watch, f"{len(named)} live channels: {named}")
