"""Long runs of delivery: a receiver that is down for minutes, and a hundred thousand changes."""

from __future__ import annotations

import json
import signal
import socket
import time
from pathlib import Path
from random import Random

import pytest

from tests.e2e.conftest import Figures
from tests.e2e.machine import Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.simulated import Simulated
from tests.e2e.test_handlers import NEW, begin, forwarding, secret
from tests.receiver import receiving

ANA, BEN = "ana@example.com", "ben@example.com"
MEGABYTE = 1024 * 1024


@pytest.mark.soak
@pytest.mark.timeout(500)
def test_a_receiver_that_is_down_for_five_minutes(
    machine: Machine, google: Simulated, figures: Figures
) -> None:
    """Afterwards it gets everything in the order of its watch; another watch never waited."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    secret(machine, NEW)
    with receiving() as other:
        machine.declare(
            drive("ana-drive", ANA, handle=[forwarding(f"http://127.0.0.1:{port}")]),
            drive("ben-drive", BEN, handle=[forwarding(other.url)]),
        )
        machine.serve("--allow-private-forward", "--for", "480s")
        machine.confirmed("ana-drive", "ben-drive")
        began = time.monotonic()
        number, slowest = 0, 0.0
        while time.monotonic() < began + 300:
            number += 1
            for account in (ANA, BEN):
                google.create(account, f"{number}.txt")
            asked = time.monotonic()
            eventually("it", lambda n=number: len(other.accepted) >= n, within=30)  # type: ignore[misc]
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(5)
        with receiving(port) as receiver:
            up = time.monotonic()
            eventually("all", lambda: len(receiver.accepted) >= number, within=120)
            took = time.monotonic() - up
            got = [json.loads(posted.body) for posted in receiver.accepted]
    names = [event["data"]["item"]["name"] for event in got]
    assert names == [f"{n}.txt" for n in range(1, number + 1)]
    figures(
        f"{number} events in order, all {took:.0f} s after the receiver was back; "
        f"the other watch waited {slowest:.1f} s at most"
    )


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [0, 12])
def test_a_hundred_thousand_changes(
    machine: Machine, google: Simulated, figures: Figures, kills: int
) -> None:
    """All of them reach a subscriber with stable ids, also over kills; rate and memory are told."""
    wanted = 100_000
    program = begin(machine, options=("--for", "900s"))
    began = time.monotonic()
    ids: set[str] = set()
    for _ in range(10):
        ids |= set(google.post("drive/files", account=ANA, name="f", count=wanted // 10)["ids"])
    made = time.monotonic() - began
    chance = Random(kills)
    for _ in range(kills):
        time.sleep(chance.uniform(1, 4))
        program.end(signal.SIGKILL)
        program = machine.serve("--for", "900s")

    def told() -> int:
        return machine.changes.read_bytes().count(b"\n") if machine.changes.exists() else 0

    eventually("so many lines", lambda: told() >= wanted, within=600)
    eventually("all", lambda: {e["subject"] for e in machine.events()} >= ids, within=120)
    took = time.monotonic() - began
    events = machine.events()
    by_subject: dict[str, set[str]] = {}
    for event in events:
        by_subject.setdefault(event["subject"], set()).add(event["id"])
    assert set(by_subject) == ids
    assert {len(each) for each in by_subject.values()} == {1}
    figures(
        f"{kills} kills: {wanted} changes in {took:.0f} s ({wanted / took:.0f}/s; made in "
        f"{made:.0f} s), {len(events) - wanted} told again, {_peak(program.process.pid)} MB"
    )


def _peak(process: int) -> int:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 // MEGABYTE
