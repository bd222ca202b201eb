"""The bench: `python -m tests.bench [--only SECTION ...] [--json]`, or `make bench`.

Each section runs in a process of its own, for so long at most; what fails is a line of the table.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import pricing, table
from tests.bench.figure import Mark, Row
from tests.bench.serving import ROOT
from tests.bench.telling import teller

PAGE = ROOT / "docs" / "benchmarks.md"
# Section: its module, and the seconds after which it is ended.
SECTIONS = {
    "receive": ("receiving", 120),
    "start": ("starting", 120),
    "calls": ("bursts", 30),
    "renewals": ("renewing", 120),
    "planner": ("planning", 150),
    "pull": ("pulling", 150),
    "latency": ("arriving", 60),
    "delivery": ("delivering", 180),
}


def main(words: Sequence[str]) -> int:
    """Measure what is asked for, print the table, and write the page if it is whole."""
    asked = _read(words)
    if asked.rows:
        return _measure_here(asked.only[0])
    began, started = time.monotonic(), datetime.now(UTC)
    described = table.machine()
    rows: list[Row] = []
    for section in asked.only or SECTIONS:
        rows += _measure(section)
    if not asked.only:
        rows += pricing.rows(rows)
    lasted = time.monotonic() - began
    told = table.page(rows, measured_at=started, described=described, lasted=lasted)
    if not asked.only:
        PAGE.write_text(told)
    print(table.as_json(rows) if asked.json else told)  # noqa: T201
    return 1 if any(row.mark is Mark.MISSED for row in rows) and asked.strict else 0


def _read(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="SECTION", default=[])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--strict", action="store_true", help="fail if a goal is missed")
    parser.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(words)


def _measure_here(section: str) -> int:
    module = importlib.import_module(f"tests.bench.{SECTIONS[section][0]}")
    print(table.as_json(module.measure(teller(section))))  # noqa: T201
    return 0


def _measure(section: str) -> list[Row]:
    """Run one section in a process group of its own."""
    command = [sys.executable, "-m", "tests.bench", "--only", section, "--rows"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            told, _ = process.communicate(timeout=SECTIONS[section][1])
        except subprocess.TimeoutExpired:
            _kill(process)
            return [_failed(section, f"ended after {SECTIONS[section][1]} s")]
        except BaseException:
            _kill(process)
            raise
    if process.returncode:
        return [_failed(section, f"failed with status {process.returncode}: see above")]
    return table.from_json(told)


def _kill(process: subprocess.Popen[str]) -> None:
    """End the section's own processes; servers of theirs end with it."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _failed(section: str, why: str) -> Row:
    return Row(section=section, what="the whole section", found=None, note=why)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    raise SystemExit(main(sys.argv[1:]))
