"""The weather: spells of outages, quotas, lost access, refused cursors, which end again."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.draw import DAY
from tests.simulation.google.directory import LATER
from tests.simulation.simulation import Simulation

FORGETFUL = DAY / 2  # between two losses of a record
Spell = Callable[[], Callable[[], None]]  # begins, and gives what ends it


class Weather:
    """What is against us all the time, and now and then for a while."""

    def __init__(self, simulation: Simulation) -> None:
        self._it = simulation
        self.working = True

    def begin(self) -> None:
        """Set the rates that hold all the time."""
        it, world = self._it, self._it.world
        it.gate.kills, it.gate.waits, it.gate.longest = world.kills, world.waits, world.longest_wait
        it.ground.ahead, it.ground.lag = world.google_ahead, world.lag
        it.ground.longest_lag = world.longest_lag
        it.judge.ahead, it.judge.lag = world.google_ahead, world.longest_lag * LATER
        it.judge.strict = world.skew <= 1.0
        it.store.races, it.store.stale = world.races, world.stale
        it.jobs.doubles, it.jobs.disorder = world.doubles, world.disorder
        customers, refusals = it.customers, world.more.refusals
        customers.fails, customers.curses, customers.nonsense = refusals, refusals / 30, 0.002
        it.subscription.doubles = world.doubles
        lines = it.lines
        lines.drops, lines.doubles, lines.delays = world.drops, world.doubles, world.delays
        lines.longest_delay, lines.deaths = world.longest_delay, world.deaths
        lines.afterlives, lines.longest = world.afterlives, world.longest_life
        it.google.lost, it.ground.flips = world.lost, world.more.flips
        it.google.silences = 0.0 if world.calm else world.more.silences
        self._later()
        if world.more.amnesia and not world.calm:
            it.timeline.after(FORGETFUL, self._forget)

    def settle(self) -> None:
        """Have all faults end."""
        self.working = False
        it = self._it
        it.gate.kills = 0.0
        it.lines.drops = it.lines.deaths = it.lines.afterlives = 0.0
        it.google.lost = it.google.errors = it.google.limits = it.google.silences = 0.0
        it.store.fails = it.jobs.fails = it.changes.fails = 0.0
        it.ground.lag = 0.0
        it.customers.fails = it.customers.curses = it.customers.nonsense = 0.0
        it.google.revoked.clear()
        it.google.deaf.clear()
        it.google.stubborn = False
        it.google.boxes.others.clear()
        it.keys.lost = False

    def _later(self) -> None:
        wait = self._it.random.expovariate(1 / (self._it.world.storms * DAY))
        self._it.timeline.after(wait, self._strike)

    def _strike(self) -> None:
        if not self.working:
            return
        self._later()
        acts: list[Spell] = [self._void, self._mortality]
        if not self._it.world.calm:
            acts += [self._outage, self._quota, self._revoke, self._deafness]
            acts += [self._queue, self._store, self._ring, self._unwatchable]
            acts += [self._stubbornness]
        for act in self._it.random.sample(acts, self._it.random.randint(1, 2)):
            self._it.figures["storms"] += 1
            self._it.timeline.after(self._length(), act())

    def _length(self) -> float:
        return self._it.random.choice((30.0, 600.0, 3600.0, 6 * 3600.0, DAY))

    def _outage(self) -> Callable[[], None]:
        self._it.google.errors = self._it.random.choice((0.3, 1.0))
        return lambda: setattr(self._it.google, "errors", 0.0)

    def _quota(self) -> Callable[[], None]:
        self._it.google.limits = self._it.random.choice((0.2, 1.0))
        return lambda: setattr(self._it.google, "limits", 0.0)

    def _stubbornness(self) -> Callable[[], None]:
        self._it.google.stubborn = True
        return lambda: setattr(self._it.google, "stubborn", False)

    def _deafness(self) -> Callable[[], None]:
        drops = self._it.world.drops
        self._it.lines.drops = 1.0
        return lambda: setattr(self._it.lines, "drops", drops if self.working else 0.0)

    def _queue(self) -> Callable[[], None]:
        self._it.jobs.fails = self._it.changes.fails = 0.3
        return lambda: self._set_queue(0.0)

    def _set_queue(self, rate: float) -> None:
        self._it.jobs.fails = self._it.changes.fails = rate

    def _store(self) -> Callable[[], None]:
        self._it.store.fails = 0.1
        return lambda: setattr(self._it.store, "fails", 0.0)

    def _ring(self) -> Callable[[], None]:
        self._it.keys.lost = True
        self._it.warden.fault(None)
        return self._found

    def _found(self) -> None:
        self._it.keys.lost = False
        self._it.warden.fault(None)

    def _mortality(self) -> Callable[[], None]:
        self._it.gate.kills = max(0.05, self._it.world.kills)
        kills = self._it.world.kills
        self._it.timeline.after(600.0, lambda: self._calm(kills))
        return lambda: None

    def _calm(self, kills: float) -> None:
        self._it.gate.kills = kills if self.working else 0.0

    def _revoke(self) -> Callable[[], None]:
        accounts = sorted({d["subject"] for d in self._it.store.documents.values()})
        account = self._it.random.choice(accounts)
        self._it.google.revoked.add(account)
        return lambda: self._it.google.revoked.discard(account)

    def _unwatchable(self) -> Callable[[], None]:
        resource = self._it.random.choice(sorted(self._it.google.collections) or [""])
        self._it.google.deaf.add(resource)
        return lambda: self._it.google.deaf.discard(resource)

    def _forget(self) -> None:
        """Have the record of a channel be lost: only a message of it tells of it again."""
        if not self.working:
            return
        self._it.timeline.after(FORGETFUL, self._forget)
        lines = sorted(self._it.lines.alive(), key=lambda line: line.id)
        if lines:
            line = self._it.random.choice(lines)
            self._it.store.lose(line.id)
            self._it.warden.forgot(line)
            self._it.figures["records lost"] += 1

    def _void(self) -> Callable[[], None]:
        names = sorted(self._it.google.collections)
        if names:
            collection = self._it.google.collections[self._it.random.choice(names)]
            collection.void()
        return lambda: None
