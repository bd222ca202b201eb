"""Which seeds a round plays: two hundred small worlds unless the environment says otherwise."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from tests.simulation.draw import Size
from tests.simulation.play import play

SEEDS = 200  # in the default round, drawn once and for all
CHUNK = 10  # seeds a test
QUARTERS = 4  # files, so that several processes share the work

Figures = Callable[[str], None]

ORDER = (
    "watch-days",
    "pulls",
    "told",
    "repeated",
    "notifications",
    "mailbox messages",
    "handled",
    "dead letters",
    "calls",
    "crashes",
    "storms",
    "edits",
    "resyncs",
    "records lost",
    "changes",
    "ticks",
    "crossings",
)


def chunks(quarter: int) -> list[Sequence[int]]:
    """Give the seeds of one file, a chunk a test; a single one if it is to be replayed."""
    if "WATCHKEEPER_SEED" in os.environ:
        return [[int(os.environ["WATCHKEEPER_SEED"])]] if quarter == 0 else []
    each = int(os.environ.get("WATCHKEEPER_SEEDS", SEEDS)) // QUARTERS
    first = quarter * each
    return [range(at, min(at + CHUNK, first + each)) for at in range(first, first + each, CHUNK)]


def play_all(seeds: Iterable[int], figures: Figures, *, size: Size = Size.SMALL) -> None:
    """Play seeds and note what there was in them."""
    total: Counter[str] = Counter()
    for seed in seeds:
        total.update(play(seed, size).figures)
    figures(", ".join(f"{total[name]} {name}" for name in ORDER))
