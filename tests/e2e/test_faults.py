"""What Google's sender and servers do wrong changes when a change is told, never whether."""

from __future__ import annotations

import time

from tests.e2e.bustle import Bustle
from tests.e2e.conftest import Figures
from tests.e2e.judgement import faults, tally, untold
from tests.e2e.machine import Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.simulated import Simulated
from tests.e2e.tail import Tail

PEOPLE = ("ana", "ben", "carol", "dan")
WATCH, LIST = "drive.changes.watch", "drive.changes.list"
SECONDS = 6


def test_every_change_arrives_through_faults_of_every_kind(
    google: Simulated, machine: Machine, figures: Figures
) -> None:
    """30 % of the messages are lost, 20 % doubled, all out of order; calls fail, answers too."""
    google.options(max_life=8)
    google.fault("drop", probability=0.3)
    google.fault("duplicate", probability=0.2)
    google.fault("reorder", seconds=1.5)
    google.fault("lost_answer", method=WATCH, probability=0.2)
    google.fault("lost_answer", method=WATCH, probability=0.2, reset=True)
    google.fault("sync_first", method=WATCH, probability=0.3)
    google.fault("error", method=LIST, probability=0.15, status=503)
    google.fault("error", method=LIST, probability=0.05, status=500)
    google.fault("garbage", method=LIST, probability=0.03)
    google.fault("lost_answer", method=LIST, probability=0.03)
    google.fault("error", method="drive.channels.stop", probability=0.3, status=503)
    bustle = Bustle(google, [f"{name}@example.com" for name in PEOPLE], every=0.03)
    bustle.make_old(5)
    machine.declare(*(drive(name, f"{name}@example.com", poll="1s") for name in PEOPLE))
    serve = machine.serve()
    eventually("cursors", lambda: all(row["cursor"] for row in machine.status()["watches"]))
    with Tail(machine.changes) as tail:
        with bustle:
            time.sleep(SECONDS)
        # Three failures in a row wait for a quarter of a minute.
        eventually(
            "all changes", lambda: not list(untold(machine.events(), bustle.files)), within=30
        )
    events = [event for event in machine.events() if "kind" in event["data"]]
    assert list(faults(events, bustle.files)) == []
    stats = google.get("stats")
    google.mend()

    machine.declare()
    eventually("the end of all channels", lambda: not google.channels("live"), within=12)
    assert serve.end() == 0
    lost = sum(count for call, count in stats["calls"].items() if not call.endswith(("200", "204")))
    figures(
        f"{bustle.changes} changes, {tally(events, bustle.files)}; {tail}; "
        f"{lost} calls failed or unanswered; messages {stats['messages']}"
    )
