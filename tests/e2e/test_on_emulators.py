"""The same promises with the state in Firestore and the queues in Pub/Sub: on the emulators."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from tests.e2e.bustle import Bustle
from tests.e2e.channel_log import ChannelLog
from tests.e2e.conftest import Figures
from tests.e2e.judgement import faults, tally, untold
from tests.e2e.machine import Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.processes import free_ports
from tests.e2e.simulated import Simulated
from tests.e2e.tail import Tail

ANA, BEN = "ana@example.com", "ben@example.com"
FIRESTORE = ("--store", "firestore")
SECONDS = 4


def _covers_and_tells(google: Simulated, machine: Machine, figures: Figures) -> None:
    """Watch two accounts through a kill -9 and an orderly end."""
    google.options(max_life=10)
    bustle = Bustle(google, [ANA, BEN], every=0.05)
    bustle.make_old(3)
    machine.declare(drive("ana-drive", ANA), drive("ben-drive", BEN))
    serve = machine.serve()
    eventually("coverage", lambda: {r["state"] for r in machine.status()["watches"]} == {"covered"})
    with Tail(machine.changes) as tail, ChannelLog(google) as log:
        with bustle:
            time.sleep(SECONDS / 2)
            serve.says_more("changes told", within=3)
            assert serve.end(signal.SIGKILL) == -signal.SIGKILL
            serve = machine.serve()
            time.sleep(SECONDS / 2)
        eventually("all changes", lambda: not list(untold(machine.events(), bustle.files)))
    events = machine.events()
    assert list(faults(events, bustle.files)) == []
    rows = machine.status()["watches"]
    assert {row["state"] for row in rows} == {"covered"}
    assert max(log.most.values()) == 2

    machine.declare()
    eventually("the end of all channels", lambda: not google.channels("live"), within=12)
    assert serve.end() == 0
    figures(
        f"{bustle.changes} changes, {tally(events, bustle.files)}; {tail}; "
        f"uncovered {sum(row['uncovered_seconds'] for row in rows):.2f} s"
    )


def test_firestore_and_pubsub(
    google: Simulated,
    machines: Callable[..., Machine],
    firestore_address: str,
    pubsub_address: str,
    project: str,
    figures: Figures,
) -> None:
    """State in Firestore, both queues in Pub/Sub, which pushes into `sync` as in the cloud."""
    environment = {
        "FIRESTORE_EMULATOR_HOST": firestore_address,
        "PUBSUB_EMULATOR_HOST": pubsub_address,
        "GOOGLE_CLOUD_PROJECT": project,
    }
    machine = machines(options=FIRESTORE, environment=environment)
    _covers_and_tells(google, machine, figures)
    assert not list(machine.folder.glob("*.db"))


@pytest.mark.soak
def test_firestore_with_the_local_queue(
    google: Simulated,
    machines: Callable[..., Machine],
    firestore_address: str,
    project: str,
    figures: Figures,
) -> None:
    """State in Firestore, the queues in a file."""
    environment = {
        "FIRESTORE_EMULATOR_HOST": firestore_address,
        "GOOGLE_CLOUD_PROJECT": project,
    }
    machine = machines(options=FIRESTORE, environment=environment)
    _covers_and_tells(google, machine, figures)
    assert [path.name for path in machine.folder.glob("*.db")] == ["watchkeeper.queue.db"]


@pytest.mark.soak
def test_sqlite_with_pubsub(
    google: Simulated,
    machines: Callable[..., Machine],
    pubsub_address: str,
    project: str,
    figures: Figures,
) -> None:
    """State in a file, both queues in Pub/Sub."""
    environment = {"PUBSUB_EMULATOR_HOST": pubsub_address, "GOOGLE_CLOUD_PROJECT": project}
    machine = machines(environment=environment)
    _covers_and_tells(google, machine, figures)


@pytest.mark.parametrize(
    ("variable", "options"),
    [
        ("FIRESTORE_EMULATOR_HOST", FIRESTORE),
        pytest.param("PUBSUB_EMULATOR_HOST", (), marks=pytest.mark.soak),
    ],
)
def test_an_emulator_that_is_not_there_is_told(
    machines: Callable[..., Machine], variable: str, options: tuple[str, ...]
) -> None:
    """Nothing listens where the variable points: said before long, with a status of 1."""
    address = f"127.0.0.1:{free_ports()[0]}"
    environment = {variable: address, "GOOGLE_CLOUD_PROJECT": "nowhere"}
    machine = machines(options=options, environment=environment)
    machine.declare(drive("ana-drive", ANA))
    ended = machine.refusal()
    assert ended.status == 1, ended.err
    assert "error: " in ended.err
