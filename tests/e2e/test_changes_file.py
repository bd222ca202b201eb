"""Where changes go: a file, standard output, and what becomes of them if that fails."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.e2e.machine import Json, Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.processes import MAIN
from tests.e2e.simulated import Simulated

ANA = "ana@example.com"


def _covered(google: Simulated) -> None:
    def heard() -> bool:
        return any(c["messages"].get("delivered") for c in google.channels("live"))

    eventually("a channel", heard)


def test_changes_go_to_standard_output(google: Simulated, machine: Machine) -> None:
    """`--changes -`: one event a line and nothing else; the log is on standard error."""
    machine.declare(drive("ana-drive", ANA))
    serve = machine.serve("--changes", "-")
    _covered(google)
    made = [google.create(ANA, f"file-{number}")["id"] for number in range(3)]
    eventually("three lines", lambda: serve.out.count("\n") == 3)
    assert serve.end() == 0
    assert [json.loads(line)["subject"] for line in serve.out.splitlines()] == made
    assert '"specversion"' not in serve.err


def test_a_torn_line_is_ended_first(google: Simulated, machine: Machine) -> None:
    """Half a line of a crash stays what it is; the next event has a line of its own."""
    machine.changes.write_text('{"specversion": "1.0", "id": "ab')
    machine.declare(drive("ana-drive", ANA))
    machine.serve()
    _covered(google)
    made = google.create(ANA, "whole")["id"]
    eventually("the event", machine.events)
    torn, whole = machine.changes.read_text().splitlines()
    assert torn == '{"specversion": "1.0", "id": "ab'
    assert json.loads(whole)["subject"] == made


def test_a_file_that_is_moved_away_is_begun_anew(google: Simulated, machine: Machine) -> None:
    """As a log rotation does it, while we serve."""
    machine.declare(drive("ana-drive", ANA))
    machine.serve()
    _covered(google)
    first = google.create(ANA, "first")["id"]
    eventually("the first", machine.events)
    rotated = machine.changes.rename(machine.folder / "changes.1")
    second = google.create(ANA, "second")["id"]
    eventually("the second", machine.events)
    assert [event["subject"] for event in machine.events()] == [second]
    assert json.loads(rotated.read_text())["subject"] == first


def test_a_reader_that_goes_away_loses_nothing(google: Simulated, machine: Machine) -> None:
    """`--changes - | head -1`: what could not be written is kept for the next start."""
    machine.declare(drive("ana-drive", ANA))
    with (machine.folder / "piped.err").open("wb") as log:
        piped = subprocess.Popen(
            [sys.executable, str(MAIN), *machine.arguments("--changes", "-")],
            cwd=machine.folder,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        _covered(google)
        assert piped.stdout is not None
        first = google.create(ANA, "first")
        assert json.loads(piped.stdout.readline())["subject"] == first["id"]
        piped.stdout.close()
        second = google.create(ANA, "second")
        text = machine.folder / "piped.err"
        eventually("the failure", lambda: "BrokenPipeError" in text.read_text())
        piped.terminate()
        assert piped.wait(10) == 0
        assert "Traceback" not in text.read_text()
        assert "Exception ignored" not in text.read_text()
    finally:
        piped.kill()
        piped.wait()
    machine.serve()
    found: list[Json] = eventually("the rest", machine.events)
    assert [event["subject"] for event in found] == [second["id"]]
