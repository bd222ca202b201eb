"""A kill -9 of any function at any moment costs time, never a change."""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.e2e.bustle import Bustle
from tests.e2e.conftest import Figures
from tests.e2e.judgement import faults, tally, untold
from tests.e2e.machine import drive
from tests.e2e.patience import eventually
from tests.e2e.simulated import Simulated
from tests.processes.emulated import Emulated
from tests.processes.installation import FUNCTIONS, NOTE, Installation
from tests.processes.tap import Tap

ANA, BEN = "ana@example.com", "ben@example.com"
FAULTY = (
    {"kind": "drop", "probability": 0.1},
    {"kind": "duplicate", "probability": 0.1},
    {"kind": "delay", "probability": 0.1, "seconds": 1},
    {"kind": "error", "reason": "backendError", "probability": 0.02},
    {"kind": "lost_answer", "probability": 0.02},
)
OUTAGE = 20  # seconds
MANY = 200
MINUTES = 3


@pytest.mark.timeout(120)
def test_each_function_is_killed_and_nothing_is_lost(
    installation: Installation, google: Simulated, figures: Figures
) -> None:
    """Under a steady stream each is killed in turn: all is told, and handled, under stable ids."""
    bustle = _bustle(google, every=0.03)
    google.fault("drop", probability=0.1)
    with installation, Tap(installation.project) as tap:
        _declare(installation, google)
        with bustle:
            many = google.post("drive/files", account=ANA, name="many", count=MANY)["ids"]
            _kill_in_turn(installation, until=time.monotonic(), chance=Random(1))
        eventually("many", lambda: tap.ids.keys() >= set(many), within=40)
        _all_told(tap, bustle, installation, within=40)
    assert {len(tap.ids[file]) for file in many} == {1}
    tap.events = [event for event in tap.events if event["subject"] not in set(many)]
    _judge(tap, bustle, figures, installation)


@pytest.mark.soak
@pytest.mark.timeout(420)
def test_three_minutes_of_kills_and_outages(
    own_installation: Installation,
    own_firestore: Emulated,
    own_pubsub: Emulated,
    google: Simulated,
    figures: Figures,
) -> None:
    """Kills in turn, a queue that restarts empty, a store that hangs: nothing is lost."""
    chance = Random(3)
    installation, began = own_installation, time.monotonic()
    bustles = [_bustle(google, every=0.05, seed=seed) for seed in range(3)]
    for fault in FAULTY:
        google.fault(**fault)  # type: ignore[arg-type]
    with installation, Tap(installation.project) as tap:
        _declare(installation, google)
        with bustles[0]:
            _kill_in_turn(installation, until=began + 60, chance=chance)
        # The emulator keeps messages in memory alone, Google's on disk: it is restarted when it has
        # delivered what was published, so that only what comes later meets the outage.
        _all_told(tap, bustles[0], installation, within=90)
        with bustles[1]:
            own_pubsub.end()
            time.sleep(OUTAGE / 4)
            own_pubsub.start()
            installation.connect()
            _kill_in_turn(installation, until=began + 110, chance=chance)
        with bustles[2]:
            own_firestore.pause()
            time.sleep(OUTAGE)
            own_firestore.resume()
            _kill_in_turn(installation, until=began + MINUTES * 60, chance=chance)
        google.mend()
        for bustle in bustles:
            _all_told(tap, bustle, installation, within=120)
    took = time.monotonic() - began
    figures(f"{took:.0f} s, {[f.kills for f in installation.functions.values()]} kills")
    files = {id_: file for bustle in bustles for id_, file in bustle.files.items()}
    bustles[0].files = files
    _judge(tap, bustles[0], figures, installation)


def _bustle(google: Simulated, *, every: float, seed: int = 1) -> Bustle:
    google.options(max_life=10, retry_longest=1)
    bustle = Bustle(google, [ANA, BEN], every=every, seed=seed)
    if seed <= 1:
        bustle.make_old(5)
    return bustle


def _declare(installation: Installation, google: Simulated) -> None:
    watches = (drive(f"{a[:3]}-drive", a, poll="1m", handle=[NOTE]) for a in (ANA, BEN))
    installation.declare(*watches)
    eventually("channels", lambda: len(google.channels("live")) >= 2, within=60)


def _kill_in_turn(installation: Installation, *, until: float, chance: Random) -> None:
    """Kill each function at least once, from before it serves to well into its work."""
    turns = 0
    while turns < len(FUNCTIONS) or time.monotonic() < until:
        name = FUNCTIONS[turns % len(FUNCTIONS)]
        time.sleep(chance.uniform(0.2, 2.5))
        installation.kill(name)
        if chance.random() < 0.7:
            installation.functions[name].wait()
        turns += 1


def _all_told(tap: Tap, bustle: Bustle, installation: Installation, *, within: float) -> None:
    eventually("all changes", lambda: not list(untold(tap.told(), bustle.files)), within=within)
    ids = {event["id"] for event in tap.told()}
    eventually("all handled", lambda: installation.handled_ids() >= ids, within=within)


def _judge(tap: Tap, bustle: Bustle, figures: Figures, installation: Installation) -> None:
    events = tap.told()
    assert list(faults(events, bustle.files)) == []
    figures(f"{bustle.changes} changes, {tally(events, bustle.files)}; {installation.memory()}")
