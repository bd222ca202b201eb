"""How often store and Google are asked for one notification: when it is quiet, and in a burst.

The whole system in one thread and in its own time (tests/world), so these are counts, not times.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions.domain import token
from functions.ports import Case, Decide
from tests.bench.figure import Row, at_most, once
from tests.bench.telling import Tell
from tests.world.ports import key
from tests.world.system import ANA, SECOND, System

SECTION = "calls"
BURST = 1000
QUIET = 20
BURST_LASTS = timedelta(seconds=1)
WATCH = "ana"

QUIET_READS = "store reads per notification, quiet"
QUIET_WRITES = "store writes per notification, quiet"
QUIET_CALLS = "Google calls per notification, quiet"


@dataclass(slots=True)
class Meter:
    """The port `Store`, with the documents counted that Firestore would charge for.

    What a method costs is held by tests/cloud/test_firestore_cost.py against Firestore itself.
    """

    store: Any
    reads: int = 0
    writes: int = 0

    def __getattr__(self, name: str) -> Any:
        """Let everything else through; each of these methods reads one document, or writes one."""
        method = getattr(self.store, name)

        def counted(*args: Any, **more: Any) -> Any:
            if name in {"write_control", "bury"}:
                self.writes += 1
            else:
                self.reads += 1
            return method(*args, **more)

        return counted

    def change(
        self,
        watch: str,
        decide: Decide,
        *,
        channels: Collection[str] | None = (),
        seen: Mapping[str, Any] | None = None,
    ) -> Case | None:
        """Count what a decision reads and writes; memory is one part of a document each."""
        before: dict[str, Case] = {}

        def noted(case: Case) -> Case | None:
            before["read"] = case
            return decide(case)

        after: Case | None = self.store.change(watch, noted, channels=channels, seen=seen)
        read = before["read"]
        self.reads += 1 + len(read.channels if channels is None else channels) + bool(seen)
        if after is not None:
            self.writes += (after.progress != read.progress) + bool(seen)
            self.writes += sum(read.channels.get(n) != c for n, c in after.channels.items())
        return after

    def recall(self, watch: str, keys: Collection[str]) -> Any:
        """Count one part of the memory for what is looked up together."""
        self.reads += bool(keys)
        return self.store.recall(watch, keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What so many notifications cost."""

    notifications: int
    pulls: int
    calls: int
    reads: int
    writes: int
    in_receive: int


def measure(tell: Tell) -> list[Row]:
    """Have single notifications and a burst of them received and done."""
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder))
        try:
            system.begin()
            quiet = _quiet(system)
            tell(f"quiet: {quiet.reads / quiet.notifications:g} reads each")
            burst = _burst(system)
            tell(f"burst: {burst.pulls} pulls")
        finally:
            system.close()
    return rows(quiet, burst)


def _quiet(system: System) -> Counted:
    """Change a file every ten minutes."""
    meter = _attach(system)
    calls = len(system.near.calls)
    pulls = _pulls(system)
    for number in range(QUIET):
        system.drive.create(ANA, name=str(number))
        system.near.mail.letters.clear()  # its own notifications: ours are counted
        _notify(system, number)
        system.next_tick = None
        system.pass_time(60 * SECOND)
    return Counted(
        notifications=QUIET,
        pulls=_pulls(system) - pulls,
        calls=len(system.near.calls) - calls,
        reads=meter.reads,
        writes=meter.writes,
        in_receive=0,
    )


def _burst(system: System) -> Counted:
    """Have a thousand notifications of one watch arrive within a second, then all jobs done."""
    meter = _attach(system)
    calls = len(system.near.calls)
    pulls = _pulls(system)
    system.drive.create(ANA, name="burst")
    system.near.mail.letters.clear()
    for number in range(BURST):
        _notify(system, 1000 + number)
        system.clock.move(BURST_LASTS / BURST)
    in_receive = meter.reads + meter.writes
    system.clock.move(-BURST_LASTS)  # the jobs are done while they come
    system.next_tick = None
    system.pass_time(60 * SECOND)
    return Counted(
        notifications=BURST,
        pulls=_pulls(system) - pulls,
        calls=len(system.near.calls) - calls,
        reads=meter.reads,
        writes=meter.writes,
        in_receive=in_receive,
    )


def _attach(system: System) -> Meter:
    meter = Meter(system.sqlite)
    store: Any = meter
    system.store = store
    return meter


def _pulls(system: System) -> int:
    return system.journal.decisions().count("pulled")


def _notify(system: System, number: int) -> None:
    """Receive one more message of the watch's channel."""
    (record,) = system.channels(WATCH)
    proof = token.mint(key("k1"), channel=record.id, watch=WATCH)
    reply = system.receive(
        {
            "X-Goog-Channel-ID": record.id,
            "X-Goog-Channel-Token": proof,
            "X-Goog-Message-Number": str(number + 2),
            "X-Goog-Resource-ID": record.resource_id or "r",
            "X-Goog-Resource-State": "change",
            "X-Goog-Resource-URI": record.resource_uri or "u",
        }
    )
    if reply.status != 204:
        raise RuntimeError(f"receive answered {reply.status}")


def rows(quiet: Counted, burst: Counted) -> list[Row]:
    """Give what each notification costs."""

    def each(what: str, total: int, of: Counted) -> Row:
        return Row(section=SECTION, what=what, found=once(total / of.notifications))

    reads = burst.reads / burst.notifications
    return [
        Row(
            section=SECTION,
            what="store calls per notification in receive",
            found=once(burst.in_receive / burst.notifications),
            goal=at_most(0),
        ),
        each(QUIET_READS, quiet.reads, quiet),
        each(QUIET_WRITES, quiet.writes, quiet),
        each(QUIET_CALLS, quiet.calls, quiet),
        Row(
            section=SECTION,
            what=f"pulls after {burst.notifications:,} notifications of one watch within a second",
            found=once(burst.pulls),
            goal=at_most(5),
            note=f"{burst.calls} Google calls",
        ),
        Row(
            section=SECTION,
            what="store reads per notification of the burst",
            found=once(reads),
            goal=at_most(1.2),
            note=f"{burst.writes / burst.notifications:.3f} writes",
        ),
    ]
