"""`handle`: each handler deals with each event once, or says in the dead letters why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.domain.errors import Invalid, Unavailable
from functions.domain.handled import Outcome, unpack_body
from functions.domain.model import Progress
from functions.handle import handle
from functions.ports import Case
from functions.verdict import told_of
from infra.cloudevent import encode
from tests.functions.handlers.rig import WATCH, Rig, event, forward
from tests.world.tripwire import Crash

A, B = "https://a.example/hook", "https://b.example/hook"
DOWN = Unavailable("the receiver does not answer")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Give `handle` and what it touches."""
    rig = Rig(tmp_path)
    yield rig
    rig.store.close()


def test_a_redelivery_is_not_handled_again(rig: Rig) -> None:
    """An event that comes twice is handled once."""
    rig.declare(forward())
    assert rig.bring()
    assert rig.bring()
    assert rig.posting.posted == [(A, "e1")]


def test_only_what_failed_runs_again(rig: Rig) -> None:
    """Each handler has its own outcome: the one that succeeded is left alone."""
    rig.declare(forward(A), forward(B))
    rig.posting.answers[A] = DOWN
    assert not rig.bring()
    del rig.posting.answers[A]
    assert rig.bring(attempt=2)
    assert rig.posting.posted == [(A, "e1"), (B, "e1"), (A, "e1")]


def test_a_handler_that_dies_with_its_process_runs_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing counts as done before it is: killed amid the work, it is done the next time."""
    rig.declare(forward())

    def die(*_: object, **__: object) -> int:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(rig.posting, "post", die)
        with pytest.raises(Crash):
            rig.bring()
    assert rig.bring(attempt=2)
    assert rig.posting.posted == [(A, "e1")]


def test_a_replay_is_handled_again_once(rig: Rig) -> None:
    """Handlers are idempotent by the event's id and the replay's name."""
    rig.declare(forward())
    for replay in (None, "r1", "r1", "r2", None):
        assert rig.bring(replay=replay)
    assert len(rig.posting.posted) == 3


def test_after_so_many_attempts_it_is_a_dead_letter(rig: Rig) -> None:
    """The hundredth failure is the last: the event is kept with its error."""
    rig.declare(forward())
    rig.posting.answers[A] = DOWN
    assert not rig.bring(attempt=99)
    assert rig.bring(attempt=100)
    (letter,) = rig.store.dead(watch=WATCH, limit=9)
    assert (letter.event, letter.attempts, letter.detail) == ("e1", 100, DOWN.text)
    whole = rig.store.outcomes([letter.key])[letter.key]
    assert unpack_body(whole.body) == encode(event()).data
    assert rig.bring(attempt=1)
    assert len(rig.posting.posted) == 2


def test_attempts_are_counted_where_the_queue_does_not(rig: Rig) -> None:
    """A queue that does not count deliveries (Pub/Sub's emulator) leads to the same end."""
    rig.declare(forward())
    rig.posting.answers[A] = DOWN
    tries = 1
    while not rig.bring():
        tries += 1
    assert tries == 100


def test_what_no_repetition_mends_is_given_up_at_once(rig: Rig) -> None:
    """A bad address or secret is a dead letter at the first attempt; the next handler runs."""
    rig.declare(forward(A), forward(B))
    rig.posting.answers[A] = Invalid("a private address")
    assert rig.bring()
    assert rig.outcomes() == ["dead", "done"]


def test_a_missing_secret_is_waited_for(rig: Rig) -> None:
    """A secret that nobody has filled yet is no reason to give up."""
    rig.declare(forward())
    rig.secrets.held["key"] = "\n"
    assert not rig.bring()
    rig.secrets.held.clear()
    assert not rig.bring()
    rig.secrets.held["key"] = "whsec_a2V5"
    assert rig.bring()


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500])
def test_only_a_2xx_is_an_arrival(rig: Rig, status: int) -> None:
    """Whatever else a receiver answers, the event is tried again."""
    rig.declare(forward())
    rig.posting.answers[A] = status
    assert not rig.bring()


def test_410_stops_this_handler_and_is_told_once(rig: Rig) -> None:
    """After a 410 nothing more goes there; a notice waits for `sync`, whatever dies meanwhile."""
    rig.declare(forward(A), forward(B))
    rig.store.change(WATCH, lambda _: Case(Progress(watch=WATCH), {}))
    rig.posting.answers[A] = 410
    assert rig.bring(1)
    assert rig.bring(2)
    assert [event for url, event in rig.posting.posted if url == A] == ["e1"]
    progress = rig.store.progress(WATCH)
    assert progress is not None
    assert progress.due_at is not None
    (told,) = told_of(progress)
    assert told.type == "watchkeeper.handler.stopped"
    assert told.data["url"] == A


def test_an_edited_handler_begins_anew(rig: Rig) -> None:
    """Another address is another handler: it is not stopped, and gets the next event."""
    rig.declare(forward(A))
    rig.posting.answers[A] = 410
    rig.bring(1)
    rig.declare(forward(B))
    rig.bring(2)
    assert rig.posting.posted == [(A, "e1"), (B, "e2")]


def test_a_function_gets_the_event(rig: Rig) -> None:
    """A function is given the structured event; its failure is kept as it is told."""
    rig.declare({"run": "mine:note"})
    rig.called.failure = Unavailable("mine:note: ValueError: no")
    assert rig.bring(attempt=100)
    assert rig.called.events[0]["id"] == "e1"
    assert rig.store.dead(watch=None, limit=1)[0].detail == "mine:note: ValueError: no"


def test_nothing_to_do(rig: Rig) -> None:
    """Events of a watch without handlers, or not declared any more, are simply done."""
    rig.declare()
    assert rig.bring()
    rig.store.declare({}, revision="r2")
    assert rig.bring()
    assert rig.journal.lines == []


def test_a_paused_watch_finishes_what_was_told(rig: Rig) -> None:
    """Pausing stops channels and pulls; handlers go on."""
    rig.declare(forward(), paused=True)
    assert rig.bring()
    assert rig.posting.posted == [(A, "e1")]


def test_a_wrong_declaration_is_waited_for(rig: Rig) -> None:
    """While a watch's document is wrong its events wait: it may be mended."""
    rig.declare({"forward": {"url": "ftp://a"}})
    assert not rig.bring()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_event_is_refused(rig: Rig, body: bytes) -> None:
    """What is no event of ours is invalid, so that it is dropped instead of coming again."""
    with pytest.raises(Invalid):
        handle(body, attempt=1, handling=rig.handling)


def test_outcomes_go_by_themselves(rig: Rig) -> None:
    """What was done is remembered for longer than the topic keeps messages; a stop stays."""
    rig.declare(forward())
    rig.bring()
    rig.posting.answers[A] = 410
    rig.bring(2)
    with rig.store._file.reading() as file:
        rows = dict(file.execute("SELECT outcome, delete_at IS NULL FROM handled").fetchall())
    assert rows == {Outcome.DONE: 0, Outcome.SKIPPED: 0, Outcome.STOPPED: 1}
