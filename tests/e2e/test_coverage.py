"""The main promise, seen from outside: coverage without a gap, and no change lost."""

from __future__ import annotations

import time

import pytest

from tests.e2e.bustle import Bustle
from tests.e2e.channel_log import ChannelLog
from tests.e2e.conftest import Figures
from tests.e2e.judgement import faults, tally, untold
from tests.e2e.machine import Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.simulated import Simulated
from tests.e2e.tail import Tail

LIFE = 10  # seconds that Google grants a channel
ANA, BEN, CAROL = "ana@example.com", "ben@example.com", "carol@example.com"
LONG = pytest.param(120, marks=[pytest.mark.soak, pytest.mark.timeout(240)], id="two-minutes")


@pytest.mark.parametrize("seconds", [pytest.param(13, id="short"), LONG])
def test_channels_of_ten_seconds_cover_without_a_gap(
    google: Simulated, machine: Machine, seconds: int, figures: Figures
) -> None:
    """No second is uncovered, no watch has more than two live channels, no change is lost."""
    google.options(max_life=LIFE)
    bustle = Bustle(google, [ANA, BEN], every=0.1)
    plan = google.create(CAROL, "plan")["id"]
    bustle.make_old(5)
    watches = [
        drive("ana-drive", ANA),
        drive("ben-drive", BEN, ttl="10s", poll="10m"),
        {"id": "plan", "source": "drive.files", "subject": CAROL, "params": {"fileId": plan}},
    ]
    machine.declare(*watches)
    serve = machine.serve()
    eventually("channels", lambda: len(google.channels("live")) == len(watches))
    with ChannelLog(google) as log, Tail(machine.changes) as tail:
        with bustle:
            time.sleep(seconds)
            google.change(plan, "update", name="plan B")
        eventually("all changes", lambda: not list(untold(machine.events(), bustle.files)))
        eventually("the single file", lambda: [e for e in machine.events() if e["subject"] == plan])
        rows = machine.status()["watches"]
    events = [event for event in machine.events() if event["watch"] != "plan"]
    assert list(faults(events, bustle.files)) == []
    assert {row["id"]: row["uncovered_seconds"] for row in rows} == dict.fromkeys(
        ("ana-drive", "ben-drive", "plan"), 0
    )
    assert {row["state"] for row in rows} == {"covered"}
    assert max(log.most.values()) == 2
    assert log.bare.total() == 0
    opened = len(google.channels())

    machine.declare()
    eventually("the end of all channels", lambda: not google.channels("live"), within=5)
    assert {channel["state"] for channel in google.channels()} == {"stopped"}
    assert serve.end() == 0
    assert google.channels("live") == []
    # Replaced after about half its life, and nothing is opened for nothing.
    assert opened <= len(watches) * (seconds + 5) / (LIFE * 0.4)
    count = tally(events, bustle.files)
    assert count.repeated == 0
    given_up = [entry for entry in machine.log("channel stopped") if "in time" in entry["why"]]
    figures(
        f"{seconds} s, {opened} channels, {len(given_up)} given up, "
        f"uncovered {sum(r['uncovered_seconds'] for r in rows)} s, "
        f"at most {max(log.most.values())} live, {log.looks} looks; {bustle.changes} changes, "
        f"{count}; {tail}"
    )
