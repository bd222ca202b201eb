"""Webhooks as the published library verifies them, and receivers of every kind."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from functions.domain.errors import Invalid, Unavailable
from infra.webhook import SignedWebhooks, sign
from tests.receiver import Receiver, receiving

OLD, NEW = (f"whsec_{base64.b64encode(text * 4).decode()}" for text in (b"old key!", b"new key!"))
BODY = '{"id": "e1", "name": "Zoë"}'.encode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver on this machine."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def webhooks() -> SignedWebhooks:
    """Give what posts, to this machine, too."""
    within = timedelta(milliseconds=400)
    return SignedWebhooks(allow_private=True, connect_within=within, answer_within=within)


def post(webhooks: SignedWebhooks, url: str, secrets: str = NEW) -> int:
    """Post the body."""
    return webhooks.post(url, BODY, event="e1", secrets=secrets, now=datetime.now(UTC))


def test_the_library_verifies_it(webhooks: SignedWebhooks, receiver: Receiver) -> None:
    """The body arrives as it is and its signature is good; another secret finds it bad."""
    assert post(webhooks, receiver.url) == 204
    (got,) = receiver.got
    assert got.body == BODY
    assert got.headers["content-type"] == "application/cloudevents+json"
    assert got.headers["webhook-id"] == "e1"
    assert Webhook(NEW).verify(got.body, got.headers) == {"id": "e1", "name": "Zoë"}
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(got.body, got.headers)


def test_all_secrets_sign(webhooks: SignedWebhooks, receiver: Receiver) -> None:
    """While a secret is rotated, receivers with the old and with the new one find it good."""
    post(webhooks, receiver.url, f"{NEW}\n{OLD}\n")
    (got,) = receiver.got
    for secret in (OLD, NEW):
        Webhook(secret).verify(got.body, got.headers)


@pytest.mark.parametrize("secrets", ["", "\n", "whsec_", "whsec_%%%\n", "whsec_a", f"{NEW}\nother"])
def test_what_is_no_secret_is_refused(secrets: str) -> None:
    """A text that is no secret is named as such and not shown."""
    with pytest.raises(Invalid, match="whsec_ and base64"):
        sign(BODY, event="e", secrets=secrets, now=datetime.now(UTC))


@pytest.mark.parametrize("status", [200, 301, 302, 307, 308, 400, 410, 429, 500])
def test_no_redirect_is_followed(webhooks: SignedWebhooks, receiver: Receiver, status: int) -> None:
    """Whatever is answered is the answer: a redirect leads nowhere."""
    receiver.answer = (status, {"Location": f"{receiver.url}/elsewhere"})
    assert post(webhooks, receiver.url) == status
    assert len(receiver.got) == 1


def test_who_does_not_answer_is_not_waited_for(webhooks: SignedWebhooks) -> None:
    """A receiver that is silent, or sends a byte now and then, costs no more than the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_drip, args=(server,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            post(webhooks, f"http://127.0.0.1:{server.getsockname()[1]}")
        assert time.monotonic() - began < 2


def test_nobody_there(webhooks: SignedWebhooks) -> None:
    """A refused connection is tried again later."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unavailable):
        post(webhooks, f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1", "http://169.254.169.254/latest", "http://[::1]"]
)
def test_private_addresses_are_refused(url: str) -> None:
    """By default nothing is posted to this machine or its network."""
    with pytest.raises(Invalid, match="private"):
        post(SignedWebhooks(allow_private=False), url)


def _drip(server: socket.socket) -> None:
    line, _ = server.accept()
    with line:
        try:
            for byte in b"HTTP/1.1 200 OK\r\n" * 100:
                line.sendall(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            return
