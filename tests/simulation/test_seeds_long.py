"""Full sizes: a year of 50 watches and a month of 1,000, a seed a test (`make soak`).

`WATCHKEEPER_SEEDS` says how many seeds of each, `WATCHKEEPER_SEED` replays one.
"""

from __future__ import annotations

import os
import sys
import time

import pytest

from tests.simulation.draw import Size
from tests.simulation.seeds import Figures, play_all

COUNT = int(os.environ.get("WATCHKEEPER_SEEDS", "2"))
FIRST = int(os.environ.get("WATCHKEEPER_SEED", "0"))
SEEDS = [FIRST] if "WATCHKEEPER_SEED" in os.environ else range(COUNT)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("size", [Size.YEAR, Size.MONTH])
@pytest.mark.parametrize("seed", SEEDS)
def test_promises_hold_for_long(seed: int, size: Size, simulated: Figures) -> None:
    """A year of fifty watches, and thirty days of a thousand."""
    began = time.process_time()
    play_all([seed], simulated, size=size)
    spent = time.process_time() - began
    sys.__stderr__ and sys.__stderr__.write(f"\n{size}, seed {seed}: {spent:.0f} s\n")
