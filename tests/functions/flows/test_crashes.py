"""A crash at every single port call of a scripted story: afterwards all is as if there was none.

Each story is played once for each of its calls, dying just before it, which is also just after the
one before. A function's instance that dies leaves its lease behind; a process that serves the whole
system breaks the leases when it starts again. Both are tried.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.world.promises import Promises
from tests.world.stories import LONG, STORIES, Story
from tests.world.system import System


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
