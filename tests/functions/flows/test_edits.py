"""Declarations are edited: what starts a watch anew, and what changes nothing it read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.domain.model import ChannelState, Job, Message
from tests.world.ports import START
from tests.world.system import ANA, SECOND, TICK, System

BEN = "ben@example.com"
WATCH = {"source": "drive.changes", "subject": ANA}
BASELINE = "drive.changes.getStartPageToken"


EDITS = pytest.mark.parametrize(
    "edit",
    [
        {"subject": BEN},
        {"source": "drive.files", "params": {"fileId": "FILE"}},
        {"params": {"spaces": "appDataFolder"}},
        {"source": "gmail.mailbox", "params": {}, "poll": "1m"},
    ],
    ids=["subject", "source", "params", "topic"],
)


@EDITS
@pytest.mark.parametrize("message", [True, False], ids=["message first", "tick first"])
def test_edited_watch_starts_anew(system: System, edit: dict[str, Any], *, message: bool) -> None:
    """A new baseline under its old id; its channel is stopped as whom it was opened as."""
    file = system.drive.create(ANA, name="watched", file_id="FILE")
    system.begin()
    (first,) = system.channels()
    baseline_at = system.progress().baseline_at
    system.declare(ana={**WATCH, **edit})
    if message:  # a job finds the edit before a tick does
        system.drive.create(ANA, name="before")
        system.settle()
    system.pass_time(4 * TICK)
    assert [channel.id for channel in system.channels() if channel.id == first.id] == []
    assert first.id not in [channel.ask.id for channel in system.near.alive()]
    assert ("drive.channels.stop", ANA) in system.near.calls
    if "gmail" not in str(edit):
        (second,) = system.channels()
        assert (second.state, second.subject) == (ChannelState.LIVE, edit.get("subject", ANA))
        assert [channel.ask.id for channel in system.near.alive()] == [second.id]
    assert (system.progress().baseline_at or START) > (baseline_at or START)
    assert file.id not in {event.subject for event in system.sink.told}
    assert system.sink.troubles() == []


@pytest.mark.parametrize(
    "edit",
    [
        {"poll": "2h"},
        {"ttl": "3h"},
        {"handle": [{"download": {"to": "file:///tmp/x"}}]},
        {"params": {}},
        {"params": {"spaces": "drive"}},
        {"managed_by": "terraform"},
    ],
    ids=["poll", "ttl", "handle", "no params", "default params", "managed_by"],
)
def test_other_keys_change_nothing_of_what_was_read(system: System, edit: dict[str, Any]) -> None:
    """Edits are compared after defaults are filled in; cursor, memory and channel stay."""
    system.begin()
    file = system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    before = system.progress()
    system.declare(ana={**WATCH, **edit})
    system.pass_time(3 * TICK)
    assert system.near.count(BASELINE) == 1
    assert system.progress().baseline_at == before.baseline_at
    assert len(system.channels()) == 1
    system.drive.update(file.id, name="b")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["file.created", "file.updated"]
    assert system.sink.told[-1].data["seen_before"] is True


def test_push_turned_off_stops_the_channel_and_on_opens_one(system: System) -> None:
    """The cursor does not notice."""
    system.begin()
    system.declare(ana={**WATCH, "push": False})
    system.pass_time(2 * TICK)
    assert (system.channels(), system.near.alive()) == ([], [])
    file = system.drive.create(ANA, name="a")
    system.declare(ana=WATCH)
    system.pass_time(2 * TICK)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]
    assert system.sink.kinds(file.id) == ["file.created"]


def test_edit_amid_a_pull_is_not_lost(system: System) -> None:
    """The pull under way ends as what it was; the next one begins the new watch."""
    system.begin()
    system.drive.create(ANA, name="old")

    def edit(_: object) -> None:
        system.near.between = None
        system.declare(ana={**WATCH, "subject": BEN})
        system.tick()

    system.near.between = edit
    system.pass_time(5 * TICK)
    assert system.progress().subject == BEN
    file = system.drive.create(BEN, name="new")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds(file.id) == ["file.created"]
    assert [event.account for event in system.sink.told] == [ANA, BEN]


def test_message_about_one_item_of_a_watch_that_was_edited_tells_nothing(system: System) -> None:
    """What it names is not compared with what is remembered of another watch."""
    directory = system.near.world.directory
    directory.create(ANA, isAdmin=True)
    ben = directory.create(BEN)
    system.declare(ana={"source": "directory.users", "subject": ANA})
    system.pass_time(3 * TICK)
    (channel,) = system.channels()
    directory.delete(BEN)
    system.near.mail.letters.clear()
    params = {"domain": "example.com"}
    system.declare(ana={"source": "directory.users", "subject": ANA, "params": params})
    message = Message(
        channel=channel.id,
        number=5,
        state="delete",
        resource_id=channel.resource_id or "",
        resource_uri="",
        body=json.dumps({"id": ben.id}),
    )
    queued_at = system.clock.now() + TICK
    job = Job(watch="ana", queued_at=queued_at, reason="notification", message=message)
    system.sync(job)
    system.pass_time(3 * TICK)
    assert system.sink.told == []
    assert system.progress().cursor is not None
