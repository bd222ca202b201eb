"""What `receive` refuses for its token, and when; what shows of it outside."""

from __future__ import annotations

import pytest

from functions.domain.keyring import Ring
from tests.world.doorway import Doorway, headers, proof
from tests.world.ports import key

KIB = 1024
LARGEST = 256 * KIB


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
