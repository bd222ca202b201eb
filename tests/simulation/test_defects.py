"""Each defect put into the product on purpose is found, and soon: by one of the first seeds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from tests.simulation.defects import DEFECTS, spoilt
from tests.simulation.draw import World, draw
from tests.simulation.play import SeedBroken, play
from tests.simulation.seeds import SEEDS

TRIED = 12
# Found at once; the others meet all seeds of a round, with `make soak`.
QUICK = (
    "a channel is stopped before its successor is confirmed",
    "the cursor is saved before its changes are told",
    "a job counts as covered by any earlier pull",
    "decisions are written unconditionally",
    "a channel given up is not stopped",
    "orphans are not adopted",
    "the baseline is told",
    "the poll is forgotten",
    "due times are not kept",
    "a mailbox is not renewed",
    "a mailbox is stopped to be renewed",
    "mail is read from where it was announced",
    "mail is told whatever its labels",
    "a handler that failed is given up at once",
    "a failure is noted as done",
)
MAIL = ("mail", "history")
HANDLERS = ("handler", "failure", "dead letter", "wants no more")
SOAK = [pytest.param(each, marks=pytest.mark.soak) for each in DEFECTS if each not in QUICK]


def seeds_for(defect: str) -> Iterator[int]:
    """Give the seeds whose world has what the defect is about."""
    for seed in range(SEEDS):
        if _concerns(defect, draw(seed)):
            yield seed


def _concerns(defect: str, world: World) -> bool:
    if any(word in defect for word in MAIL):
        return world.more.mails > 0
    if any(word in defect for word in HANDLERS):
        return world.more.handles
    return True


def _is_found_by(seed: int) -> bool:
    try:
        play(seed)
    except SeedBroken as broken:
        return f"WATCHKEEPER_SEED={seed} " in str(broken)
    return False


@pytest.mark.parametrize("defect", [*QUICK, *SOAK])
@pytest.mark.timeout(120)
def test_defect_is_found(defect: str) -> None:
    """A promise is broken, and the text says which seed replays it."""
    most = TRIED if defect in QUICK else SEEDS
    with spoilt(defect):
        assert any(_is_found_by(seed) for seed in islice(seeds_for(defect), most))
