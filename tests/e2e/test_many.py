"""Many watches opened from nothing: as fast as Google answers, in little memory, side by side."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from infra.machine.wiring import HANDS
from tests.e2e.conftest import Figures
from tests.e2e.machine import Machine
from tests.e2e.simulated import Simulated

LATENCY = 0.05
SUBJECTS, WATCHES_EACH = 100, 10
LOST = "user0@example.com"  # to whom access is refused
SOURCES: list[dict[str, Any]] = [
    *({"source": "drive.changes"} for _ in range(6)),
    {"source": "drive.changes", "params": {"spaces": "appDataFolder"}},
    {"source": "calendar.events"},
    {"source": "calendar.calendarList"},
    {"source": "calendar.settings"},
]


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_thousand_watches_are_opened_as_fast_as_google_answers(
    google: Simulated, machine: Machine, figures: Figures
) -> None:
    """Wall time within 1.5 x of calls x 50 ms / concurrency; one failing subject delays nobody."""
    google.post(f"accounts/{LOST}/revoke")
    google.fault("latency", seconds=LATENCY)
    google.options(request_log=100_000)
    watches = [
        {"id": f"w{subject}-{number}", "subject": f"user{subject}@example.com", **source}
        for subject in range(SUBJECTS)
        for number, source in enumerate(SOURCES)
    ]
    machine.declare(*watches)
    expected = len(watches) - WATCHES_EACH
    serve = machine.serve()
    began = time.monotonic()
    while _live(google) < expected:
        assert time.monotonic() - began < 240
        time.sleep(0.5)  # counting is work for the simulated Google, too
    opened = time.monotonic() - began
    calls = sum(google.get("stats")["calls"].values())
    memory = _peak(serve.process.pid)
    ideal = calls * LATENCY / HANDS
    figures(
        f"{expected} channels in {opened:.1f} s; {calls} calls by {HANDS} hands: {ideal:.1f} s, "
        f"x {opened / ideal:.2f}; {memory} MB at most; processor {_processor(serve.process.pid)} s"
    )
    assert memory < 300
    assert opened < 1.5 * ideal


def _live(google: Simulated) -> int:
    return int(google.get("stats")["channels"].get("live", 0))


def _peak(pid: int) -> int:
    """Give the most memory a process ever had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
