"""One simulated world: flows on their ports, Google, operators, weather, and those who judge."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from functions.channels.announcement import announce, read_announcement
from functions.declared.memo import COMPARE_EVERY, CONTROL
from functions.domain.errors import Trouble
from functions.domain.event import Event
from functions.domain.mailbox import PREFIX, mailbox_name
from functions.domain.model import Job, Progress
from functions.handle import handle
from functions.handlers.handling import Handling
from functions.ports import Case
from functions.receive import Request, receive
from functions.renew import renew
from functions.sources.call import Call
from functions.sync import sync
from functions.terms import Terms
from infra.cloudevent import encode
from tests.simulation.draw import World
from tests.simulation.follower import Follower
from tests.simulation.gate import Gate
from tests.simulation.google.answers import ModelGoogle
from tests.simulation.google.boxes import Boxes
from tests.simulation.google.channels import Line, Lines
from tests.simulation.google.truth import Ground
from tests.simulation.handlers import Customers, SimulatedOutcomes
from tests.simulation.judge import Judge
from tests.simulation.overseer import Overseer
from tests.simulation.ports import Hand, Lots, Silence, SkewedClock, TurnedKeys
from tests.simulation.postmaster import Postmaster
from tests.simulation.queues import SimulatedChanges, SimulatedJobs, SimulatedSubscription
from tests.simulation.store import SimulatedStore
from tests.simulation.timeline import End, Run, Timeline
from tests.simulation.warden import Warden
from tests.world.ports import START

ADDRESS = "https://push.example.com/receive"
TOPIC = "projects/simulated/topics/gmail"
TICK = 60.0
FAR = timedelta(days=2)
HANDLE = "handle"
INSTANCES = 3  # of each function


class Simulation:
    """Everything of one seed; all chance comes from one source."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = random = Random(world.seed)
        self.timeline = timeline = Timeline()
        self.gate = gate = Gate(timeline, random)
        self.ground = Ground(timeline, random)
        self.lines = Lines(timeline, random)
        boxes = Boxes(timeline, random, self.lines)
        self.google = ModelGoogle(timeline, gate, self.ground, self.lines, boxes)
        self.store = SimulatedStore(timeline, gate, random)
        self.jobs = SimulatedJobs(timeline, gate, random)
        self.changes = SimulatedChanges(gate, random)
        self.keys = TurnedKeys(timeline, gate)
        self.clock = SkewedClock(timeline)
        self.lots = Lots(random)
        self.crew = Hand(random)
        self.journal = Silence()
        self.terms = Terms(address=ADDRESS, gmail_topic=TOPIC if world.more.topic else None)
        self.judge = Judge(timeline)
        self.warden = Warden(timeline, self.store, self.lines, self.judge)
        self.postmaster = Postmaster(timeline, self.store, boxes, self.warden)
        self.postmaster.topic = self.terms.gmail_topic
        self.follower = Follower(timeline, self.judge, self.google, self.store)
        self.outcomes = SimulatedOutcomes(gate)
        self.customers = Customers(gate, random)
        self.subscription = SimulatedSubscription(timeline, random)
        self.overseer = Overseer(timeline, self.store, self.outcomes, self.judge)
        self.figures: Counter[str] = Counter()
        self.trace = hashlib.sha256()
        self.skips = True  # ticks that provably do nothing are left out
        self._skews = [timedelta(seconds=(random.random() - 0.5) * world.skew) for _ in range(9)]
        self._ticked = -TICK
        self._unsure: set[str] = set()  # watches that a full comparison might touch
        self._compared: tuple[object, ...] = ()
        self._connect()

    def _connect(self) -> None:
        self.gate.mourn = self._mourn
        self.ground.changed = self.judge.changed
        self.ground.notify = self.lines.notify
        self.lines.post = self._post
        self.lines.opened = self.warden.opened
        self.lines.ended = self.warden.ended
        self.lines.unheard = lambda line: self.warden.fault(line.watch)
        self.lines.taken = lambda line, made, about: self.judge.notified(line.watch, made, about)
        boxes = self.google.boxes
        self.ground.mailed = boxes.notify
        boxes.post, boxes.ended = self._announce, self.postmaster.ended
        boxes.unheard = self.postmaster.fault
        self.google.refused = self._refused
        self.google.asked = self.warden.asked
        self.keys.missed = lambda: self.warden.fault(None)
        self.store.wrote = self._wrote
        self.store.troubled = self._trouble
        self.jobs.work = self._sync
        self.jobs.troubled = self.judge.trouble
        self.changes.told = self._told
        self.changes.troubled = self.judge.trouble
        self.subscription.work = self._handle
        self.customers.got, self.customers.asked = self.overseer.got, self.overseer.asked

    # --- the course of time ----------------------------------------------------------------------

    def run(self, until: float) -> None:
        """Let time pass, and whatever is due in it happen."""
        timeline = self.timeline
        while True:
            tick, event = self._next_tick(), timeline.next()
            if min(tick, event) > until:
                break
            if tick <= event:
                timeline.now = tick
                self._tick()
            else:
                timeline.step()
        timeline.now = until

    def _next_tick(self) -> float:
        """Tell when a tick is next that may do anything.

        One at which nothing is due and nothing would be compared reads three documents and
        writes none; one that compares only what has not changed since it was last compared writes
        no more than when it did.
        """
        now = self.timeline.now
        first = max(math.ceil(now / TICK) * TICK, self._ticked + TICK)
        if not self.skips or self._ground() != self._compared or self._unsure:
            return first if self._wants_comparison(first) else self._due_tick(first)
        return self._due_tick(first)

    def _due_tick(self, first: float) -> float:
        due = self.store.earliest_due()
        if not self.skips:
            return first
        if due is None:
            return max(first, self._ticked + COMPARE_EVERY.total_seconds())
        seconds = (due - START).total_seconds() - self.world.skew
        return max(first, math.ceil(seconds / TICK) * TICK)

    def _wants_comparison(self, moment: float) -> bool:
        memo = self.store.controls.get(CONTROL)
        if memo is None or memo[1]["again"] or memo[1]["begun_at"] or memo[1]["left"]:
            return True
        if self._ground() != self._compared:
            return True
        compared_at = (memo[1]["compared_at"] - START).total_seconds()
        return bool(moment >= compared_at + COMPARE_EVERY.total_seconds() - self.world.skew)

    def _ground(self) -> tuple[object, ...]:
        memo = self.store.controls.get(CONTROL)
        again = memo[1]["again"] if memo else -1
        return (self.store.revised, self.keys.held, self.keys.lost, again)

    def _tick(self) -> None:
        self._ticked = self.timeline.now
        self.figures["ticks"] += 1
        self._keep_memo()
        for _ in range(1 + (self.random.random() < self.jobs.doubles)):
            run = Run(f"renew {self.random.randrange(INSTANCES)}", self._skew(), self._ticked, None)
            self.timeline.start(run, self._renew, self._ticked_off)

    def _keep_memo(self) -> None:
        """Do what a comparison would that finds nothing: note when it was made."""
        memo = self.store.controls.get(CONTROL)
        if not self.skips or memo is None or self._unsure or self._ground() != self._compared:
            return
        if self.random.random() < 0.9:  # the others are made, for those that run meanwhile
            fields = {**memo[1], "compared_at": self.timeline.moment()}
            self.store.controls[CONTROL] = (memo[0] + 1, fields)

    def _ticked_off(self, run: Run) -> None:
        self.figures[f"ticks {run.ended}"] += 1
        if run.result is not None and run.result.compared:
            self.figures["comparisons"] += 1
            self._compared = self._ground()

    # --- the flows -------------------------------------------------------------------------------

    def _renew(self) -> Any:
        return renew(
            store=self.store,
            google=self.google,
            jobs=self.jobs,
            keys=self.keys,
            clock=self.clock,
            chance=self.lots,
            crew=self.crew,
            journal=self.journal,
            terms=self.terms,
        )

    def _sync(self, job: Job, ended: Callable[[Run], object]) -> None:
        self.figures["jobs"] += 1
        number = 3 + self.random.randrange(INSTANCES)
        run = Run(f"sync {number}", self._skews[number], self.timeline.now, job.watch)

        def work() -> None:
            sync(
                job,
                store=self.store,
                google=self.google,
                jobs=self.jobs,
                changes=self.changes,
                clock=self.clock,
                chance=self.lots,
                journal=self.journal,
                terms=self.terms,
            )

        self.timeline.start(run, work, ended)

    def _post(
        self,
        line: Line,
        headers: dict[str, str],
        body: bytes,
        answered: Callable[[int], object],
    ) -> None:
        self.figures["notifications"] += 1
        number = 6 + self.random.randrange(INSTANCES)
        run = Run(f"receive {number}", self._skews[number], self.timeline.now, line.watch)
        request = Request(
            method="POST", headers=headers, length=len(body), read=lambda most: body[:most]
        )

        def work() -> int:
            reply = receive(
                request, keys=self.keys, jobs=self.jobs, clock=self.clock, journal=self.journal
            )
            return int(reply.status)

        self.timeline.start(
            run, work, lambda run: answered(run.result if run.ended is End.DONE else 500)
        )

    def _handle(self, event: Event, attempt: int, ended: Callable[[Run], object]) -> None:
        name = f"{HANDLE} {self.random.randrange(INSTANCES)}"
        run = Run(name, self._skews[3 + int(name[-1])], self.timeline.now, event.watch)
        before = self.store.documents.get(event.watch)
        ports: Any = None  # nothing is downloaded here
        handling = Handling(
            store=self.store,
            outcomes=self.outcomes,
            google=self.google,
            media=ports,
            shelves=ports,
            webhooks=self.customers,
            functions=self.customers,
            secrets=self.customers,
            clock=self.clock,
            journal=self.journal,
            terms=self.terms,
        )

        def judged(run: Run) -> None:
            if run.ended is End.DONE:
                self.overseer.done(event, before)
            ended(run)

        body = encode(event).data
        self.timeline.start(run, lambda: handle(body, attempt=attempt, handling=handling), judged)

    def _announce(
        self, account: str, data: bytes, made: float, answered: Callable[[bool], object]
    ) -> None:
        mailbox = mailbox_name(account)
        number = 3 + self.random.randrange(INSTANCES)
        run = Run(f"sync {number}", self._skews[number], self.timeline.now, mailbox)
        members = self.postmaster.members(mailbox)

        def work() -> None:
            announce(
                read_announcement(data),
                store=self.store,
                jobs=self.jobs,
                clock=self.clock,
                journal=self.journal,
                terms=self.terms,
            )

        def ended(run: Run) -> None:
            if run.ended is End.DONE:
                for member in sorted({*members} & {*self.postmaster.members(mailbox)}):
                    self.judge.notified(member, made, None)
            answered(run.ended is End.DONE)

        self.timeline.start(run, work, ended)

    def _skew(self) -> timedelta:
        return self._skews[self.random.randrange(INSTANCES)]

    # --- what is judged --------------------------------------------------------------------------

    def _told(self, event: Event) -> None:
        self.trace.update(f"{self.timeline.now:.6f} {event.id}".encode())
        self.judge.tell(event)
        if self.world.more.handles:
            self.overseer.told(event)
            self.subscription.add(event)

    def _mourn(self, run: Run) -> None:
        if not run.name.startswith(HANDLE):  # what reads and tells does not depend on it
            self.judge.trouble(run.watch)

    def _refused(self, watch: str | None, call: Call, trouble: Trouble) -> None:
        if watch is None or not watch.startswith(PREFIX):
            self.warden.refused(watch, call, trouble)
            return
        account = watch.removeprefix(PREFIX)
        self.postmaster.refused(account, call.method, trouble)
        for member in self.postmaster.sharers(account):
            self.warden.refused(member, call, trouble)

    def _trouble(self) -> None:
        run = self.timeline.running
        self.judge.trouble(run.watch if run else None)
        self.warden.fault(run.watch if run else None)

    def _wrote(self, watch: str, before: Progress | None, after: Case) -> None:
        progress = after.progress
        if progress is None:
            return
        if watch.startswith(PREFIX):
            self.warden.wrote(watch, before, after)
            return
        far = progress.pull_at is None or progress.pull_at > self.timeline.moment() + FAR
        far = far and not progress.paused and progress.removed_at is None
        (self._unsure.add if far else self._unsure.discard)(watch)
        self.follower.wrote(progress, before)
        self.warden.wrote(watch, before, after)
