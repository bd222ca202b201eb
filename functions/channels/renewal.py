"""What renewing may touch, and what it makes of the keys and the address of today."""

from __future__ import annotations

from dataclasses import dataclass

from functions.declared.declaration import identity
from functions.domain import coverage
from functions.domain.keyring import Ring
from functions.domain.model import Watch
from functions.ports import Chance, Clock, Google, Jobs, Journal, Store
from functions.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What renewing may touch."""

    store: Store
    google: Google
    jobs: Jobs
    clock: Clock
    chance: Chance
    journal: Journal
    terms: Terms
    ring: Ring | None  # None: it cannot be read now

    def grounds(self, watch: Watch | None) -> coverage.Grounds:
        """Give what the channels of a watch must agree with."""
        keys = self.ring.ids if self.ring else None
        print_ = identity(watch) if watch else None
        return coverage.Grounds(address=self.terms.address, keys=keys, identity=print_)
