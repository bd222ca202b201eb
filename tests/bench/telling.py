"""Tells how far the bench is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Tell = Callable[[str], None]


def teller(section: str) -> Tell:
    """Give what writes lines of progress to standard error."""
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"{section:9} {time.monotonic() - began:5.1f} s  {text}", file=sys.stderr, flush=True)  # noqa: T201

    return tell
