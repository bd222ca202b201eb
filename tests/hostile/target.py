"""`receive` as a target: the port, the keys, the memory it holds, and what it has queued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from functions.domain.keyring import Ring

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One process that receives."""

    port: int
    ring: Ring
    memory: Callable[[], int]  # bytes
    queued: Callable[[], set[int]]  # the numbers of the notifications of our channel


def resident(process: int) -> int:
    """Give the bytes that a process holds."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0
