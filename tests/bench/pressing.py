"""Measures a served function: presses it from another process, and says what that cost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench import processor
from tests.bench.serving import ROOT, Served, pinned

CONNECTIONS = 16
SECONDS = 1.5
_LATE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """One round: answers a second, how long they took, the server's processor time for each."""

    rate: float
    took: Sequence[float]
    statuses: Mapping[str, int]
    processor: float | None


def press(
    served: Served,
    requests: Sequence[bytes],
    *,
    seconds: float = SECONDS,
    connections: int = CONNECTIONS,
) -> Pressed:
    """Keep the function busy for some seconds."""
    before = processor.used(served.group)
    done = subprocess.run(
        [
            *pinned(1),
            *(sys.executable, "-m", "tests.bench.load"),
            *(str(served.port), str(connections), str(seconds)),
        ],
        input=json.dumps([each.decode("latin-1") for each in requests]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=_LATE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the load failed: {done.stderr.strip()[-300:]}")
    after = processor.used(served.group)
    told = json.loads(done.stdout)
    count = len(told["took"])
    spent = None if before is None or after is None else (after - before) / count
    return Pressed(
        rate=count / told["lasted"], took=told["took"], statuses=told["statuses"], processor=spent
    )
