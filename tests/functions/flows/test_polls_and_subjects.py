"""Polls find what no message tells; each watch reads as its own subject, and its own drive."""

from __future__ import annotations

from datetime import timedelta

from tests.world.ports import START
from tests.world.system import ANA, SECOND, TICK, System

BEN = "ben@example.com"


def test_poll_finds_what_no_message_tells(system: System) -> None:
    """With every message lost, all is found by the fall-back poll, in its time."""
    system.begin(poll="10m")
    system.near.world.faults.set("drop")
    file = system.drive.create(ANA, name="a")
    system.pass_time(timedelta(minutes=11))
    assert system.sink.kinds(file.id) == ["file.created"]


def test_poll_only_watch_has_no_channel(system: System) -> None:
    """With `push: false` Google is never asked to push; the output is the same."""
    system.begin(push=False, poll="1m")
    file = system.drive.create(ANA, name="a")
    system.pass_time(3 * TICK)
    assert system.near.count("*.watch") == 0
    assert system.sink.kinds(file.id) == ["file.created"]


def test_polls_are_spread(system: System) -> None:
    """Watches declared together are not polled together, and none later than declared."""
    watch = {"source": "drive.changes", "subject": ANA, "push": False}
    system.declare(**{f"w{number}": watch for number in range(20)})
    system.pass_time(TICK)
    waits = {
        (progress.pull_at or START) - (progress.began_at or START)
        for progress in system.sqlite.all_progress()
    }
    assert len(waits) > 10
    assert all(timedelta(minutes=54) <= wait <= timedelta(hours=1) for wait in waits)


def test_watches_of_two_people_do_not_mix(system: System) -> None:
    """Each watch acts as its subject, and its events carry the account."""
    system.declare(
        ana={"source": "drive.changes", "subject": ANA},
        ben={"source": "drive.changes", "subject": BEN},
    )
    system.pass_time(3 * TICK)
    system.drive.create(BEN, name="b")
    system.pass_time(5 * SECOND)
    assert [(event.watch, event.account) for event in system.sink.told] == [("ben", BEN)]


def test_service_account_itself_can_be_the_subject(system: System) -> None:
    """Without a subject the service account acts, and events carry no account."""
    system.declare(robot={"source": "drive.changes"})
    system.pass_time(3 * TICK)
    system.drive.create("service-account", name="a")
    system.pass_time(5 * SECOND)
    (event,) = system.sink.told
    assert "account" not in event.attributes()


def test_shared_drive_has_a_watch_of_its_own(system: System) -> None:
    """It tells of its files and of itself; the watch of My Drive stays silent about both."""
    drive = system.drive.create_drive("Team", members=[ANA])
    system.declare(
        ana={"source": "drive.changes", "subject": ANA},
        team={"source": "drive.changes", "subject": ANA, "params": {"driveId": drive.id}},
    )
    system.pass_time(3 * TICK)
    file = system.drive.create(ANA, name="a", drive=drive.id)
    system.drive.rename_drive(drive.id, "Squad")
    system.pass_time(5 * SECOND)
    told = {(event.watch, event.data["kind"], event.subject) for event in system.sink.told}
    assert told == {("team", "file.created", file.id), ("team", "drive.updated", drive.id)}
