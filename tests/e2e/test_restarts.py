"""Starts that find something changed: a store or keys lost, another address, a watch gone."""

from __future__ import annotations

import shutil

from tests.e2e.machine import Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.processes import free_ports
from tests.e2e.simulated import Json, Simulated

ANA, BEN = "ana@example.com", "ben@example.com"


def _first(google: Simulated, machine: Machine) -> Json:
    """Serve until there is a channel and nothing to do, end, and give that channel."""
    machine.declare(drive("ana-drive", ANA))
    serve = machine.serve()
    machine.confirmed("ana-drive")
    eventually("nothing to do", lambda: _is_idle(machine.status()))
    assert serve.end() == 0
    (channel,) = google.channels("live")
    return channel


def _is_idle(status: Json) -> bool:
    due_at: str = status["watches"][0]["due_at"]
    now: str = status["now"]
    return due_at > now


def _replaced(google: Simulated, old: Json) -> Json:
    def look() -> list[Json]:
        live = google.channels("live")
        return live if len(live) == 1 and live[0]["id"] != old["id"] else []

    (new,) = eventually("one other channel", look)
    return new


def test_channels_of_a_lost_store_are_found_and_stopped(
    google: Simulated, machine: Machine
) -> None:
    """A message that verifies is ours: its channel is adopted, and stopped in order."""
    old = _first(google, machine)
    for path in machine.folder.glob("watchkeeper*.db*"):
        path.unlink()
    machine.serve()
    eventually("a channel beside the old", lambda: len(google.channels("live")) == 2)
    google.create(ANA, "told on both")
    _replaced(google, old)
    assert [channel["state"] for channel in google.channels()] == ["stopped", "live"]
    assert machine.watch("ana-drive")["uncovered_seconds"] == 0


def test_channels_of_lost_keys_are_replaced_at_once(google: Simulated, machine: Machine) -> None:
    """What no key of the ring has signed covers nothing: it goes as soon as there is another."""
    old = _first(google, machine)
    shutil.rmtree(machine.folder / "secrets")
    machine.serve()
    _replaced(google, old)
    made = google.create(ANA, "by the new key")
    eventually("the change", lambda: [e for e in machine.events() if e["subject"] == made["id"]])


def test_channels_for_another_address_are_replaced_at_once(
    google: Simulated, machine: Machine
) -> None:
    """After a move Google sends to the new address, and no longer to the old one."""
    old = _first(google, machine)
    machine.port, machine.internal_port = free_ports()
    machine.serve()
    new = _replaced(google, old)
    assert f":{machine.port}/" in new["address"]


def test_a_watch_that_went_meanwhile_leaves_no_channel(google: Simulated, machine: Machine) -> None:
    """Removed while nobody served: its channel is stopped at the start; back again, it goes on."""
    _first(google, machine)
    machine.declare()
    serve = machine.serve()
    eventually("no channel", lambda: not google.channels("live"))
    between = google.create(ANA, "while it was not declared")
    machine.declare(drive("ana-drive", ANA))
    eventually("a channel", lambda: google.channels("live"))
    found = eventually("the change", machine.events)
    assert [event["subject"] for event in found] == [between["id"]]
    assert serve.end() == 0
