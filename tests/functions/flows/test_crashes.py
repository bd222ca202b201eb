"""A crash at every single port call of a scripted story: afterwards all is as if there was none.

Each story is played once for each of its calls, dying just before it, which is also just after the
one before. A function's instance that dies leaves its lease behind; a process that serves the whole
system breaks the leases when it starts again. Both are tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.world.promises import Promises
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


def played(folder: Path, story: Story, number: int, *, restarts: bool) -> bool:
    """Play a story with a crash before its n-th call; tell whether it has that many."""
    system = System(folder, seed=number)
    system.restarts = restarts
    promises = Promises(system)
    try:
        story.before(system)
        system.wire.at(number)
        story.play(system)
        struck = system.crashes > 0
        system.wire.clear()
        system.pass_time(LONG)
        promises.check_end(wanted=story.wanted)
        assert tuple(promises.troubles()) in story.troubles
    finally:
        system.close()
    return struck


# All of it takes minutes: a quick round dies at every tenth call, as the one and as the other.
SOAK = os.environ.get("WATCHKEEPER_SOAK") == "1"
STRIDE = 1 if SOAK else 10
pytestmark = [pytest.mark.soak] if SOAK else []


@pytest.mark.timeout(600 if SOAK else 60)
@pytest.mark.parametrize("restarts", [False, True], ids=["instance", "process"])
@pytest.mark.parametrize("name", STORIES)
def test_crash_at_every_call(tmp_path: Path, name: str, *, restarts: bool) -> None:
    """Nothing is lost, nothing told under two ids, nothing left alive, nothing left undone."""
    number = STRIDE // 2 if restarts else 0
    while played(tmp_path, STORIES[name], number, restarts=restarts):
        number += STRIDE
    assert number > 20
