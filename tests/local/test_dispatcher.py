"""The dispatcher delivers at once, survives failures, and stops within its time."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from http.client import parse_headers
from pathlib import Path

import pytest

from functions.domain.errors import Unavailable
from infra.envelope import read_envelope
from infra.local.changes_file import ChangesFile
from infra.local.dispatcher import Dispatcher, Lane
from infra.local.push import Push
from infra.local.queue.bell import Bell
from infra.local.queue.dead_letters import DeadLetters
from infra.local.queue.delivery import Batch, Message, Policy
from infra.local.queue.file import QueueFile
from infra.local.sqlite_queue import SqliteQueue
from infra.telemetry import open_journal
from tests.contracts.endpoint import listening
from tests.local.queue_rig import FOREVER, LEASE, TOPIC, WORK, Notes, texts

SOON = 10.0  # seconds; far more than anything here takes


class Running:
    """A queue in real time, and dispatchers of it."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.file = stack.enter_context(closing(QueueFile(path)))
        self.queue = SqliteQueue(self.file)
        self.queue.subscribe(WORK, topic=TOPIC, policy=FOREVER)
        self.notes = Notes()
        self._stack = stack

    def serve(
        self, deliver: Callable[[Batch], None], *, workers: int = 1, most: int = 1, poll: float = 60
    ) -> Dispatcher:
        """Serve the subscription; polls are so rare that only bells can explain what comes."""
        lane = Lane(subscription=WORK, deliver=deliver, workers=workers, most=most)
        dispatcher = Dispatcher(
            self.queue, [lane], journal=self.notes, poll=timedelta(seconds=poll)
        )
        dispatcher.start()
        self._stack.callback(dispatcher.stop, within=timedelta(seconds=1))
        return dispatcher

    def publish(self, *words: str, key: str = "ana") -> None:
        """Publish messages of one key."""
        self.queue.publish(TOPIC, [Message(key=key, data=word.encode()) for word in words])

    def waiting(self) -> int:
        """Count what is not acknowledged."""
        return self.queue.backlogs()[0].waiting

    def drained(self) -> None:
        """Wait until all is acknowledged."""
        deadline = time.monotonic() + SOON
        while self.waiting():
            assert time.monotonic() < deadline
            time.sleep(0.005)


class Taking:
    """A receiver that remembers what it got and may be told to fail."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.failures: list[Exception] = []
        self._changed = threading.Condition()

    def __call__(self, batch: Batch) -> None:
        with self._changed:
            self.got += texts(batch)
            self._changed.notify_all()
            if self.failures:
                raise self.failures.pop()

    def wait_for(self, count: int) -> list[str]:
        """Wait for so many messages."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.got) >= count, SOON), self.got
            return list(self.got)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Give a queue in a file."""
    with ExitStack() as stack:
        yield Running(tmp_path / "queue.db", stack)


def test_it_wakes_at_once(running: Running) -> None:
    """An idle worker delivers what is published without waiting for its next look."""
    taking = Taking()
    running.serve(taking)
    for number in range(5):
        time.sleep(0.02)
        running.publish(f"m{number}")
        taking.wait_for(number + 1)
    running.drained()


def test_it_looks_by_itself(running: Running, tmp_path: Path) -> None:
    """What another process publishes is found without a bell."""
    taking = Taking()
    running.serve(taking, poll=0.05)
    with closing(QueueFile(tmp_path / "queue.db")) as file:
        SqliteQueue(file).publish(TOPIC, [Message(key="ana", data=b"from afar")])
    assert taking.wait_for(1) == ["from afar"]


def test_a_failure_is_repeated_when_it_is_due(running: Running) -> None:
    """A worker sleeps no longer than until the repetition is due, and tells of the failure."""
    taking = Taking()
    taking.failures = [Unavailable("it answers 503"), ValueError("with a secret")]
    running.serve(taking)
    running.publish("a1", "a2")
    assert taking.wait_for(4) == ["a1", "a1", "a1", "a2"]
    running.drained()
    failed = [facts for decision, facts in running.notes.lines if decision == "delivery.failed"]
    assert [facts["error"] for facts in failed] == ["ValueError", "Unavailable"]
    assert "secret" not in str(running.notes.lines)
    assert (failed[1]["text"], failed[1]["attempt"]) == ("it answers 503", 2)


def test_what_is_logged_keeps_its_names(running: Running) -> None:
    """No fact has a name that a line of the log has already: it would be given another one."""
    taking = Taking()
    taking.failures = [Unavailable("it answers 503")]
    running.serve(taking)
    running.publish("a1")
    facts = running.notes.wait_for("delivery.failed")
    stream = io.StringIO()
    open_journal(stream, component="queue").warn("delivery.failed", **facts)
    line = json.loads(stream.getvalue())
    assert line.items() >= facts.items()
    assert line["message_id"] == facts["message_id"]


def test_a_dead_letter_says_why(running: Running) -> None:
    """Our own errors are kept in words, foreign ones by name: their words may hold a secret."""
    once = Policy(first=timedelta(0), longest=timedelta(0), attempts=1)
    running.queue.subscribe(WORK, topic=TOPIC, policy=once)
    taking = Taking()
    taking.failures = [Unavailable("it answers 503"), ValueError("with a secret")]
    running.serve(taking)
    running.publish("a1", "a2")
    running.drained()
    letters = DeadLetters(running.file).list()
    assert [letter.error for letter in letters] == ["ValueError", "it answers 503"]
    assert running.notes.wait_for("delivery.dead")["attempt"] == 1


def test_batches_come_in_order(running: Running) -> None:
    """A batch subscriber gets what waits, so many at a time, and acknowledges by returning."""
    running.publish(*(f"m{n}" for n in range(10)))
    sizes: list[int] = []
    taking = Taking()

    def take(batch: Batch) -> None:
        sizes.append(len(batch.messages))
        taking(batch)

    running.serve(take, most=4)
    assert taking.wait_for(10) == [f"m{n}" for n in range(10)]
    running.drained()
    assert sizes == [4, 4, 2]


def test_workers_deliver_side_by_side(running: Running) -> None:
    """Several keys are delivered at the same time, as many as there are workers."""
    meeting = threading.Barrier(3)

    def take(_: Batch) -> None:
        meeting.wait(SOON)

    running.serve(take, workers=3)
    for key in ("ana", "bob", "cy"):
        running.publish("m", key=key)
    running.drained()
    assert not meeting.broken


def test_it_finishes_what_is_in_hand(running: Running) -> None:
    """A stop waits for a delivery that ends in time, and takes up nothing new."""
    begun, got = threading.Event(), []

    def take(batch: Batch) -> None:
        begun.set()
        time.sleep(0.1)
        got.extend(texts(batch))

    dispatcher = running.serve(take)
    running.publish("a1", "a2")
    assert begun.wait(SOON)
    dispatcher.stop(within=timedelta(seconds=5))
    assert got == ["a1"]
    assert running.waiting() == 1


def test_it_gives_back_what_takes_too_long(running: Running) -> None:
    """A stop ends in its time; what is not done is free at once and does not count as tried."""
    begun, end = threading.Event(), threading.Event()

    def take(_: Batch) -> None:
        begun.set()
        end.wait(SOON)

    dispatcher = running.serve(take)
    running.publish("a1")
    assert begun.wait(SOON)
    before = time.monotonic()
    dispatcher.stop(within=timedelta(milliseconds=100))
    assert time.monotonic() - before < 2
    batch = running.queue.claim(WORK, lease=LEASE)
    assert batch is not None
    assert batch.attempt == 1
    end.set()
    assert running.notes.wait_for("delivery.late")["subscription"] == WORK
    assert running.waiting() == 1


def test_what_fails_during_a_stop_is_not_blamed(running: Running) -> None:
    """A delivery that fails because its receiver stops, too, comes again without a wait."""
    begun, end = threading.Event(), threading.Event()

    def take(_: Batch) -> None:
        begun.set()
        end.wait(SOON)
        raise Unavailable("it is gone")

    dispatcher = running.serve(take)
    running.publish("a1")
    assert begun.wait(SOON)
    threading.Timer(0.05, end.set).start()
    dispatcher.stop(within=timedelta(seconds=5))
    batch = running.queue.claim(WORK, lease=LEASE)
    assert batch is not None
    assert batch.attempt == 1


def test_idle_workers_stop_at_once(running: Running) -> None:
    """A stop wakes those who wait for messages."""
    dispatcher = running.serve(Taking(), workers=4)
    time.sleep(0.05)
    before = time.monotonic()
    dispatcher.stop(within=timedelta(seconds=5))
    assert time.monotonic() - before < 1


def test_one_that_never_started_stops(running: Running) -> None:
    """A stop after a start that failed elsewhere is no error."""
    Dispatcher(running.queue, [Lane(subscription=WORK, deliver=Taking())], journal=Notes()).stop()


def test_it_settles_when_the_file_works_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that succeeded while the disk was full is acknowledged later, not repeated."""
    monkeypatch.setattr("infra.local.dispatcher._AFTER_TROUBLE", 0.05)
    taking = Taking()

    def take(batch: Batch) -> None:
        with running.file._lock:
            running.file._quick.execute("PRAGMA query_only = ON")
        taking(batch)

    running.serve(take)
    running.publish("a1")
    running.notes.wait_for("queue.failed")
    with running.file._lock:
        running.file._quick.execute("PRAGMA query_only = OFF")
    running.drained()
    assert taking.got == ["a1"]


def test_it_goes_on_when_the_file_works_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that cannot take messages tells of it and tries again."""
    monkeypatch.setattr("infra.local.dispatcher._AFTER_TROUBLE", 0.05)
    with running.file._lock:
        running.file._quick.execute("PRAGMA query_only = ON")
    running.publish("a1")
    taking = Taking()
    running.serve(taking)
    running.notes.wait_for("queue.failed")
    with running.file._lock:
        running.file._quick.execute("PRAGMA query_only = OFF")
    assert taking.wait_for(1) == ["a1"]
    running.drained()


def test_events_get_into_the_file(running: Running, tmp_path: Path) -> None:
    """The file of changes as a receiver: what is acknowledged is in it."""
    path = tmp_path / "changes.jsonl"
    running.publish("a1", "a2")
    running.serve(ChangesFile(str(path)), most=500)
    running.drained()
    assert path.read_text() == "a1\na2\n"


def test_a_silent_receiver_is_given_up(running: Running) -> None:
    """An answer that does not come in time is a failure."""
    end = threading.Event()
    with listening() as endpoint:
        endpoint.answer = lambda _: 204 if end.wait(SOON) else 500
        push = Push(endpoint.url, timeout=timedelta(milliseconds=50))
        with closing(push):
            running.serve(push)
            running.publish("a1")
            facts = running.notes.wait_for("delivery.failed")
            end.set()
    assert facts["text"] == f"{endpoint.url} does not answer: ReadTimeoutError"


def test_a_missing_receiver_is_waited_for(running: Running) -> None:
    """Messages wait until somebody listens."""
    with listening() as endpoint:
        gone = endpoint.url
    with closing(Push(gone, timeout=timedelta(seconds=5))) as push:
        running.serve(push)
        running.publish("a1")
        facts = running.notes.wait_for("delivery.failed")
    assert "does not answer" in str(facts["text"])
    assert running.waiting() == 1


def test_a_redirection_is_a_refusal(running: Running) -> None:
    """Messages go to the address they are meant for, or nowhere."""
    with listening() as endpoint, closing(Push(endpoint.url, timeout=LEASE)) as push:
        endpoint.answer = lambda _: 307
        running.serve(push)
        running.publish("a1")
        assert running.notes.wait_for("delivery.failed")["text"] == f"{endpoint.url} answers 307"


def test_a_closed_idle_connection_is_no_failure(running: Running) -> None:
    """A server that ends a kept connection just when a message comes gets it on a new one."""
    taken: list[bytes] = []

    def take(connection: socket.socket) -> None:
        with connection.makefile("rb") as request:
            request.readline()
            headers = parse_headers(request)
            taken.append(request.read(int(headers["Content-Length"])))

    def serve(server: socket.socket) -> None:
        for requests in (2, 1):  # the second request of the first connection meets its end
            connection, _ = server.accept()
            with connection:
                take(connection)
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                if requests > 1:
                    take(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/push"
        with closing(Push(url, timeout=timedelta(seconds=SOON))) as push:
            running.serve(push)
            running.publish("a1", "a2")
            running.drained()
    assert [read_envelope(body).data for body in taken] == [b"a1", b"a2", b"a2"]
    assert running.notes.lines == []


def test_a_stroke_between_looking_and_waiting_is_heard() -> None:
    """Who looked before a stroke and waits after it does not wait."""
    bell = Bell()
    heard = bell.strokes
    bell.ring(1)
    before = time.monotonic()
    bell.wait(heard, SOON)
    assert time.monotonic() - before < 1
