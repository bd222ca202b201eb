"""`receive` as a target: the port, the keys, the memory it holds, and what it has queued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from functions.domain.keyring import Ring

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One process that receives."""

    port: int
    ring: Ring
    memory: Callable[[], int]  # the most bytes that it has held
    queued: Callable[[], set[int]]  # the numbers of the notifications of our channel
