"""Scripted stories: what is there before, what then happens, whatever dies meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tests.world.system import ANA, SECOND, TICK, System

BEN = "ben@example.com"
WATCH = {"source": "drive.changes", "subject": ANA, "poll": "10m"}
LONG = timedelta(minutes=26)  # leases, back-offs, given-up channels, a comparison
MOMENT = 2 * SECOND

Act = Callable[[System], None]


def nothing(system: System) -> None:
    """Begin with the story itself."""


def covered(system: System) -> None:
    """Begin with a watch that is covered."""
    system.declare(ana=WATCH)
    system.pass_time(2 * TICK + SECOND)


def aging(system: System) -> None:
    """Begin with a channel that lives for 20 minutes."""
    system.near.world.options.max_life = 1200
    covered(system)


def knowing(system: System) -> None:
    """Begin with two files that were told."""
    covered(system)
    system.drive.create(ANA, name="gone", file_id="GONE")
    system.drive.create(ANA, name="kept", file_id="KEPT")
    system.pass_time(MOMENT)


def beginning(system: System) -> None:
    """Declared, baseline, opened, confirmed, and each kind of change."""
    system.declare(ana=WATCH)
    system.pass_time(2 * TICK + SECOND)
    while system.progress().cursor is None:
        system.pass_time(TICK)  # what is changed before the baseline is nobody's news
    first = system.drive.create(ANA, name="first")
    system.drive.create(ANA, name="second")
    system.pass_time(MOMENT)
    system.drive.update(first.id, name="new name")
    system.pass_time(MOMENT)
    system.drive.trash(first.id)
    third = system.drive.create(ANA, name="third")
    system.pass_time(MOMENT)
    system.drive.remove(third.id)
    system.pass_time(MOMENT)


def renewal(system: System) -> None:
    """The channel grows old and is replaced while changes come."""
    for number in range(4):
        system.pass_time(4 * TICK)
        system.drive.create(ANA, name=str(number))
    system.pass_time(MOMENT)


def removal(system: System) -> None:
    """Removed, and returned."""
    system.drive.create(ANA, name="before")
    system.pass_time(MOMENT)
    system.declare()
    system.pass_time(2 * TICK)
    system.drive.create(ANA, name="amid")
    system.declare(ana=WATCH)
    system.pass_time(2 * TICK + SECOND)
    system.drive.create(ANA, name="after")
    system.pass_time(MOMENT)


def removed(system: System) -> None:
    """Removed for good, soon after it was declared."""
    system.declare(ana=WATCH)
    system.pass_time(TICK + SECOND)
    system.declare()
    system.pass_time(2 * TICK)


def refused_cursor(system: System) -> None:
    """Google refuses the cursor; meanwhile files came, changed and went."""
    system.near.world.faults.set("drop", state="change")
    system.drive.remove("GONE")
    system.drive.update("KEPT", name="changed")
    system.drive.create(ANA, name="new")
    system.drive.invalidate(ANA)
    system.pass_time(12 * TICK)
    system.near.world.faults.remove()


def parking(system: System) -> None:
    """Access is taken away and given back."""
    system.near.world.access.revoke(ANA)
    system.drive.create(ANA, name="unseen")
    system.pass_time(2 * TICK)
    system.near.world.access.restore(ANA)
    system.declare(ana=WATCH)
    system.pass_time(2 * TICK + SECOND)
    system.drive.create(ANA, name="seen")
    system.pass_time(MOMENT)


def editing(system: System) -> None:
    """Another subject under the same id."""
    system.drive.create(BEN, name="old")
    system.drive.create(ANA, name="last of hers")
    system.pass_time(MOMENT)
    system.declare(ana={**WATCH, "subject": BEN})
    system.drive.create(ANA, name="perhaps")
    system.pass_time(3 * TICK + SECOND)


@dataclass(frozen=True)
class Story:
    """What is there before, what then happens, and whether there is a watch in the end."""

    before: Act
    play: Act
    troubles: tuple[tuple[str, ...], ...] = ((),)
    wanted: bool = True


# Which troubles are told may depend on when it dies: nobody may have looked while access was gone.
STORIES = {
    "beginning": Story(nothing, beginning),
    "renewal": Story(aging, renewal),
    "removal": Story(covered, removal),
    "removed": Story(nothing, removed, wanted=False),
    "refused cursor": Story(knowing, refused_cursor, (("resynced",),)),
    "parking": Story(covered, parking, ((), ("parked", "resumed"))),
    "editing": Story(covered, editing),
}
