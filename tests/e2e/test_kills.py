"""A kill -9 at any moment costs time, never a change."""

from __future__ import annotations

import signal
import time
from random import Random

import pytest

from tests.e2e.bustle import Bustle
from tests.e2e.conftest import Figures
from tests.e2e.judgement import faults, tally, untold
from tests.e2e.machine import Json, Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.simulated import Simulated
from tests.e2e.tail import Tail

ANA, BEN = "ana@example.com", "ben@example.com"
LONG = pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(240)], id="twenty")


@pytest.mark.parametrize("kills", [pytest.param(5, id="five"), LONG])
def test_kills_at_random_moments_lose_nothing(
    google: Simulated, machine: Machine, kills: int, figures: Figures
) -> None:
    """Under a steady stream every change is told, and what is told again has its old id."""
    google.options(max_life=10)
    bustle = Bustle(google, [ANA, BEN], every=0.03)
    bustle.make_old(10)
    machine.declare(drive("ana-drive", ANA, poll="5s"), drive("ben-drive", BEN, poll="5s"))
    serve = machine.serve()
    eventually("channels", lambda: len(google.channels("live")) == 2)
    chance = Random(kills)
    with Tail(machine.changes) as tail:
        with bustle:
            for number in range(kills):
                time.sleep(chance.uniform(0.3, 2.0))  # from before it serves to well into its work
                if number % 3 == 1:  # just when changes are told, but not yet known to be
                    serve.says_more("changes told", within=3)
                    time.sleep(chance.uniform(0, 0.002))
                elif number % 3 == 2:  # just when Google has listed them
                    _await_list(google)
                    time.sleep(chance.uniform(0, 0.02))
                assert serve.end(signal.SIGKILL) == -signal.SIGKILL
                serve = machine.start()
            time.sleep(1)
        eventually("all changes", lambda: not list(untold(machine.events(), bustle.files)))
    events = machine.events()
    assert list(faults(events, bustle.files)) == []
    rows = eventually("coverage", lambda: _covered(machine))
    assert serve.end() == 0
    figures(
        f"{kills} kills; {bustle.changes} changes, {tally(events, bustle.files)}; {tail}; "
        f"uncovered {sum(row['uncovered_seconds'] for row in rows):.2f} s"
    )


def _covered(machine: Machine) -> list[Json]:
    rows: list[Json] = machine.status()["watches"]
    return rows if {row["state"] for row in rows} == {"covered"} else []


def _await_list(google: Simulated) -> None:
    """Wait, looking closely, until Google has answered one more list."""
    counted = _lists(google)
    until = time.monotonic() + 3
    while _lists(google) == counted and time.monotonic() < until:
        pass


def _lists(google: Simulated) -> int:
    lists: int = google.get("stats")["calls"].get("drive.changes.list 200", 0)
    return lists
