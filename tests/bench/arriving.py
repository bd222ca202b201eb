"""How long it takes from a change at Google to its event, through the whole of `serve`."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.figure import Row, once, quantile
from tests.bench.simulating import google_at_hand, machine_at_hand
from tests.bench.telling import Tell
from tests.e2e.machine import drive
from tests.e2e.patience import eventually
from tests.e2e.tail import Tail

SECTION = "latency"
ACCOUNTS = 10
CHANGES = 100
APART = 0.15  # seconds; 1.5 for each account: pulls of one watch begin a second apart
LATENCY_P50 = "change at Google to its event, p50"


def measure(tell: Tell) -> list[Row]:
    """Change a file now and then, and see when its line is there."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        google = stack.enter_context(google_at_hand(folder))
        machine = stack.enter_context(machine_at_hand(folder, google))
        accounts = [f"user{number}@example.com" for number in range(ACCOUNTS)]
        names = [f"watch-{number}" for number in range(ACCOUNTS)]
        machine.declare(*(drive(n, a) for n, a in zip(names, accounts, strict=True)))
        machine.serve("--for", "100s")
        machine.confirmed(*names)
        tell(f"{ACCOUNTS} watches are covered")
        time.sleep(2)  # the pulls after their first messages are over
        with Tail(machine.changes) as tail:
            for number in range(CHANGES):
                google.create(accounts[number % ACCOUNTS], f"{number}.txt")
                time.sleep(APART)
            eventually("all events", lambda: len(tail.seconds) >= CHANGES, within=20)
        tell(str(tail))
    return rows(tail.seconds)


def rows(seconds: list[float]) -> list[Row]:
    """Give the middle and the slowest."""
    note = (
        f"{len(seconds)} changes of {ACCOUNTS} accounts; notified, received, queued, pulled, told"
    )
    return [
        Row(
            section=SECTION,
            what=LATENCY_P50,
            found=once(quantile(seconds, 0.5) * 1000),
            unit="ms",
            note=note,
        ),
        Row(
            section=SECTION,
            what="change at Google to its event, p99",
            found=once(quantile(seconds, 0.99) * 1000),
            unit="ms",
        ),
    ]
