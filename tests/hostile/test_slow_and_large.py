"""Who sends slowly, much, or without end costs little memory and keeps nobody else out."""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta

import pytest

from infra.local import listener
from tests.e2e.conftest import Figures
from tests.e2e.patience import eventually
from tests.hostile.forgeries import HOST
from tests.hostile.genuine import Genuine
from tests.hostile.target import MEGABYTE, Target
from tests.processes.installation import THREADS

START = b"POST /receive HTTP/1.1\r\n" + HOST
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = 100 * MEGABYTE
PIECE = b"x" * 65_536
MOST = 16 * MEGABYTE  # that a receiver may grow by
UNENDING = [
    pytest.param(START + b"Content-Length: %d\r\n\r\n" % LARGE, PIECE, id="100-mb"),
    pytest.param(CHUNKED, b"10000\r\n" + PIECE + b"\r\n", id="chunks"),
    pytest.param(START, b"X-A: b\r\n" * 8_000, id="headers"),
    pytest.param(START + b"X-A: ", PIECE, id="a-header"),
]


@pytest.mark.parametrize(("start", "piece"), UNENDING)
def test_what_never_ends_is_cut_off(
    target: Target, start: bytes, piece: bytes, figures: Figures
) -> None:
    """Answered with a 4xx or closed, long before all of it was sent, from several at once."""
    before = target.memory()
    with Genuine(target.port, target.ring, every=0.05) as genuine:
        began = time.monotonic()
        answers = [b""] * 4

        def pour(number: int) -> None:
            answers[number] = _pour(target.port, start, piece)

        threads = [threading.Thread(target=pour, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        took = time.monotonic() - began
        eventually("genuine ones", lambda: len(genuine.taken) > 3)
    grown = target.memory() - before
    figures(f"{answers[0][9:12]!r} after {took:.1f} s, {grown // MEGABYTE} MB; {genuine}")
    assert all(answer[9:10] in {b"4", b""} for answer in answers), answers
    assert grown < MOST
    assert genuine.lost == []


def _pour(port: int, start: bytes, piece: bytes) -> bytes:
    """Send until somebody says stop; gives what was answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with suppress(OSError):
            connection.sendall(start)
            for _ in range(LARGE // len(piece)):
                connection.sendall(piece)
        with suppress(OSError):
            return connection.recv(4096)
    return b""


def test_many_unfinished_bodies_wait_on_the_disk(served: Target) -> None:
    """A hundred bodies of half a megabyte each, none of which ends, are not kept in memory."""
    before = served.memory()
    with ExitStack() as stack:
        for _ in range(100):
            open_ = socket.create_connection(("127.0.0.1", served.port), timeout=5)
            stack.enter_context(open_)
            open_.sendall(START + b"Content-Length: 1000000\r\n\r\n" + b"x" * 500_000)
        with Genuine(served.port, served.ring, every=0.02) as genuine:
            eventually("genuine ones", lambda: len(genuine.taken) > 3)
        assert served.memory() - before < 2 * MOST
    assert genuine.lost == []


def test_some_slow_ones_keep_nobody_out(target: Target) -> None:
    """Fewer than the function has threads: each takes one for as long as it sends."""
    with (
        _slow(target.port, THREADS["receive"] - 10),
        Genuine(target.port, target.ring, every=0.05) as genuine,
    ):
        eventually("genuine ones", lambda: len(genuine.taken) > 10)
    assert genuine.lost == []


def test_many_slow_ones_keep_nobody_out(served: Target, figures: Figures) -> None:
    """More than the listener takes, each with a byte now and then: the oldest must go."""
    before = served.memory()
    with _slow(served.port, 1050) as slow, Genuine(served.port, served.ring, every=0.05) as genuine:
        time.sleep(2)
    figures(f"{slow[0]} bytes of 1050; {genuine}; {(served.memory() - before) // MEGABYTE} MB")
    assert genuine.given
    assert genuine.taken == genuine.given
    assert served.memory() - before < 2 * MOST


@contextmanager
def _slow(port: int, count: int) -> Iterator[list[int]]:
    """Open connections and send a byte of a header on each, again and again; gives how many."""
    sent, ended = [0], threading.Event()
    connections: list[socket.socket] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))

    def trickle() -> None:
        while not ended.wait(0.2):
            for connection in connections:
                with suppress(OSError):
                    sent[0] += connection.send(b"a")

    for _ in range(count):
        connections.append(socket.create_connection(("127.0.0.1", port), timeout=5))
        connections[-1].sendall(START + b"X-A: ")
    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield sent
    finally:
        ended.set()
        thread.join()
        for connection in connections:
            connection.close()


def test_a_request_must_arrive_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that trickles in is closed as if it were silent; one that is done may be kept open."""
    monkeypatch.setattr(listener, "IDLE", 1)

    def answer(environ: object, start: Callable[..., object]) -> list[bytes]:
        start("204 No Content", [])
        return []

    opened = listener.Listener(
        answer, host="127.0.0.1", port=0, threads=1, largest=1000, option="--port"
    )
    opened.start()
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", opened.port), timeout=0.1) as trickling:
        trickling.sendall(START + b"X-A: ")
        while time.monotonic() < began + 8:
            try:
                trickling.sendall(b"a")
                if trickling.recv(10) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("a request may take for ever")
    opened.stop(within=timedelta(seconds=1))
    assert time.monotonic() - began > 0.9
