"""Answers that are ready: one for all who ask alike, and nothing is read for their sake."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.test import Client

from functions.receive import LARGEST_BODY
from infra.ready import Ready
from tests.world.doorway import headers, opened

REFUSED = Ready("not verified", 401, {"Content-Type": "text/plain"})


@pytest.mark.parametrize(("method", "body"), [("POST", b"not verified"), ("HEAD", b"")])
def test_one_answer_serves_any_number(method: str, body: bytes) -> None:
    """The second gets what the first got; who asks for the head alone gets no body."""
    for _ in range(2):
        answer = Client(REFUSED).open("/", method=method)
        assert (answer.status, answer.data) == ("401 UNAUTHORIZED", body)
        assert dict(answer.headers) == {"Content-Type": "text/plain", "Content-Length": "12"}


def test_no_server_changes_what_the_next_one_gets() -> None:
    """Servers and what stands before them may add headers: each has a list of its own."""
    lists: list[list[tuple[str, str]]] = []

    def start(_: str, given: list[tuple[str, str]], *__: Any) -> Any:
        lists.append(given)
        given.append(("Via", "1.1 google"))

    for _ in range(2):
        REFUSED({"REQUEST_METHOD": "POST"}, start)
    assert [len(each) for each in lists] == [3, 3]


def test_no_content_has_neither_length_nor_body() -> None:
    """204 has no body, so it tells nothing about one: RFC 9110, 8.6."""
    answer = Client(Ready("", 204, {})).post("/")
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Length" not in answer.headers


class Endless(io.RawIOBase):
    """A body without an end that counts what is read of it."""

    count = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill all of it."""
        self.count += len(buffer)
        return len(buffer)


def test_what_is_too_large_is_not_read_into_memory() -> None:
    """functions-framework would read all of it before it answers: no more than needed is."""
    body = Endless()
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    with opened() as doorway:
        answer = doorway.client.post(
            "/", headers=headers(), environ_overrides={**chunked, "wsgi.input": body}
        )
    assert answer.status_code == 413
    assert body.count <= LARGEST_BODY + 1
