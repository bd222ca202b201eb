"""Remembers which domains could not be listed, since when and why: their operators must see it.

Kept in `control/renew`, with what else one comparison leaves for the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.domain.fields import salvage

FIELD = "unlisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """A declaration of a whole domain whose users could not be listed."""

    watch: str
    since: datetime
    reason: str


def carried(
    before: Iterable[Unlisted], failed: Mapping[str, str], now: datetime
) -> tuple[Unlisted, ...]:
    """Give those that failed now; what failed before, too, has failed since then."""
    since = {one.watch: one.since for one in before}
    return tuple(
        Unlisted(watch=watch, since=since.get(watch, now), reason=reason)
        for watch, reason in sorted(failed.items())
    )


def read_unlisted(document: Mapping[str, Any] | None) -> tuple[Unlisted, ...]:
    """Read them from `control/renew`; what somebody has edited into nonsense is passed over."""
    stored = (document or {}).get(FIELD)
    entries = stored if isinstance(stored, list | tuple) else ()
    found = (salvage(Unlisted, entry)[0] for entry in entries if isinstance(entry, Mapping))
    return tuple(one for one in found if one is not None)
