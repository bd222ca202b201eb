"""How fast channels are planned, and in how much memory, for a million watches.

In a process of its own, so that what is measured is its memory alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from functions.declared.comparison import Occasion, compare_all
from functions.declared.roster import Roster
from functions.domain.change import fingerprint
from functions.domain.model import Progress
from functions.domain.plan import Plan, plan
from tests.bench import processor
from tests.bench.figure import Row, at_least, at_most, once, spread
from tests.bench.serving import ROOT
from tests.bench.telling import Tell
from tests.functions.examples import GROUNDS, NOW, WATCH, channel, opening, progress
from tests.world.ports import LoneCrew, Notebook

SECTION = "planner"
WATCHES = 1_000_000
HELD = 100_000
COMPARED = 50_000
ROUNDS = 3
KILOBYTE = 1000
# Of a hundred watches so many have: a channel that covers, one due for replacement, one on its
# way, none.
MIX = (("covered", 90), ("due", 6), ("opening", 2), ("bare", 2))


def measure(tell: Tell) -> list[Row]:
    """Plan them all, some times; then once more and keep every plan."""
    script = [sys.executable, "-m", "tests.bench.planning"]
    found = [json.loads(_run(script))]
    tell(f"{found[0]['rate']:,.0f} watches/s")
    found += [json.loads(_run([*script, "--rate"])) for _ in range(ROUNDS - 1)]
    compared = json.loads(_run([*script, "--compare"]))
    tell(f"compared {COMPARED:,} in {compared['seconds']:.1f} s")
    told = rows([each["rate"] for each in found], found[0].get("plan"), found[0].get("case"))
    return [*told, *compared_rows(compared["seconds"], compared.get("memory"))]


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        raise RuntimeError(f"planning failed: {done.stderr.strip()[-300:]}")
    return done.stdout


def rows(rates: list[float], plan_bytes: float | None, case_bytes: float | None) -> list[Row]:
    """Hold the figures against the goals."""
    no_proc = "" if plan_bytes else "no /proc here tells the memory of a process"
    return [
        Row(
            section=SECTION,
            what="plans of 1,000,000 watches",
            found=spread(rates),
            unit="watches/s",
            goal=at_least(100_000),
            note=", ".join(f"{share} % {kind}" for kind, share in MIX),
        ),
        Row(
            section=SECTION,
            what="memory of a plan, all 1,000,000 kept",
            found=once(plan_bytes) if plan_bytes else None,
            unit="bytes",
            goal=at_most(KILOBYTE),
            note=no_proc
            or "what is planned for is read and dropped, page by page, as from a store",
        ),
        Row(
            section=SECTION,
            what="memory of a watch's progress with one channel",
            found=once(case_bytes) if case_bytes else None,
            unit="bytes",
            note=no_proc or "a tick holds at most 2,000 of them",
        ),
    ]


def compared_rows(seconds: float, memory: float | None) -> list[Row]:
    """Tell what the full comparison takes, which is every 15 minutes."""
    return [
        Row(
            section=SECTION,
            what="full comparison of declarations with what is known",
            found=once(COMPARED / seconds),
            unit="watches/s",
            note=f"{COMPARED:,} watches, nothing to do; the store's own time is not in it",
        ),
        Row(
            section=SECTION,
            what="memory of the full comparison",
            found=once(memory) if memory else None,
            unit="bytes a watch",
            note="" if memory else "no /proc here tells the memory of a process",
        ),
    ]


def cases() -> Iterator[tuple[str, int]]:
    """Give kinds and numbers in the order in which they are planned."""
    kinds = [kind for kind, share in MIX for _ in range(share)]
    for number in range(WATCHES):
        yield kinds[number % len(kinds)], number


class Declared:
    """As much of the port `Store` as the full comparison reads, made up as it is read."""

    def all_progress(self) -> Iterator[Progress]:
        """Give what is known of every watch."""
        for name, document in self.declarations():
            print_ = fingerprint(document)
            subject = document["subject"]
            yield Progress(
                watch=name,
                short=name,
                source=document["source"],
                subject=subject,
                declared=print_,
                cursor="100",
                baseline_at=NOW,
                pull_at=NOW + timedelta(hours=1),
                due_at=NOW + timedelta(hours=1),
            )

    def declarations(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Give every declaration."""
        for number in range(COMPARED):
            subject = f"user{number}@example.com"
            yield f"watch-{number}", {"source": "drive.changes", "subject": subject}


def compare() -> None:
    """Print what a full comparison takes as JSON."""
    store: Any = Declared()
    google: Any = None
    before = processor.resident()
    began = time.perf_counter()
    found = compare_all(
        store,
        Occasion(now=NOW),
        roster=Roster(google, Notebook()),
        crew=LoneCrew(),
        short_polls=False,
        in_time=lambda: True,
    )
    told: dict[str, float] = {"seconds": time.perf_counter() - began}
    peak = processor.peak("self")
    if before is not None and peak is not None:
        told["memory"] = (peak - before) / COMPARED
    if found.due:
        raise RuntimeError(f"{found.due} watches differ")
    json.dump(told, sys.stdout)


def main() -> None:
    """Print the figures of this process as JSON."""
    if "--compare" in sys.argv:
        compare()
        return
    known = progress()
    made = {
        "covered": (channel(),),
        "due": (channel(age=timedelta(hours=13)),),
        "opening": (opening(),),
        "bare": (),
    }
    began = time.perf_counter()
    for kind, _ in cases():
        plan(WATCH, known, made[kind], now=NOW, grounds=GROUNDS)
    told = {"rate": WATCHES / (time.perf_counter() - began)}
    if "--rate" not in sys.argv and (memory := processor.resident()) is not None:
        plans: list[Plan] = [
            plan(WATCH, known, made[kind], now=NOW, grounds=GROUNDS) for kind, _ in cases()
        ]
        told["plan"] = (_resident() - memory) / len(plans)
        memory = _resident()
        held = [(progress(), channel(f"{n:032x}")) for n in range(HELD)]
        told["case"] = (_resident() - memory) / len(held)
    json.dump(told, sys.stdout)


def _resident() -> int:
    return processor.resident() or 0


if __name__ == "__main__":
    main()
