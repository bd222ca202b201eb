"""The processor time that a group of processes has used, as Linux tells it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def used(group: int) -> float | None:
    """Give the seconds that all living processes of a group have used; None if nobody tells."""
    if not (_PROC / "self/stat").exists():
        return None
    ticks = 0
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            # What ends between two looks had its say before.
            with suppress(OSError):
                ticks += _ticks(entry, group)
    return ticks / os.sysconf("SC_CLK_TCK")


def resident() -> int | None:
    """Give the bytes of memory that this process has now; None if nobody tells."""
    with suppress(OSError):
        pages = int((_PROC / "self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return None


def peak(process: int | str) -> int | None:
    """Give the most memory that a process ever had, in bytes; None if nobody tells."""
    with suppress(OSError):
        for line in (_PROC / f"{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return None


def _ticks(entry: Path, group: int) -> int:
    fields = (entry / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
