"""Quarter 3 of the simulated worlds of every round; `seeds.py` says which."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.simulation.seeds import Figures, chunks, play_all


@pytest.mark.parametrize("seeds", chunks(2), ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_promises_hold(seeds: Sequence[int], simulated: Figures) -> None:
    """Whatever fails, dies or comes in another order, what is promised holds at every step."""
    play_all(seeds, simulated)
