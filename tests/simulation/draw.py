"""Draws a world by its seed: how large it is, how long it lasts, and what goes wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

HOUR, DAY = 3600.0, 86_400.0
POLLS = (("1h", HOUR), ("3h", 3 * HOUR), ("6h", 6 * HOUR), ("12h", 12 * HOUR), ("24h", DAY))
SOURCES = (
    "drive.changes",
    "calendar.events",
    "drive.files",
    "directory.users",
    "reports.activities",
)


class Size(StrEnum):
    """How large a world is."""

    SMALL = "small"  # a fraction of a second of work
    YEAR = "year"  # 50 watches for a year
    MONTH = "month"  # 1,000 watches for 30 days


SLOWEST = {Size.SMALL: 30.0, Size.YEAR: 2.0, Size.MONTH: 0.05}  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """What a seed draws besides, by lots of its own: the rest of its world stays as it was."""

    mails: int = 0  # watches of mailboxes, beside the others
    topic: bool = True  # whether Gmail can be told where to publish
    others: bool = False  # another client of the project watches a mailbox already
    silences: float = 0.0  # how likely a watch call gets no answer, though it was obeyed
    amnesia: bool = False  # records of channels are lost now and then
    handles: bool = False  # whether watches have handlers
    refusals: float = 0.0  # how likely a handler fails
    flips: float = 0.0  # how much likelier a value of a user is one that it had before


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a seed draws; rates are chances in [0, 1], times are seconds."""

    seed: int
    watches: int
    days: float
    polls: tuple[tuple[str, float], ...]
    sources: tuple[str, ...]
    calm: bool  # Google never refuses: no gap is explained
    kills: float
    waits: float
    longest_wait: float
    skew: float
    google_ahead: float
    races: float
    stale: float
    lag: float
    longest_lag: float
    drops: float
    doubles: float
    disorder: float
    delays: float
    longest_delay: float
    deaths: float
    afterlives: float
    longest_life: float
    lost: float
    busy: float  # seconds between changes of a collection, about
    storms: float  # days between spells of bad weather
    edits: float  # days between edits of declarations
    settling: float
    more: More


def draw(seed: int, size: Size = Size.SMALL) -> World:
    """Draw the world of a seed."""
    random = Random(f"{size} {seed}")
    lot, pick = random.random, random.choice
    calm = lot() < 0.3
    polls = POLLS if size is Size.SMALL else POLLS[:3]
    chosen = tuple(random.sample(polls, 2))
    watches = {Size.SMALL: random.randint(1, 5), Size.YEAR: 50, Size.MONTH: 1000}[size]
    days = {Size.SMALL: _days(random, watches), Size.YEAR: 365.0, Size.MONTH: 30.0}[size]
    large = size is not Size.SMALL
    return World(
        seed=seed,
        watches=watches,
        days=days,
        polls=chosen,
        sources=tuple(random.sample(SOURCES, random.randint(2, len(SOURCES)))),
        calm=calm,
        kills=pick((0.0, 0.0005, 0.002, 0.01)) / (4 if large else 1),
        waits=pick((0.02, 0.1, 0.3)),
        # One hand attends to all in a tick: with a thousand it must not be slow as well.
        longest_wait=min(pick((0.5, 5.0, 30.0)), SLOWEST[size]),
        skew=pick((0.0, 0.4, 3.0)),
        google_ahead=pick((0.0, 0.0, -2.0, 2.5)),
        races=pick((0.0, 0.05)),
        stale=pick((0.0, 0.1)),
        lag=pick((0.0, 0.2)),
        longest_lag=pick((5.0, 60.0)),
        drops=0.0 if calm else pick((0.0, 0.05, 0.5)),
        doubles=pick((0.0, 0.1)),
        disorder=pick((0.0, 0.3)),
        delays=pick((0.0, 0.2)),
        longest_delay=5.0 if calm else pick((5.0, 600.0)),
        deaths=pick((0.0, 0.1)),
        afterlives=pick((0.0, 0.3)),
        longest_life=pick((7 * DAY, 7 * DAY, DAY, 6 * HOUR)) if not large else pick((7 * DAY, DAY)),
        lost=0.0 if calm else pick((0.0, 0.02)),
        busy=pick((HOUR, 6 * HOUR, DAY)) if not large else pick((6 * HOUR, DAY)),
        storms=pick((0.5, 3.0, 10.0)) if not large else pick((3.0, 10.0)),
        edits=pick((0.5, 3.0, 20.0)) if not large else pick((1.0, 5.0)),
        settling=pick((10.0, 30.0)) * HOUR,
        more=_more(seed, size),
    )


def _more(seed: int, size: Size) -> More:
    """Draw the rest; what is new is drawn last, so that what is drawn before stays as it is."""
    random = Random(f"{size} {seed} more")
    lot, pick = random.random, random.choice
    mails, mailed = pick((1, 2, 2, 3)), lot() < 0.15
    return More(
        mails={Size.SMALL: mails * mailed, Size.YEAR: 3, Size.MONTH: 50}[size],
        topic=lot() < 0.9,
        others=lot() < 0.3,
        silences=0.4 * (lot() < 0.15),
        amnesia=lot() < 0.2,
        flips=0.6 * (lot() < 0.15),
        handles=lot() < 0.1,
        refusals=pick((0.0, 0.05, 0.3)),
    )


def _days(random: Random, watches: int) -> float:
    return 1.0 + random.choice((1.0, 2.5, 5.0)) * 2 / watches
