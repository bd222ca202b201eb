"""What a million notifications cost at Google's list prices, from what the other sections measured.

Prices of a tier-1 region in USD, free quotas left out:
https://cloud.google.com/run/pricing https://cloud.google.com/firestore/pricing
https://cloud.google.com/pubsub/pricing
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tests.bench.arriving import LATENCY_P50
from tests.bench.bursts import QUIET_READS, QUIET_WRITES
from tests.bench.figure import Row, once

SECTION = "cost"
MILLION = 1_000_000
REQUEST = 0.40 / MILLION
INSTANCE_SECOND = 1 * 0.000024 + 0.5 * 0.0000025  # 1 vCPU, 512 MiB
SLICE = 0.1  # seconds that Cloud Run rounds up to
READ, WRITE = 0.03 / 100_000, 0.09 / 100_000
KIBIBYTE_THROUGH_QUEUE = 40 / 1024**4 * 1000  # a message of up to 1,000 bytes, one way
BUSY_RATE = "receive, valid, publish confirmed"
WANTED = (BUSY_RATE, QUIET_READS, QUIET_WRITES, LATENCY_P50)


def rows(measured: Sequence[Row]) -> list[Row]:
    """Price what was measured; what is missing is named."""
    known = {row.what: row.found.middle for row in measured if row.found}
    missing = [what for what in WANTED if what not in known]
    if missing:
        note = f"wants what was not measured: {'; '.join(missing)}"
        return [Row(section=SECTION, what="a million notifications", found=None, note=note)]
    return [_quiet(known), _busy(known)]


def _quiet(known: Mapping[str, float]) -> Row:
    """Each notification alone: every request is rounded up, every one is pulled."""
    parts = {
        "receive": REQUEST + SLICE * INSTANCE_SECOND,
        "sync": REQUEST + _billed(known[LATENCY_P50] / 1000) * INSTANCE_SECOND,
        "store": known[QUIET_READS] * READ + known[QUIET_WRITES] * WRITE,
        "queues": 4 * KIBIBYTE_THROUGH_QUEUE,  # a job and a change, each published and pushed
    }
    note = "each alone, and pulled; sync billed for the measured latency, Google's own left out"
    return _row("1,000,000 notifications, one at a time", parts, note)


def _busy(known: Mapping[str, float]) -> Row:
    """A flood on one watch: instances are busy, almost all jobs are covered by one read."""
    parts = {
        "receive": REQUEST + INSTANCE_SECOND / known[BUSY_RATE],
        "sync": REQUEST + SLICE * INSTANCE_SECOND,
        "store": READ,
        "queues": 2 * KIBIBYTE_THROUGH_QUEUE,
    }
    note = "receive at the measured rate; jobs one at a time, as of one watch, so each rounded up"
    return _row("1,000,000 notifications, in a flood on one watch", parts, note)


def _row(what: str, parts: Mapping[str, float], note: str) -> Row:
    told = ", ".join(f"{name} {price * MILLION:.2f}" for name, price in parts.items())
    total = once(sum(parts.values()) * MILLION)
    return Row(section=SECTION, what=what, found=total, unit="USD", note=f"{told}; {note}")


def _billed(seconds: float) -> float:
    return math.ceil(seconds / SLICE) * SLICE
