"""How fast 100,000 changes come through `serve` to a subscriber, and in how much memory."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench import processor
from tests.bench.figure import Row, once
from tests.bench.simulating import google_at_hand, machine_at_hand
from tests.bench.telling import Tell
from tests.e2e.machine import drive

SECTION = "delivery"
CHANGES = 100_000
ANA = "ana@example.com"
WITHIN = 150.0
MEGABYTE = 1_000_000


def measure(tell: Tell) -> list[Row]:
    """Make many files at once and wait until each is told."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        google = stack.enter_context(google_at_hand(folder))
        machine = stack.enter_context(machine_at_hand(folder, google))
        machine.declare(drive("ana-drive", ANA))
        program = machine.serve("--for", "200s")
        machine.confirmed("ana-drive")
        began = time.monotonic()
        for _ in range(10):
            google.post("drive/files", account=ANA, name="f", count=CHANGES // 10)
        told = 0
        with machine.changes.open("rb") as lines:
            while told < CHANGES and time.monotonic() < began + WITHIN:
                time.sleep(0.2)
                new = sum(part.count(b"\n") for part in iter(lambda: lines.read(1 << 20), b""))
                if new and (told + new) // 20_000 > told // 20_000:
                    tell(f"{told + new:,} of {CHANGES:,} told")
                told += new
        took = time.monotonic() - began
        memory = processor.peak(program.process.pid)
    return rows(told, took, memory)


def rows(told: int, took: float, memory: int | None) -> list[Row]:
    """Give rate and memory."""
    whole = told >= CHANGES
    note = "" if whole else f"only {told:,} of {CHANGES:,} within {WITHIN:.0f} s"
    return [
        Row(
            section=SECTION,
            what=f"{CHANGES:,} changes through sync and the queue of changes to a subscriber",
            found=once(told / took) if whole else None,
            unit="changes/s",
            note=note or "SQLite queues on disk; the changes file is the subscriber",
        ),
        Row(
            section=SECTION,
            what="peak memory of the whole of serve meanwhile",
            found=once(memory / MEGABYTE) if memory else None,
            unit="MB",
            note="" if memory else "no /proc here tells the memory of a process",
        ),
    ]
