"""`receive` behind functions-framework: the contract's table of answers, line by line."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from tests.world.doorway import CHANNEL, WATCH, Doorway, headers
from tests.world.ports import START

KIB = 1024
LARGEST = 256 * KIB


def test_valid_notification_is_queued_and_answered_204(doorway: Doorway) -> None:
    """A genuine message becomes a job that carries its headers and body; the answer is empty."""
    answer = doorway.post(headers(Changed="content, parents"), b'{"kind": "any"}')
    assert (answer.status_code, answer.data) == (204, b"")
    (job,) = doorway.queue.put_so_far
    assert (job.watch, job.reason, job.key_id) == (WATCH, "notification", "k1")
    assert job.queued_at == START
    assert job.message is not None
    assert (job.message.channel, job.message.number, job.message.state) == (CHANNEL, 7, "change")
    assert job.message.changed == ("content", "parents")
    assert job.message.body == '{"kind": "any"}'
    assert job.message.expiration == START + timedelta(days=1)


@pytest.mark.parametrize("state", ["sync", "exists", "not_exists", "change", "newInGoogle-2031"])
def test_every_state_is_queued_alike(doorway: Doorway, state: str) -> None:
    """A message `sync`, or of a state that Google adds later, is queued as any other."""
    assert doorway.post(headers(Resource_State=state)).status_code == 204
    assert len(doorway.queue.put_so_far) == 1


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
)
def test_only_post_is_allowed(doorway: Doorway, method: str) -> None:
    """Any other method gets 405 and learns which one is allowed, even with a genuine token."""
    answer = doorway.client.open("/receive", method=method, headers=headers())
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert doorway.queue.put_so_far == []


def test_robots_are_let_go_ahead(doorway: Doorway) -> None:
    """`/robots.txt` is 404, which Google's sender takes as leave to go on."""
    assert doorway.client.get("/robots.txt").status_code == 404


REQUIRED = ["Channel_ID", "Message_Number", "Resource_State", "Resource_ID", "Resource_URI"]


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_missing_header_is_400(doorway: Doorway, name: str, value: str | None) -> None:
    """Without one of the required headers there is no notification."""
    assert doorway.post(headers(**{name: value})).status_code == 400
    assert doorway.queue.put_so_far == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Channel_ID", "spaces are wrong"),
        ("Channel_ID", "x" * 65),
        ("Message_Number", "0"),
        ("Message_Number", "-1"),
        ("Message_Number", "1_0"),
        ("Message_Number", "1.0"),
        ("Message_Number", "9223372036854775809"),
        ("Message_Number", "\xb2"),
        ("Message_Number", "1,2"),
        ("Resource_State", "two words"),
        ("Resource_State", "x" * 129),
        ("Channel_Expiration", "1798761600000"),
        ("Channel_Expiration", "2026-03-02T12:00:00Z"),
        ("Channel_Expiration", "Mon, 02 Mar 2026 25:00:00 GMT"),
        ("Channel_Expiration", "Mon, 02 Mar 2026 12:00:00 +0100"),
        ("Channel_Expiration", ""),
    ],
)
def test_malformed_header_is_400(doorway: Doorway, name: str, value: str) -> None:
    """A header that Google would not send so makes the request a bad one, token or not."""
    assert doorway.post(headers(**{name: value})).status_code == 400
    assert doorway.queue.put_so_far == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Message_Number", "1"),
        ("Message_Number", "9223372036854775808"),
        ("Channel_Expiration", None),
        ("Resource_URI", "https://example.com/\xe4?q=a b"),
        ("Changed", " content ,, parents"),
        ("Changed", ""),
    ],
)
def test_odd_but_possible_headers_are_accepted(
    doorway: Doorway, name: str, value: str | None
) -> None:
    """The borders of what Google may send are inside."""
    assert doorway.post(headers(**{name: value})).status_code == 204


@pytest.mark.parametrize(
    ("size", "status"), [(0, 204), (LARGEST, 204), (LARGEST + 1, 413), (11 * KIB * KIB, 413)]
)
def test_body_may_have_256_kib(doorway: Doorway, size: int, status: int) -> None:
    """A larger body is 413, whatever else is right."""
    assert doorway.post(headers(), b"x" * size).status_code == status
    assert len(doorway.queue.put_so_far) == (status == 204)


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 204), (LARGEST + 1, 413)])
def test_body_of_unknown_length_is_measured(doorway: Doorway, size: int, status: int) -> None:
    """A chunked body is read only as far as the limit needs."""
    answer = doorway.client.open(
        "/",
        method="POST",
        headers=headers(),
        input_stream=io.BytesIO(b"x" * size),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert answer.status_code == status
