"""Gmail from end to end: one watch a mailbox, its history, and what becomes of lost history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.channels.mailbox import TAKEN
from functions.domain.errors import Unanswered, Unavailable
from functions.domain.mailbox import mailbox_name
from functions.domain.model import ChannelState, Job, Verdict
from infra.local.google.gmail.mailbox import Watch
from tests.world.far import TOPIC, FarSystem
from tests.world.system import ANA, SECOND, TICK

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEN = "ben@example.com"
MOVED = {"source": "drive.changes", "subject": ANA}
STOP, WATCH = "gmail.users.stop", "gmail.users.watch"


def begin(system: FarSystem, **more: Any) -> None:
    """Watch Ana's mail and wait until that is covered."""
    system.watch("gmail.mailbox", subject=ANA, **more)
    assert google_watch(system).topic == TOPIC
    assert system.progress("it").first_confirmed_at is not None
    assert system.told() == []
    system.far.calls.clear()


def google_watch(system: FarSystem) -> Watch:
    """Give the one watch Google has of Ana's mailbox."""
    watch = system.world.gmail.mailbox(ANA).watch
    assert watch is not None
    return watch


def gmail(labels: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """Declare a watch of Ana's mail."""
    params: dict[str, Any] = {"params": {"labelIds": list(labels)}} if labels else {}
    return {"source": "gmail.mailbox", "subject": ANA, **params, **more}


def test_each_step_of_a_message_is_told(system: FarSystem) -> None:
    """Four kinds, not collapsed; of what was there before the watch nothing."""
    mail = system.world.gmail
    old = mail.deliver(ANA)
    begin(system, poll="24h")
    new = mail.deliver(ANA)
    mail.label(ANA, new.id, add=["STARRED"], remove=["UNREAD"])
    mail.label(ANA, old.id, add=["STARRED"])
    mail.delete(ANA, new.id)
    system.pass_time(5 * SECOND)
    assert system.told() == [
        ("message.added", new.id),
        ("labels.added", new.id),
        ("labels.removed", new.id),
        ("labels.added", old.id),
        ("message.deleted", new.id),
    ]
    system.pass_time(DAY)
    assert system.told() == []


def test_push_comes_before_its_history_is_visible(system: FarSystem) -> None:
    """The pushed id is ahead of what is listed: looked at again shortly, told without a poll."""
    begin(system, poll="24h")
    system.world.faults.set("lag", method="gmail.users.history.list", seconds=1.5)
    mail = system.world.gmail.deliver(ANA)
    system.pass_time(5 * SECOND)
    assert system.told() == [("message.added", mail.id)]
    system.world.faults.remove()
    system.world.faults.set("lag", method="gmail.users.history.list", seconds=20)
    mail = system.world.gmail.deliver(ANA)
    system.pass_time(2 * TICK)
    assert system.told() == [("message.added", mail.id)]
    assert system.far.count("gmail.users.history.list") <= 8


def test_lost_history_leads_to_a_resync(system: FarSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """404: newer messages and vanished ones are told, nothing twice, little is read one by one."""
    monkeypatch.setattr("functions.sources.gmail.PAGE_SIZE", 10)
    mail = system.world.gmail
    old = [mail.deliver(ANA, ago=10_000 + number) for number in range(60)]
    begin(system, poll="1h")
    for each in old[:30:2]:  # older than the watch, but told of
        mail.label(ANA, each.id, add=["STARRED"])
    gone = mail.deliver(ANA)
    for _ in range(31):
        mail.deliver(ANA)
    system.pass_time(5 * SECOND)
    assert len(system.told()) == 15 + 32
    system.lose_notifications()
    system.pass_time(HOUR)
    fresh = mail.deliver(ANA)
    mail.delete(ANA, gone.id)
    mail.forget_history(ANA)
    system.far.calls.clear()
    system.pass_time(HOUR + TICK)
    assert sorted(system.told()) == sorted(
        [("message.added", fresh.id), ("message.deleted", gone.id)]
    )
    assert system.sink.troubles() == ["resynced"]
    assert system.far.count("gmail.users.messages.get") <= 4
    system.pass_time(DAY)
    assert system.told() == []


def test_watch_is_renewed_in_place_daily(system: FarSystem) -> None:
    """No stop, no other record; and covered all the time."""
    begin(system, poll="1h")
    (before,) = system.sqlite.channels(mailbox_name(ANA))
    system.pass_time(4 * DAY)
    assert 4 <= system.far.count(WATCH) <= 5
    assert system.far.count(STOP) == 0
    (after,) = system.sqlite.channels(mailbox_name(ANA))
    assert after.id == before.id
    assert after.ends_at > system.clock.now() + 5 * DAY
    assert system.progress("it").uncovered_seconds == 0


def test_lost_notification_is_found_by_the_poll(system: FarSystem) -> None:
    """No message on the topic: the poll reads the same."""
    begin(system, poll="10m")
    system.lose_notifications()
    mail = system.world.gmail.deliver(ANA)
    system.pass_time(11 * TICK)
    assert system.told() == [("message.added", mail.id)]


def test_labels_filter_what_is_told(system: FarSystem) -> None:
    """Told is what carries, gains or loses a wanted label, and the end of what was told."""
    mail = system.world.gmail
    begin(system, params={"labelIds": ["STARRED"]}, poll="10m")
    assert google_watch(system).labels == {"STARRED"}
    plain, starred = mail.deliver(ANA), mail.deliver(ANA, labels=["STARRED", "INBOX"])
    mail.label(ANA, plain.id, remove=["UNREAD"])
    mail.label(ANA, starred.id, add=["IMPORTANT"])
    mail.label(ANA, starred.id, remove=["STARRED"])
    mail.label(ANA, starred.id, remove=["IMPORTANT"])
    mail.delete(ANA, plain.id)
    mail.delete(ANA, starred.id)
    system.pass_time(11 * TICK)
    assert system.told() == [
        ("message.added", starred.id),
        ("labels.added", starred.id),
        ("labels.removed", starred.id),
        ("message.deleted", starred.id),
    ]


def test_watches_of_a_mailbox_share_one(system: FarSystem) -> None:
    """The union of the labels; a change of it is asked for at once and in place; the last stops."""
    system.declare(one=gmail(["INBOX"]), two=gmail(["STARRED"]))
    system.pass_time(2 * TICK)
    assert google_watch(system).labels == {"INBOX", "STARRED"}
    mail = system.world.gmail.deliver(ANA, labels=["STARRED"])
    system.pass_time(5 * SECOND)
    assert (system.told("one"), system.told("two")) == ([], [("message.added", mail.id)])
    system.declare(one=gmail(["INBOX"]), two=gmail(["STARRED"]), all=gmail())
    system.pass_time(2 * TICK)
    assert google_watch(system).labels == frozenset()
    system.declare(one=gmail(["INBOX"]))
    system.pass_time(2 * TICK)
    assert google_watch(system).labels == {"INBOX"}
    assert system.far.count(STOP) == 0
    assert len(system.sqlite.channels(mailbox_name(ANA))) == 1
    system.declare()
    system.pass_time(2 * TICK)
    assert system.far.count(STOP) == 1
    assert system.world.gmail.mailbox(ANA).watch is None
    assert system.sqlite.channels(mailbox_name(ANA)) == []


@pytest.mark.parametrize("edit", [gmail(subject=BEN), MOVED], ids=["subject", "source"])
@pytest.mark.parametrize("first", ["job", "tick"])
def test_mailbox_that_a_watch_moved_away_from_is_let_go(
    system: FarSystem, first: str, edit: dict[str, Any]
) -> None:
    """Stopped at once, also if a job has read the edited declaration before a tick does."""
    system.declare(one=gmail())
    system.pass_time(5 * TICK)  # until nobody looks at the mailbox any more
    system.declare(one=edit)
    if first == "job":
        job = Job(watch="one", queued_at=system.clock.now(), reason="notification")
        system.sync(job)
        assert {system.progress("one").source, system.progress("one").subject} == {
            edit["source"],
            edit["subject"],
        }
    system.pass_time(2 * TICK)
    assert system.world.gmail.mailbox(ANA).watch is None
    assert system.sqlite.channels(mailbox_name(ANA)) == []


@pytest.mark.parametrize("how", ["fails", "crash before", "crash after"])
def test_change_of_the_union_that_comes_to_nothing_is_repeated(system: FarSystem, how: str) -> None:
    """Google's outage, or a crash around the call: what was asked for is not taken for granted."""
    system.declare(one=gmail(["INBOX"]))
    system.pass_time(2 * TICK)
    if how == "fails":
        system.far.refuse(WATCH, Unavailable("503 backendError"))
    system.declare(one=gmail(["INBOX"]), two=gmail(["STARRED"]))
    system.pass_time(58 * SECOND)
    if how == "crash before":
        system.wire.before("google.call")
    elif how == "crash after":
        system.wire.after("google.call")
    system.pass_time(3 * TICK)
    assert google_watch(system).labels == {"INBOX", "STARRED"}
    mailbox = system.sqlite.progress(mailbox_name(ANA))
    assert mailbox is not None
    assert mailbox.opening is None


@pytest.mark.parametrize("then", [None, Unavailable("503 backendError")], ids=["", "then fails"])
def test_lost_answer_leaves_no_watch_behind(system: FarSystem, then: Unavailable | None) -> None:
    """Gmail may watch the mailbox although no answer came: that is stopped with the last watch."""
    system.far.refuse(WATCH, Unanswered("no answer"), done=True)
    if then is not None:
        system.far.refuse(WATCH, then, done=True)
    system.declare(one=gmail())
    calls = 1 if then is None else 2
    while system.far.count(WATCH) < calls:
        system.pass_time(TICK / 2)
    assert google_watch(system).topic == TOPIC
    system.declare()
    system.pass_time(3 * TICK)
    assert system.far.count(WATCH) == calls
    assert system.world.gmail.mailbox(ANA).watch is None
    assert system.sqlite.channels(mailbox_name(ANA)) == []


def test_lost_answer_is_soon_made_good(system: FarSystem) -> None:
    """The mailbox is asked for again, under the same record, and covered as if nothing had been."""
    system.far.refuse(WATCH, Unanswered("no answer"), done=True)
    system.watch("gmail.mailbox", subject=ANA)
    (first,) = system.sqlite.channels(mailbox_name(ANA))
    system.pass_time(2 * TICK)
    (channel,) = system.sqlite.channels(mailbox_name(ANA))
    assert (channel.id, channel.state) == (first.id, ChannelState.LIVE)
    assert system.far.count(WATCH) == 2
    assert system.progress("it").covered_until == channel.ends_at
    assert system.progress("it").uncovered_seconds == 0


def test_another_client_of_the_project_is_stopped(system: FarSystem) -> None:
    """Google wants "only one user push notification client": that one goes, and it is said."""
    other = Watch(
        topic="projects/local/topics/other",
        labels=frozenset(),
        exclude=False,
        expiration=system.world.clock.now() + 10**6,
    )
    system.world.gmail.mailbox(ANA).watch = other
    system.watch("gmail.mailbox", subject=ANA)
    system.pass_time(TICK)
    assert google_watch(system).topic == TOPIC
    assert system.far.count(STOP) == 1
    assert "another client" in system.progress("it").open_reason
    assert "mailbox was watched by another client" in system.journal.decisions()


def test_client_that_takes_it_again_and_again_causes_no_storm(system: FarSystem) -> None:
    """Two systems that stop each other: ours backs off."""
    begin(system, poll="1h")
    text = f"{TAKEN} allowed per developer (call /stop then try again)"
    system.world.faults.set(
        "error", method=WATCH, reason="failedPrecondition", status=400, message=text
    )
    system.pass_time(DAY * 2)
    assert system.far.count(WATCH) <= 25


def test_stop_that_fails_is_repeated_with_back_off(system: FarSystem) -> None:
    """An outage while the last watch goes: asked again until it is done, not all at once."""
    begin(system)
    for _ in range(3):
        system.far.refuse(STOP, Unavailable("503 backendError"))
    system.declare()
    system.pass_time(TICK)
    assert 1 <= system.far.count(STOP) <= 2
    system.pass_time(9 * TICK)
    assert system.far.count(STOP) == 4
    assert system.world.gmail.mailbox(ANA).watch is None


def test_revoked_access_parks_and_resumes(system: FarSystem) -> None:
    """Parked, told, resumed, watched again; nothing is lost."""
    begin(system, poll="10m")
    system.world.access.revoke(ANA)
    system.pass_time(HOUR)
    assert system.progress("it").verdict is Verdict.UNAUTHORIZED
    mail = system.world.gmail.deliver(ANA)
    system.world.access.restore(ANA)
    system.pass_time(DAY)
    assert system.sink.troubles() == ["parked", "resumed"]
    assert system.told() == [("message.added", mail.id)]
    assert google_watch(system).expiration > system.world.clock.now()


def test_mailbox_that_is_gone_parks(system: FarSystem) -> None:
    """Gmail is switched off for the user: one event, few calls, and on it goes afterwards."""
    begin(system, poll="10m")
    system.world.gmail.gone.add(ANA)
    system.pass_time(HOUR)
    assert system.progress("it").verdict is Verdict.NOT_FOUND
    assert system.sink.troubles() == ["parked"]
    calls = len(system.far.calls)
    system.pass_time(6 * HOUR)
    assert len(system.far.calls) - calls <= 6
    system.world.gmail.gone.discard(ANA)
    mail = system.world.gmail.deliver(ANA)
    system.pass_time(DAY)
    assert system.told() == [("message.added", mail.id)]


def test_without_a_topic_the_mailbox_is_polled(system: FarSystem) -> None:
    """No subscription delivers here: the same output by polls, and the reason is said."""
    system.terms = replace(system.terms, gmail_topic=None)
    system.watch("gmail.mailbox", subject=ANA, poll="10m")
    mail = system.world.gmail.deliver(ANA)
    system.pass_time(11 * TICK)
    assert system.told() == [("message.added", mail.id)]
    assert system.far.count(WATCH) == 0
    assert "polled" in system.progress("it").open_reason
