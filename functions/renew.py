"""Renews: compares what is declared with what is there, opens and closes channels, queues pulls.

Called once a minute. Two calls may overlap: whatever they decide is a conditional write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.channels.renewal import Renewal
from functions.channels.round import Round
from functions.declared.comparing import Comparing
from functions.domain.change import fingerprint
from functions.domain.errors import Unavailable
from functions.domain.keyring import Ring
from functions.ports import Chance, Clock, Crew, Google, Jobs, Journal, Keys, Store
from functions.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What one call did."""

    compared: bool
    due: int
    attended: int
    failed: int


def renew(  # noqa: PLR0913 - its arguments are all it may touch
    *,
    store: Store,
    google: Google,
    jobs: Jobs,
    keys: Keys,
    clock: Clock,
    chance: Chance,
    crew: Crew,
    journal: Journal,
    terms: Terms,
) -> Tick:
    """Do what is due now, at most for the tick's budget; the rest stays due.

    Raises:
        Unavailable: the store cannot be reached.
    """
    started, budget = clock.now(), terms.tick_budget
    renewal = Renewal(
        store=store,
        google=google,
        jobs=jobs,
        clock=clock,
        chance=chance,
        journal=journal,
        terms=terms,
        ring=_ring(keys, journal),
    )
    attending = Round(renewal, crew)

    def within(length: timedelta) -> Callable[[], bool]:
        return lambda: clock.now() - started <= length

    comparing = Comparing.read(store, grounds=_grounds(renewal), now=started)
    if comparing.memo.cut_short(started):
        # A comparison of many ticks must not keep channels from being renewed meanwhile.
        attending.go(started, in_time=within(budget / 2))
    compared = comparing.wanted and comparing.run(
        google=google,
        crew=crew,
        journal=journal,
        short_polls=terms.short_polls,
        in_time=_time_to_touch(clock, until=started + budget, least=budget / 4),
    )
    attending.go(started, in_time=within(budget))
    due, attended, failed = attending.due, attending.attended, attending.failed
    journal.note("tick", compared=compared, due=due, attended=attended, failed=failed)
    return Tick(compared=compared, due=due, attended=attended, failed=failed)


def _time_to_touch(clock: Clock, *, until: datetime, least: timedelta) -> Callable[[], bool]:
    """Tell whether there is time to act on what was read: until then, and a while in any case.

    Reading comes before the first question. It may take longer than a tick (Google lists the users
    of whole domains), and whoever had no time left then would read the same again for ever.
    """
    ends: list[datetime] = []

    def in_time() -> bool:
        if not ends:
            ends.append(max(until, clock.now() + least))
        return clock.now() <= ends[0]

    return in_time


def _ring(keys: Keys, journal: Journal) -> Ring | None:
    try:
        return keys.ring()
    except Unavailable as trouble:
        journal.warn("key ring unreadable", reason=trouble.text)
        return None


def _grounds(renewal: Renewal) -> str | None:
    """Give what channels stand on; during an outage of the ring nothing is judged by it."""
    if renewal.ring is None:
        return None
    return fingerprint([renewal.terms.address, sorted(renewal.ring.ids)])
