"""`serve` as it runs: signals, an edited watches file, an outage of Google, an orderly end."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.machine import Json, Machine, drive, read_log
from tests.e2e.patience import eventually
from tests.e2e.processes import Program, free_ports
from tests.e2e.simulated import Simulated

ANA, BEN = "ana@example.com", "ben@example.com"


def _arrives(machine: Machine, made: Json, kind: str = "file.created") -> None:
    def look() -> list[Json]:
        return [e for e in machine.events() if e["subject"] == made["id"]]

    found = eventually(f"{kind} of {made['name']}", look)
    assert [event["data"]["kind"] for event in found] == [kind]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_orderly_end_goes_on_where_it_was(
    google: Simulated, machine: Machine, number: signal.Signals
) -> None:
    """What changes while nobody serves is told at the next start, once, on the same channel."""
    google.options(retry_first=0.2, retry_longest=0.5)
    machine.declare(drive("ana-drive", ANA))
    serve = machine.serve()
    machine.confirmed("ana-drive")
    _arrives(machine, google.create(ANA, "before"))
    assert serve.end(number) == 0
    between = google.create(ANA, "between")
    time.sleep(0.5)
    assert len(machine.events()) == 1
    machine.serve()
    # Google's own retries bring it; the poll would take an hour.
    _arrives(machine, between)
    assert len(machine.events()) == 2
    assert len(google.channels()) == 1
    assert machine.watch("ana-drive")["uncovered_seconds"] == 0


def test_an_end_while_google_hangs_takes_less_than_ten_seconds(
    google: Simulated, machine: Machine
) -> None:
    """A pull and an opening that are under way are let go; afterwards nothing is lost."""
    machine.declare(drive("ana-drive", ANA))
    serve = machine.serve()
    machine.confirmed("ana-drive")
    lists = google.fault("latency", seconds=25, method="drive.changes.list")
    opens = google.fault("latency", seconds=25, method="drive.changes.watch")
    made = google.create(ANA, "during")
    machine.declare(drive("ana-drive", ANA), drive("ben-drive", BEN))
    machine.logs("pulled", watch="ben-drive")
    time.sleep(1)
    began = time.monotonic()
    assert serve.end(within=15) == 0
    assert time.monotonic() - began < 10
    google.mend(lists)
    google.mend(opens)
    machine.serve()
    _arrives(machine, made)


def test_a_file_that_goes_bad_changes_nothing(google: Simulated, machine: Machine) -> None:
    """The last good state counts, `status` tells what is wrong, and a mended file is taken."""
    machine.declare(drive("ana-drive", ANA))
    machine.serve()
    machine.confirmed("ana-drive")
    for bad, told in (
        ("watches:\n  - {id: ana-drive, sou", "watches.yaml, line 2: not readable as YAML"),
        ("watches:\n  - {id: b, source: drive.change}\n", "'drive.change' is not one of"),
    ):
        machine.watches.write_text(bad)
        machine.logs("watches file refused", reason=told)
        assert told in machine.status()["watches_file"]["fault"]
    machine.watches.unlink()
    machine.logs("watches file refused", reason="there is no such file")
    status = machine.status()
    assert "there is no such file" in status["watches_file"]["fault"]
    assert [(row["id"], row["state"]) for row in status["watches"]] == [("ana-drive", "covered")]
    _arrives(machine, google.create(ANA, "all the same"))
    assert len(google.channels()) == 1

    machine.declare(drive("ana-drive", ANA), drive("ben-drive", BEN))
    machine.confirmed("ana-drive", "ben-drive")
    status = machine.status()
    assert status["watches_file"]["fault"] is None
    assert {row["state"] for row in status["watches"]} == {"covered"}
    assert len(google.channels("live")) == 2


def test_a_hangup_reads_the_file_at_once(google: Simulated, machine: Machine) -> None:
    """SIGHUP does not wait until the file has rested, and a wrong file does not end us."""
    machine.declare(drive("ana-drive", ANA))
    serve = machine.serve()
    machine.confirmed("ana-drive")
    machine.watches.write_text("nonsense")
    serve.send(signal.SIGHUP)
    eventually("the refusal", lambda: machine.log("watches file refused"), within=1)
    machine.declare(drive("ben-drive", BEN))
    serve.send(signal.SIGHUP)
    eventually("the new file", lambda: len(machine.log("watches declared")) == 2, within=1)
    eventually("ben alone", lambda: [c["account"] for c in google.channels("live")] == [BEN])
    assert [row["id"] for row in machine.status()["watches"]] == ["ben-drive"]


def test_an_unreachable_google_is_told_and_tried_again(
    tmp_path: Path, machines: Callable[..., Machine]
) -> None:
    """`status` says so and fails; when Google is back, all goes on by itself."""
    port, _ = free_ports()
    machine = machines()
    machine.google = f"http://127.0.0.1:{port}"
    machine.declare(drive("ana-drive", ANA))
    serve = machine.serve()
    machine.logs("pull failed", watch="ana-drive")
    row = machine.watch("ana-drive")
    assert row["state"] == "failing"
    assert row["failures"] > 0
    assert "Google cannot be reached" in row["reason"]
    late = Program("simulate", "--port", str(port), folder=tmp_path)
    machine.programs.append(late)
    late.says("control endpoints")
    machine.confirmed("ana-drive")
    row = machine.watch("ana-drive")
    assert (row["state"], row["failures"], row["reason"]) == ("covered", 0, "")
    _arrives(machine, Simulated(machine.google).create(ANA, "now"))
    assert serve.end() == 0


def test_keys_that_others_may_read_meanwhile_lose_nothing(
    google: Simulated, machine: Machine
) -> None:
    """Without a ring `receive` asks Google to come again, and Google does."""
    google.options(retry_first=0.2, retry_longest=0.5)
    machine.declare(drive("ana-drive", ANA))
    machine.serve()
    machine.confirmed("ana-drive")
    keys = machine.folder / "secrets" / "signing-keys"
    keys.chmod(0o644)
    made = google.create(ANA, "untold")
    log = eventually("the refusal", lambda: machine.log("not queued"))
    assert "chmod 600" in log[0]["reason"]
    keys.chmod(0o600)
    _arrives(machine, made)
    assert len(google.channels()) == 1


def test_any_free_ports_will_do(google: Simulated, machine: Machine) -> None:
    """`--port 0`: the address given to Google has the port that was found."""
    machine.declare(drive("ana-drive", ANA))
    serve = machine.serve("--port", "0")
    machine.confirmed("ana-drive")
    (channel,) = google.channels("live")
    assert f"receiving at {channel['address']} (port " in serve.err


def test_it_ends_by_itself_after_the_length_asked_for(machine: Machine) -> None:
    """`--for 1s` is an orderly end."""
    machine.declare()
    ended = machine.refusal("--for", "1s")
    assert ended.status == 0, ended.err
    times = {entry["message"]: entry["time"] for entry in read_log(ended.err)}
    served = datetime.fromisoformat(times["stopping"]) - datetime.fromisoformat(
        times["watches declared"]
    )
    assert timedelta(seconds=1) <= served < timedelta(seconds=5)
    assert "stopped" in times
