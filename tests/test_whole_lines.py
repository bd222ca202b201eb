"""Long lines of a busy process reach a pipe whole, one after the other."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
THREADS, LINES = 8, 40
PROGRAM = f"""
import sys, threading
from infra.telemetry import JsonJournal

journal = JsonJournal(sys.__stderr__, component="sync")

def write(name, texts):
    for number in range({LINES}):
        journal.note("told", by=name, number=number, few=3, texts=[name * 256] * texts)

sizes = [(str(n), 20 if n % 2 else 14) for n in range({THREADS})]
threads = [threading.Thread(target=write, args=size) for size in sizes]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_long_lines_of_many_threads_stay_whole() -> None:
    """Into a pipe that is full: what one call of the system would not write at once is left out."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, cwd=ROOT) as run:
        assert run.stderr is not None
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # the smallest there is: each line waits amid its bytes
            fcntl.fcntl(run.stderr, fcntl.F_SETPIPE_SZ, 4096)
        lines = run.stderr.read().splitlines(keepends=True)
    assert 3500 < max(map(len, lines)) <= 4096
    told = [json.loads(line) for line in lines]
    assert sorted((line["by"], line["number"]) for line in told) == [
        (str(thread), number) for thread in range(THREADS) for number in range(LINES)
    ]
    for line in told:
        assert line["few"] == 3
        assert ("texts" in line) == (line.get("cut") != ["texts"]) == (int(line["by"]) % 2 == 0)
