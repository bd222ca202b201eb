"""`receive` behind functions-framework: the contract's table of answers, line by line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest

from functions.domain.keyring import Ring
from tests.world.doorway import CHANNEL, WATCH, Doorway, headers, opened, proof
from tests.world.ports import START, key

KIB = 1024
LARGEST = 256 * KIB


@pytest.fixture
def doorway() -> Iterator[Doorway]:
    """Give `receive` as it is deployed."""
    with opened() as doorway:
        yield doorway


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


REFUSED = {
    "missing": headers(Channel_Token=None),
    "empty": headers(Channel_Token=""),
    "rubbish": headers(Channel_Token="x"),
    "not ASCII": headers(Channel_Token="1.k1.\xe4.\xe4"),
    "too long": headers(Channel_Token=proof() + "x" * 257),
    "wrong": headers(Channel_Token=proof()[:-1] + ("A" if proof()[-1] != "A" else "B")),
    "of another channel": headers(Channel_Token=proof(channel="d" * 32)),
    "of an unknown key": headers(Channel_Token=proof(signer="k9")),
    "renamed key": headers(Channel_Token=proof().replace("1.k1.", "1.k2.")),
    "of another version": headers(Channel_Token="2" + proof()[1:]),
    "expired": headers(Channel_Expiration="Sun, 01 Mar 2026 11:58:59 GMT"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_whatever_proves_nothing_is_401_alike(doorway: Doorway, case: str) -> None:
    """Status, body and headers are the same for each kind of refusal: nothing can be learnt."""
    answer = doorway.post(REFUSED[case])
    reference = doorway.post(headers(Channel_Token="nonsense"))
    assert answer.status_code == 401
    assert answer.data == reference.data
    assert sorted(answer.headers) == sorted(reference.headers)
    assert doorway.queue.put_so_far == []


def test_expiration_has_a_minute_of_grace(doorway: Doorway) -> None:
    """A message that took a while on its way is still taken, 60 seconds after the expiration."""
    in_time = headers(Channel_Expiration="Sun, 01 Mar 2026 11:59:00 GMT")
    assert doorway.post(in_time).status_code == 204


def test_every_key_of_the_ring_verifies(doorway: Doorway) -> None:
    """After a rotation the older key's channels are still heard; after its withdrawal not."""
    for signer in ("k1", "k2"):
        assert doorway.post(headers(Channel_Token=proof(signer=signer))).status_code == 204
    doorway.ring.held = Ring((key("k2"),))
    assert doorway.post(headers(Channel_Token=proof(signer="k1"))).status_code == 401


def test_unqueued_job_is_503_with_retry_after(doorway: Doorway) -> None:
    """What is not durable is not acknowledged: Google sends it again."""
    doorway.queue.fails = True
    answer = doorway.post(headers())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


def test_unreadable_key_ring_is_503_not_401(doorway: Doorway) -> None:
    """A ring that cannot be read is an outage: the message may well be genuine."""
    doorway.ring.held = None
    answer = doorway.post(headers())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


ORDER = {"method": 405, "size": 413, "headers": 400, "token": 401}


@pytest.mark.parametrize("first", ORDER)
def test_first_check_that_fails_answers(doorway: Doorway, first: str) -> None:
    """The order is method, size, headers, token; whatever is wrong behind does not show."""
    wrong = list(ORDER)[list(ORDER).index(first) :]
    changed: dict[str, str | None] = {}
    if "headers" in wrong:
        changed["Message_Number"] = "none"
    if "token" in wrong:
        changed["Channel_Token"] = "x"
    answer = doorway.client.open(
        "/",
        method="PUT" if "method" in wrong else "POST",
        headers=headers(**changed),
        data=b"x" * (12 * KIB * KIB if "size" in wrong else 1),
    )
    assert answer.status_code == ORDER[first]


def test_outage_of_keys_or_queue_shows_only_where_it_matters(doorway: Doorway) -> None:
    """With ring and queue down, what is wrong before them is refused as ever."""
    doorway.ring.held, doorway.queue.fails = None, True
    assert doorway.client.get("/").status_code == 405
    assert doorway.post(headers(), b"x" * (LARGEST + 1)).status_code == 413
    assert doorway.post(headers(Message_Number="x")).status_code == 400


def test_answers_have_no_body_beyond_a_reason(doorway: Doorway) -> None:
    """A refusal says in two or three words what it is, in plain text."""
    answers = [
        doorway.client.get("/"),
        doorway.post(headers(), b"x" * (LARGEST + 1)),
        doorway.post(headers(Message_Number="x")),
        doorway.post(headers(Channel_Token="x")),
    ]
    doorway.queue.fails = True
    answers.append(doorway.post(headers()))
    for answer in answers:
        assert len(answer.data) < 32
        assert answer.content_type.startswith("text/plain")


def test_log_names_the_refusal_but_no_token(doorway: Doorway) -> None:
    """The journal has one line a request, without token or header dump."""
    forged = proof(signer="k9")
    doorway.post(headers(Channel_Token=forged))
    doorway.post(headers())
    assert doorway.notebook.decisions() == ["refused", "queued"]
    text = str(doorway.notebook.lines)
    assert forged not in text
    assert proof() not in text


def test_body_that_breaks_off_is_no_error_of_ours(doorway: Doorway) -> None:
    """A sender that goes away amid the body is a bad request: nothing of ours has failed."""
    answer = doorway.client.open(
        "/",
        method="POST",
        headers=headers(),
        data=b"short",
        environ_overrides={"CONTENT_LENGTH": "100"},
    )
    assert (answer.status_code, answer.data) == (400, b"bad notification")
    assert doorway.queue.put_so_far == []
