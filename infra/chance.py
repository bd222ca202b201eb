"""Real chance: ids that nobody can guess, and lots that spread work in time."""

from __future__ import annotations

import random
import uuid


class SystemChance:
    """The port `Chance` on the operating system's source of randomness."""

    def __init__(self) -> None:
        self._lots = random.SystemRandom()

    def new_id(self) -> str:
        return uuid.uuid4().hex

    def fraction(self) -> float:
        return self._lots.random()
