"""`drive.files`: one file, compared with what was seen of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.errors import Refused
from functions.domain.model import ChannelState, Verdict
from tests.world.system import ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GET = "drive.files.get"
GONE = Refused("404 notFound", Verdict.NOT_FOUND)


@pytest.fixture
def watched(system: System) -> str:
    """Watch one file; give its id."""
    file = system.drive.create(ANA, name="watched")
    source = {"source": "drive.files", "subject": ANA, "params": {"fileId": file.id}}
    system.declare(ana=source)
    system.pass_time(3 * TICK)
    return file.id


def test_single_file_tells_its_changes(system: System, watched: str) -> None:
    """Compared with what was seen of it; never `created`."""
    system.drive.update(watched, name="b")
    system.pass_time(5 * SECOND)
    system.drive.trash(watched)
    system.pass_time(5 * SECOND)
    system.drive.untrash(watched)
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["file.updated", "file.trashed", "file.untrashed"]
    assert system.sink.told[0].data["seen_before"] is True


def test_single_file_that_is_gone_is_told_once_then_parked(system: System, watched: str) -> None:
    """A second 404 within 5 s of the first: `file.removed`, then the watch is parked."""
    system.near.world.faults.set("drop")
    system.drive.remove(watched)
    before = system.near.count(GET)
    system.pass_time(2 * HOUR)
    assert system.sink.kinds() == ["file.removed", "watch.parked"]
    assert system.near.count(GET) - before >= 2
    assert system.progress().verdict is Verdict.NOT_FOUND
    system.pass_time(2 * DAY)
    assert system.sink.kinds() == ["file.removed", "watch.parked"]


def test_single_404_of_a_file_is_no_removal(system: System, watched: str) -> None:
    """Google errs: asked again within 5 s, the file is there."""
    system.near.refuse(GET, GONE)
    system.drive.update(watched, name="b")
    began = system.clock.now()
    system.settle()
    assert system.sink.kinds() == ["file.updated"]
    assert system.clock.now() - began <= 5 * SECOND


def test_file_that_returns_is_told_again(system: System, watched: str) -> None:
    """Shared anew after its removal: the watch resumes, and tells it as first seen."""
    other = system.drive.create("ben@example.com", name="shared", file_id="SHARED")
    system.drive.share(other.id, ANA)
    system.declare(ana={"source": "drive.files", "subject": ANA, "params": {"fileId": "SHARED"}})
    system.pass_time(3 * TICK)
    system.drive.unshare(other.id, ANA)
    system.pass_time(2 * HOUR)
    system.drive.share(other.id, ANA)
    system.pass_time(DAY)
    assert system.sink.kinds() == ["file.removed", "watch.parked", "file.updated", "watch.resumed"]
    assert system.sink.told[2].data["seen_before"] is False
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]


def test_file_that_never_was_parks_its_watch_without_a_removal(system: System) -> None:
    """Nothing was seen of it, so nothing is told as gone."""
    params = {"fileId": "nowhere"}
    system.declare(ana={"source": "drive.files", "subject": ANA, "params": params})
    system.pass_time(3 * TICK)
    assert system.sink.kinds() == ["watch.parked"]
