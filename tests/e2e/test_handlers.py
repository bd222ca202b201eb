"""Handlers end to end: forwarding, functions, dead letters, replay, each with `serve` as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.e2e.machine import Json, Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.processes import finish
from tests.e2e.simulated import Simulated
from tests.receiver import Receiver, receiving

ANA = "ana@example.com"
OLD, NEW = "whsec_b2xkIGtleSBvbGQga2V5IG9sZCBrZXk=", "whsec_bmV3IGtleSBuZXcga2V5IG5ldyBrZXk="
PRIVATE = "--allow-private-forward"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver of webhooks."""
    with receiving() as receiver:
        yield receiver


def secret(machine: Machine, *lines: str) -> None:
    """Write the secret that forwarding signs with."""
    folder = machine.folder / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "forward-key"
    file.touch(mode=0o600)
    file.write_text("\n".join(lines))


def forwarding(url: str) -> Json:
    """Declare a handler."""
    return {"forward": {"url": url, "secret": "forward-key"}}


def begin(machine: Machine, *handlers: Json, options: tuple[str, ...] = ()) -> Any:
    """Serve a watch with these handlers until it is covered."""
    machine.declare(drive("ana-drive", ANA, handle=list(handlers)))
    program = machine.serve(*options)
    machine.confirmed("ana-drive")
    return program


def command(machine: Machine, *words: str) -> str:
    """Run a command beside `serve`."""
    done = finish(*words, folder=machine.folder)
    assert done.status == 0, done.err
    return done.out


def letters(machine: Machine) -> list[Json]:
    """List the dead letters."""
    found: list[Json] = json.loads(command(machine, "dead-letters", "list", "--json"))
    return found


def test_a_forwarded_event_is_verified(
    machine: Machine, google: Simulated, receiver: Receiver
) -> None:
    """The receiver gets the very event of the changes file, signed by all secrets of a rotation."""
    secret(machine, NEW, OLD)
    begin(machine, forwarding(receiver.url), options=(PRIVATE,))
    google.create(ANA, "a.txt")
    eventually("a webhook", lambda: receiver.got)
    (event,) = eventually("an event", machine.events)
    (got,) = receiver.got
    for key in (OLD, NEW):
        assert Webhook(key).verify(got.body, got.headers) == event
    assert got.headers["webhook-id"] == event["id"]


def test_410_stops_forwarding_and_is_told(
    machine: Machine, google: Simulated, receiver: Receiver
) -> None:
    """After a 410 nothing more is posted, and the watch's owner is told once, by an event."""
    secret(machine, NEW)
    receiver.answer = (410, {})
    begin(machine, forwarding(receiver.url), options=(PRIVATE,))
    google.create(ANA, "a.txt")

    def stopped() -> list[Json]:
        return [e for e in machine.events() if e["type"] == "watchkeeper.handler.stopped"]

    (told,) = eventually("the event", stopped)
    assert told["watch"] == "ana-drive"
    assert told["data"]["handler"] == "forward"
    google.create(ANA, "b.txt")
    eventually("the second", lambda: len(machine.events()) >= 3)
    assert len(receiver.got) == 1
    assert len(stopped()) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254"])
def test_private_addresses_are_refused_by_default(
    machine: Machine, google: Simulated, receiver: Receiver, host: str
) -> None:
    """Without the option nothing is posted to this network; each event is a dead letter at once."""
    secret(machine, NEW)
    begin(machine, forwarding(receiver.url.replace("127.0.0.1", host)))
    google.create(ANA, "a.txt")
    machine.logs("handler dead", detail="private addresses")
    assert receiver.got == []


def test_dead_letters_are_listed_shown_retried_and_dropped(
    machine: Machine, google: Simulated, receiver: Receiver
) -> None:
    """What is given up is kept with its error, and can be tried again once the cause is mended."""
    secret(machine, NEW)
    program = begin(machine, forwarding(receiver.url))
    for name in ("a.txt", "b.txt"):
        google.create(ANA, name)
    found = eventually("two letters", lambda: found if len(found := letters(machine)) == 2 else [])
    assert all("private" in letter["error"] and letter["attempts"] == 1 for letter in found)
    shown = json.loads(command(machine, "dead-letters", "show", found[0]["id"][:8], "--json"))
    assert json.loads(shown["body"]) == machine.events()[0]
    command(machine, "dead-letters", "drop", found[1]["id"])
    assert len(letters(machine)) == 1
    program.end()
    machine.serve(PRIVATE)
    command(machine, "dead-letters", "retry", "--all")
    eventually("the retried event", lambda: receiver.accepted)
    assert [got.headers["webhook-id"] for got in receiver.accepted] == [found[0]["event"]]
    assert letters(machine) == []


def test_replay(machine: Machine, google: Simulated, receiver: Receiver) -> None:
    """A replay brings the same events with the same ids, and the run's name, to everybody."""
    secret(machine, NEW)
    begin(machine, forwarding(receiver.url), options=(PRIVATE,))
    for name in ("a.txt", "b.txt"):
        google.create(ANA, name)
    eventually("two events", lambda: len(receiver.got) >= 2 and len(machine.events()) >= 2)
    again = ("replay", "--watch", "ana-drive", "--since", "1h")
    assert "2 changes" in command(machine, *again, "--name", "again")
    eventually("four events", lambda: len(receiver.got) >= 4 and len(machine.events()) >= 4)
    first, second = machine.events()[:2], machine.events()[2:4]
    assert second == [{**event, "replay": "again"} for event in first]
    for got in receiver.got:
        Webhook(NEW).verify(got.body, got.headers)
    assert "2 changes" in command(machine, *again)  # a replay is not replayed


def test_a_function_of_the_users(
    machines: Any, google: Simulated, tmp_path: Path, receiver: Receiver
) -> None:
    """A function is called with each event; one that fails holds up no other watch."""
    (tmp_path / "mine.py").write_text(
        "import pathlib\n"
        "def note(event):\n"
        f"    with pathlib.Path({str(tmp_path / 'noted')!r}).open('a') as file:\n"
        "        file.write(event['data']['item']['name'] + '\\n')\n"
        "def fail(event):\n"
        "    raise RuntimeError('no such luck')\n"
    )
    machine = machines(environment={"PYTHONPATH": str(tmp_path)})
    machine.declare(
        drive("bad", ANA, handle=[{"run": "mine:fail"}]),
        drive("good", "bob@example.com", handle=[{"run": "mine:note"}]),
    )
    machine.serve()
    machine.confirmed("bad", "good")
    google.create(ANA, "x.txt")
    google.create("bob@example.com", "a.txt")
    google.create("bob@example.com", "b.txt")
    noted = tmp_path / "noted"
    eventually("both", lambda: noted.exists() and noted.read_text() == "a.txt\nb.txt\n")
    machine.logs("handler failed", detail="mine:fail: RuntimeError: no such luck")


def test_handlers_that_appear_later(
    machine: Machine, google: Simulated, receiver: Receiver
) -> None:
    """A handler that is declared while `serve` runs gets what changes from then on."""
    secret(machine, NEW)
    begin(machine, options=(PRIVATE,))
    google.create(ANA, "before.txt")
    eventually("an event", machine.events)
    machine.declare(drive("ana-drive", ANA, handle=[forwarding(receiver.url)]))
    eventually("declared again", lambda: len(machine.log("watches declared")) > 1)
    google.create(ANA, "after.txt")
    eventually("a webhook", lambda: receiver.got)
    assert json.loads(receiver.got[0].body)["data"]["item"]["name"] == "after.txt"
