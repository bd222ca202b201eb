"""What makes the simulation fast changes nothing of what happens in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.simulation import play as playing
from tests.simulation.play import play


@contextmanager
def as_it_is() -> Iterator[None]:
    """Leave the product's functions alone."""
    yield


@pytest.mark.parametrize("seed", [16, 17])
def test_seed_goes_the_same_way_without(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same trace, whether results are remembered or computed each time."""
    swiftly = play(seed)
    monkeypatch.setattr(playing, "swift", as_it_is)
    assert play(seed).trace == swiftly.trace
