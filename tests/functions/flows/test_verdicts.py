"""Which troubles park a watch: what is gone, or declared wrong; a failure is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from functions.declared.comparison import without_backoff
from functions.domain.errors import Refused, Unavailable
from functions.domain.model import ChannelState, Verdict
from functions.ports import Case
from functions.schedule import pull_by
from tests.world.system import ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WATCH = {"source": "drive.changes", "subject": ANA}
LISTED = "drive.changes.list"
GONE = Refused("404 notFound", Verdict.NOT_FOUND)


def park(system: System) -> None:
    """Take Ana's access away, and wait until her watch is parked."""
    system.near.world.access.revoke(ANA)
    system.drive.create(ANA, name="unseen")
    system.pass_time(TICK)
    assert system.progress().verdict is Verdict.UNAUTHORIZED


def test_missing_container_is_believed_the_second_time(system: System) -> None:
    """A drive may be missing for a moment: one 404 is a failure, two in a row park the watch."""
    system.begin()
    system.near.refuse(LISTED, GONE)
    system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    assert system.sink.troubles() == []
    assert system.sink.kinds() == ["file.created"]
    for _ in range(3):
        system.near.refuse(LISTED, GONE)
    system.drive.create(ANA, name="b")
    system.pass_time(2 * TICK)
    assert system.sink.troubles() == ["parked"]
    assert system.progress().verdict is Verdict.NOT_FOUND


def test_drive_that_is_gone_parks_its_watch_and_tells_no_items(system: System) -> None:
    """Its items are not told one by one; its channel is stopped."""
    drive = system.drive.create_drive("Team", members=[ANA])
    system.declare(team={**WATCH, "params": {"driveId": drive.id}})
    system.pass_time(3 * TICK)
    for number in range(3):
        system.drive.create(ANA, name=str(number), drive=drive.id)
    system.pass_time(5 * SECOND)
    system.drive.remove_drive(drive.id)
    system.pass_time(2 * HOUR)
    assert system.sink.kinds() == ["file.created"] * 3 + ["watch.parked"]
    assert system.progress("team").verdict is Verdict.NOT_FOUND
    assert (system.channels("team"), system.near.alive()) == ([], [])


def test_drive_that_still_tells_of_its_end_is_told_as_removed(system: System) -> None:
    """Google's log may say that the drive is gone: then that is an event, too."""
    drive = system.drive.create_drive("Team", members=[ANA])
    system.declare(team={**WATCH, "params": {"driveId": drive.id}})
    system.pass_time(3 * TICK)
    system.drive.remove_drive(drive.id, lingers=True)
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["drive.removed"]


def test_bad_document_is_parked_and_the_others_go_on(system: System) -> None:
    """One wrong declaration in the store is reported as an event, and no more."""
    system.declare(ana=WATCH, bad={"source": "drive.chnges", "subject": ANA})
    system.pass_time(3 * TICK)
    assert system.progress("bad").verdict is Verdict.INVALID
    (event,) = system.sink.told
    assert (event.watch, event.data["verdict"]) == ("bad", "invalid")
    assert "drive.chnges" in event.data["reason"]
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]
    system.pass_time(DAY)
    assert system.sink.troubles() == ["parked"]


def test_mended_document_resumes(system: System) -> None:
    """Once it is right its watch begins."""
    system.declare(bad={"source": "drive.changes", "subject": ANA, "colour": "red"})
    system.pass_time(2 * TICK)
    system.declare(bad=WATCH)
    system.pass_time(4 * TICK)
    assert system.sink.troubles() == ["parked", "resumed"]
    assert [channel.state for channel in system.channels("bad")] == [ChannelState.LIVE]


def test_watch_that_becomes_wrong_keeps_what_it_read(system: System) -> None:
    """An edit that does not parse is parked; mended back, the watch goes on where it was."""
    system.begin()
    cursor = system.progress().cursor
    system.declare(ana={**WATCH, "poll": "soon"})
    system.pass_time(2 * TICK)
    assert system.progress().cursor == cursor
    file = system.drive.create(ANA, name="meanwhile")
    system.declare(ana=WATCH)
    system.pass_time(4 * TICK)
    assert system.sink.kinds(file.id) == ["file.created"]
    assert system.sink.troubles() == ["parked", "resumed"]


def test_failures_of_google_park_nothing(system: System) -> None:
    """An outage of an hour is not the watch's verdict, and tells its owner nothing."""
    system.begin()
    for _ in range(500):
        system.near.refuse(LISTED, Unavailable("503 backendError"))
    file = system.drive.create(ANA, name="a")
    system.pass_time(HOUR)
    assert system.progress().verdict is Verdict.OK
    assert system.progress().failures > 5
    system.near._refusals.clear()
    system.pass_time(16 * TICK)
    assert system.sink.kinds() == ["file.created"]
    assert system.sink.told[0].subject == file.id


def test_cursor_that_google_calls_invalid_parks_and_names_its_cure(system: System) -> None:
    """A 400 voids no cursor: the log says what does, and that mends the watch."""
    system.begin()
    bad = Refused("400 invalid: Invalid Value", Verdict.INVALID)
    system.near.refuse(LISTED, bad)
    system.drive.create(ANA, name="lost")
    system.pass_time(TICK)
    assert system.progress().verdict is Verdict.INVALID
    said = [facts for text, facts in system.journal.warnings if text == "pull failed"]
    assert str(said[-1]["next_step"]).startswith("watch reset-cursor ana ")
    assert system.sink.troubles() == ["parked"]

    def reset(case: Case) -> Case:
        assert case.progress is not None
        anew = replace(without_backoff(case.progress), identity="reset")
        return Case(pull_by(anew, system.clock.now()), {})

    system.sqlite.change("ana", reset)
    system.pass_time(TICK)
    file = system.drive.create(ANA, name="told")
    system.pass_time(TICK)
    assert (system.progress().verdict, system.progress().failures) == (Verdict.OK, 0)
    assert system.sink.kinds(file.id) == ["file.created"]
