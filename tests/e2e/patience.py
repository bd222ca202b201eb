"""Waits for what other processes are about to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.05  # seconds between two looks


def eventually(what: str, look: Callable[[], T], *, within: float = 15.0) -> T:
    """Give what `look` gives as soon as that is true; fail if it is not in time."""
    until = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {within:g} s, last seen: {found!r}")
        time.sleep(PAUSE)
