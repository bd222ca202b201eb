"""Writes the table of the bench as a page."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from tests.bench.figure import Mark, Row

HEAD = """\
# Benchmarks

Written by `make bench`; each line was measured in that one run. Where sides are compared they took
turns (A B A B ...), and what is given is the middle of the ratios of neighbouring rounds, with the
least and the most. A goal that was missed is marked so, and what could not be measured says why.
`make bench ARGS="--only receive"` runs one section, `--json` prints all figures. What they mean for
large installations: [scaling.md](scaling.md).
"""


def machine() -> str:
    """Describe the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{_processor()}, {cores} cores, {_memory()}, {platform.system()}, {python}{load}. "
        "Loopback only. With two cores or more each server has one for itself, as an instance with "
        "1 vCPU has."
    )


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            return f"{int(line.split()[1]) / 1024**2:.0f} GiB"
    return "memory unknown"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def page(rows: Sequence[Row], *, measured_at: datetime, described: str, lasted: float) -> str:
    """Give the whole page."""
    when = f"{measured_at:%Y-%m-%d %H:%M} UTC, in {lasted:.0f} s, on {described}"
    lines = [
        "| section | what | measured | goal | | how |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_line(row) for row in rows),
    ]
    return "\n".join([HEAD, f"Measured {when}", "", *lines, "", _summary(rows), ""])


def _line(row: Row) -> str:
    found = "-" if row.found is None else f"{row.found} {row.unit}".strip()
    mark = f"**{row.mark}**" if row.mark in {Mark.MISSED, Mark.NOT_MEASURED} else str(row.mark)
    cells = (row.section, row.what, found, str(row.goal or ""), mark, row.note)
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def _summary(rows: Sequence[Row]) -> str:
    marks = [row.mark for row in rows if row.goal is not None]
    met, missed = marks.count(Mark.MET), marks.count(Mark.MISSED)
    return f"Goals: {met} met, {missed} missed, {len(marks) - met - missed} not measured."


def as_json(rows: Sequence[Row]) -> str:
    """Give all figures for programs."""
    return json.dumps([{**asdict(row), "mark": row.mark} for row in rows], indent=1)


def from_json(text: str) -> list[Row]:
    """Read what `as_json` wrote."""
    from tests.bench.figure import Goal, Spread

    return [
        Row(
            section=each["section"],
            what=each["what"],
            found=Spread(**each["found"]) if each["found"] else None,
            unit=each["unit"],
            goal=Goal(**each["goal"]) if each["goal"] else None,
            note=each["note"],
        )
        for each in json.loads(text)
    ]
