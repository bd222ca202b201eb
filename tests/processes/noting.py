"""A user's handler: notes the id of each event in a file, before it says that it is done."""

from __future__ import annotations

import os
from typing import Any


def note(event: dict[str, Any]) -> None:
    """Note one event."""
    place = os.open(os.environ["WATCHKEEPER_TEST_HANDLED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(place, f"{event['id']}\n".encode())
    finally:
        os.close(place)
