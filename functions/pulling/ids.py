"""Compares a list that tells no more of its items than their ids: mail, the newest first.

What is unknown and new is read by a get each. Where the list gets older than the last pull, its ids
only say which of the remembered items are still there, so that the others alone need a get.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from functions.domain.change import Found, Outcome, Seen, State
from functions.domain.model import Listing
from functions.pulling.ledger import Ledger, Outcomes
from functions.pulling.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a page of an inventory led to."""

    outcomes: Outcomes
    ends: bool = False  # the pages after it are of no interest
    reached: bool = False  # what follows is older than the last pull


def compare_ids(
    ids: Sequence[str], listing: Listing, *, reader: Reader, ledger: Ledger
) -> Compared:
    """Compare a page of ids with what was told."""
    noun = reader.source.profile.kinds[0].partition(".")[0]
    keys = [f"{noun}:{item}" for item in ids]
    known = ledger.store.recall(reader.watch.id, keys)
    outcomes: list[tuple[str, Outcome]] = []
    reached, met = listing.reached, False
    for key in keys:
        seen = known.get(key)
        if seen is not None and seen.is_told:
            met = True
            outcomes.append((key, Outcome(entry=replace(seen, round=listing.round))))
        elif not reached:
            found = reader.get(key)
            reached = found.state is not State.GONE and not is_news(found, listing)
            outcomes += _new(found, seen, listing, ledger) if not reached else []
    # Older pages matter as long as they have what is remembered.
    return Compared(outcomes=outcomes, reached=reached, ends=reached and not met)


def is_news(found: Found, listing: Listing) -> bool:
    """Whether an item never told changed after the last complete pull, by its own times.

    Google's clock tells whole seconds, so what changed in that very one may have come after.
    """
    times = [time for time in (found.born, found.changed) if time is not None]
    return listing.since is not None and any(time >= listing.since for time in times)


def _new(found: Found, seen: Seen | None, listing: Listing, ledger: Ledger) -> Outcomes:
    if found.state is State.GONE or not found.wanted:
        return []
    return [(found.key, ledger.compare_one(found, seen, round_=listing.round))]
