"""Bounds how many watches are listed anew at once: N refused cursors must not start N full lists.

The slots are one document that all instances share; a slot ends by itself, so nobody gives it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.domain.errors import Conflict
from functions.ports import Store

SLOTS = 10
LENGTH = timedelta(seconds=30)
CONTROL = "resyncs"
TRIES = 3


def take_slot(store: Store, watch: str, *, now: datetime) -> bool:
    """Take a slot for `watch`; False if there is none now."""
    for _ in range(TRIES):
        document = store.read_control(CONTROL)
        held = _held(document, now)
        if watch in held:
            return True
        if len(held) >= SLOTS:
            return False
        ends = {**held, watch: (now + LENGTH).isoformat()}
        try:
            version = document.get("_version") if document else None
            slots = [{"watch": name, "until": until} for name, until in ends.items()]
            store.write_control(CONTROL, {"slots": slots}, version=version)
        except Conflict:
            continue
        return True
    return False


def _held(document: Mapping[str, Any] | None, now: datetime) -> dict[str, str]:
    """Give the slots that have not ended; what is unreadable has."""
    held: dict[str, str] = {}
    for slot in (document or {}).get("slots") or ():
        try:
            until = datetime.fromisoformat(slot["until"])
            if now < until <= now + LENGTH:
                held[str(slot["watch"])] = slot["until"]
        except (KeyError, TypeError, ValueError):
            continue
    return held
