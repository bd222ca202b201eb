"""Long lines of a busy process reach a pipe whole, one after the other."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
THREADS, LINES = 8, 10
PROGRAM = f"""
import sys, threading
from infra.telemetry import JsonJournal

journal = JsonJournal(sys.__stderr__, component="sync")

def write(name):
    for number in range({LINES}):
        journal.note("long", by=name, number=number, texts=[name * 256] * 20)

threads = [threading.Thread(target=write, args=(str(n),)) for n in range({THREADS})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_lines_longer_than_a_pipe_takes_at_once_stay_whole() -> None:
    """What the system writes in several pieces, into a pipe that is full, is mixed with nothing."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE, cwd=ROOT) as run:
        assert run.stderr is not None
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # the smallest there is: each line waits amid its bytes
            fcntl.fcntl(run.stderr, fcntl.F_SETPIPE_SZ, 4096)
        lines = run.stderr.read().splitlines()
    assert min(map(len, lines)) > 4096
    told = [json.loads(line) for line in lines]
    assert {line["texts"][-1] for line in told} == {str(n) * 256 for n in range(THREADS)}
    assert sorted((line["by"], line["number"]) for line in told) == [
        (str(thread), number) for thread in range(THREADS) for number in range(LINES)
    ]
