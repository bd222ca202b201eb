"""The whole system in one thread and in its own time: flows, store, queues, and a simulated Google.

A test declares watches, does things in the world, and lets time pass; what is due then happens in
order: Google's messages through `receive`, jobs through `sync`, a tick of `renew` each minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from functions import ports
from functions.domain.errors import Conflict, Unavailable
from functions.domain.model import Channel, ChannelState, Job, Progress
from functions.receive import Reply, Request, receive
from functions.renew import Tick, renew
from functions.schedule import pull_by, released
from functions.sync import sync
from functions.terms import Terms
from infra.local.google.drive.state import Drive
from infra.local.google.message import Message, Outcome
from infra.local.log_sync import LogSync
from infra.local.sqlite_store import SqliteStore
from tests.world.google import Letter, NearGoogle
from tests.world.ports import HeldKeys, LoneCrew, Notebook, SeededChance, WorldClock
from tests.world.queues import WorldChanges, WorldJobs
from tests.world.tripwire import Crash, Tripwire

ANA = "ana@example.com"
ADDRESS = "https://push.example.com/receive"
TICK = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
IDLE = 5
RETRIED = {500, 502, 503, 504}


class NoDisk(LogSync):
    """A disk that nobody waits for."""

    def wait(self) -> None:
        pass


class System:
    """Everything, in one hand."""

    def __init__(self, folder: Path, *, seed: int = 0, terms: Terms | None = None) -> None:
        self.clock = WorldClock()
        self.sqlite = SqliteStore(folder / f"store-{seed}.db")
        # A test need not survive a loss of power.
        self.sqlite._file._log = NoDisk(folder / "none.db")
        self.wire = Tripwire()
        self.near = NearGoogle(self.clock, seed=seed)
        self.store: ports.Store = self.wire.guard("store", self.sqlite)
        self.google: ports.Google = self.wire.guard("google", self.near)
        self.queue = WorldJobs(self.clock)
        self.jobs: ports.Jobs = self.wire.guard("jobs", self.queue)
        self.sink = WorldChanges()
        self.changes: ports.Changes = self.wire.guard("changes", self.sink)
        self.ring = HeldKeys("k1")
        self.keys: ports.Keys = self.wire.guard("keys", self.ring)
        self.chance = SeededChance(seed)
        self.crew = LoneCrew()
        self.journal = Notebook()
        self.terms = terms or Terms(address=ADDRESS, short_polls=True)
        self.next_tick: datetime | None = self.clock.now()
        self._ground: object = None  # what the last tick stood on
        self._idle = 0  # ticks since then
        self.crashes = 0
        self.restarts = False  # whether a crash ends the process that owns the store
        self.watching: Callable[[], object] | None = None  # called whenever something was done

    @property
    def drive(self) -> Drive:
        """What people do in Drive."""
        return self.near.world.drive

    def close(self) -> None:
        """Let go of the store."""
        self.sqlite.close()

    # --- what operators do -----------------------------------------------------------------------

    def declare(self, **watches: Mapping[str, Any]) -> None:
        """Declare these watches alone; `_` in a name stands for `-`."""
        documents = {name.replace("_", "-"): dict(watch) for name, watch in watches.items()}
        self.sqlite.declare(documents, revision=self.chance.new_id())

    def progress(self, watch: str = "ana") -> Progress:
        """Give what is stored of a watch."""
        found = self.sqlite.progress(watch)
        assert found is not None
        return found

    def channels(self, watch: str = "ana") -> list[Channel]:
        """Give the channels of a watch that are not closed, oldest first."""
        return sorted(self.sqlite.channels(watch), key=lambda channel: channel.opened_at)

    def states(self, watch: str = "ana") -> list[ChannelState]:
        """List the states of the channels that are not closed, oldest first."""
        return [channel.state for channel in self.channels(watch)]

    # --- one step of each flow -------------------------------------------------------------------

    def receive(self, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Have a notification received."""
        request = Request(
            method="POST", headers=headers, length=len(body), read=lambda most: body[:most]
        )
        return receive(
            request, keys=self.keys, jobs=self.jobs, clock=self.clock, journal=self.journal
        )

    def tick(self) -> Tick:
        """Have `renew` do one tick."""
        return renew(
            store=self.store,
            google=self.google,
            jobs=self.jobs,
            keys=self.keys,
            clock=self.clock,
            chance=self.chance,
            crew=self.crew,
            journal=self.journal,
            terms=self.terms,
        )

    def sync(self, job: Job) -> None:
        """Have `sync` do one job."""
        sync(
            job,
            store=self.store,
            google=self.google,
            jobs=self.jobs,
            changes=self.changes,
            clock=self.clock,
            chance=self.chance,
            journal=self.journal,
            terms=self.terms,
        )

    # --- what happens by itself ------------------------------------------------------------------

    def deliver(self) -> int:
        """Deliver Google's messages that are due; tell how many arrived."""
        arrived = 0
        while message := self.near.mail.take():
            arrived += self._deliver(message)
            self._done()
        return arrived

    def work(self) -> int:
        """Do all jobs that are due; tell how many were done."""
        done = 0
        while job := self.queue.take():
            try:
                self.sync(job)
                done += 1
            except (Unavailable, Conflict):
                self.queue.give_back(job)
            except Crash:
                self.queue.give_back(job)
                self._crashed()
            self._done()
        return done

    def settle(self) -> None:
        """Deliver messages and do jobs until there is none."""
        while self.deliver() + self.work():
            pass

    def pass_time(self, length: timedelta) -> None:
        """Let time pass, and whatever is due in it happen."""
        end = self.clock.now() + length
        while True:
            self.settle()
            if self.next_tick is not None and self.next_tick <= self.clock.now():
                self.next_tick += TICK
                if self._has_work():
                    self._tick()
                continue
            following = min([end, *self._times()])
            if following >= end:
                break
            self.clock.move(max(following - self.clock.now(), timedelta(0)))
        self.clock.move(max(end - self.clock.now(), timedelta(0)))
        self.settle()

    def begin(self, **watch: Any) -> None:
        """Declare the watch `ana` of Ana's My Drive, and wait until it is covered."""
        self.declare(ana={"source": "drive.changes", "subject": ANA, **watch})
        self.pass_time(TICK * 2 + SECOND)

    def _times(self) -> list[datetime]:
        times = [letter.due for letter in self.near.mail.letters]
        times += [waiting.due for waiting in self.queue.waiting]
        return [*times, self.next_tick] if self.next_tick else times

    def _has_work(self) -> bool:
        """Tell whether a tick may find anything; most of those that cannot are left out."""
        ground = (self.sqlite.revision(), self.ring.held, self.terms)
        self._idle = 0 if ground != self._ground else self._idle + 1
        self._ground = ground
        often = self._idle <= IDLE or self._idle % IDLE == 0
        return often or bool(self.sqlite.due(self.clock.now(), 1))

    def _tick(self) -> None:
        try:
            self.tick()
        except (Unavailable, Conflict):
            pass
        except Crash:
            self._crashed()
        self._done()

    def _deliver(self, message: Message) -> int:
        status = 503
        if message.address == self.terms.address:
            try:
                status = self.receive(message.headers, message.body).status
            except Crash:
                self._crashed()
        message.attempts += 1
        if status == HTTPStatus.NO_CONTENT:
            self.near.mail.ended(message, Outcome.DELIVERED)
        elif status in RETRIED and message.attempts < 5:
            due = self.clock.now() + SECOND * 2**message.attempts
            self.near.mail.letters.append(Letter(due, message))
        else:
            self.near.mail.ended(message, Outcome.REFUSED)
        return status == HTTPStatus.NO_CONTENT

    def _crashed(self) -> None:
        self.crashes += 1
        if self.restarts:
            self._break_leases()

    def _break_leases(self) -> None:
        """Do what a process does at its start: whoever held a lease was its predecessor."""

        def free(case: ports.Case) -> ports.Case | None:
            if case.progress is None or case.progress.lease is None:
                return None
            return ports.Case(pull_by(released(case.progress), self.clock.now()), {})

        for progress in list(self.sqlite.all_progress()):
            self.sqlite.change(progress.watch, free)

    def _done(self) -> None:
        if self.watching is not None:
            self.watching()
