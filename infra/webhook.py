"""Posts signed webhooks, and waits for no receiver longer than it must.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import urllib3
from standardwebhooks import Webhook

from functions.domain.errors import Invalid, Unavailable
from infra.cloudevent import CONTENT_TYPE
from infra.outward import open_outward

CONNECT_WITHIN = timedelta(seconds=5)
ANSWER_WITHIN = timedelta(seconds=15)  # as the specification recommends: 15 to 30 s
_MOST_SECRETS = 10


class SignedWebhooks:
    """The port `Webhooks`, safe with threads."""

    def __init__(
        self,
        *,
        allow_private: bool,
        connect_within: timedelta = CONNECT_WITHIN,
        answer_within: timedelta = ANSWER_WITHIN,
    ) -> None:
        """Keep how long to wait."""
        self._whole = connect_within + answer_within
        self._allow_private = allow_private
        self._timeout = urllib3.Timeout(
            connect=connect_within.total_seconds(), read=answer_within.total_seconds()
        )

    def post(self, url: str, body: bytes, *, event: str, secrets: str, now: datetime) -> int:
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "watchkeeper",
            "webhook-id": event,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": sign(body, event=event, secrets=secrets, now=now),
        }
        answered: list[int] = []
        failures: list[Exception] = []

        def ask() -> None:
            try:
                answered.append(self._post(url, body, headers))
            except Exception as failure:  # noqa: BLE001 - it is raised where it is waited for
                failures.append(failure)

        # A receiver that sends a byte now and then would never meet a timeout.
        asking = threading.Thread(target=ask, name="webhook", daemon=True)
        asking.start()
        asking.join(self._whole.total_seconds())
        if failures:
            raise failures[0]
        if not answered:
            raise Unavailable(f"the receiver does not answer within {self._whole.seconds} s")
        return answered[0]

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        # A connection of its own: a receiver that is slow to close keeps nobody else waiting.
        with open_outward(
            allow_private=self._allow_private, num_pools=1, retries=False, timeout=self._timeout
        ) as manager:
            try:
                answer = manager.request(
                    "POST", url, body=body, headers=headers, redirect=False, preload_content=False
                )
                # What it says beside its status is nothing to us.
                answer.close()
            except urllib3.exceptions.LocationValueError:
                raise Invalid("the url to forward to is none") from None
            except (urllib3.exceptions.HTTPError, OSError) as failure:
                name = type(failure).__name__
                raise Unavailable(f"the receiver does not answer: {name}") from None
            return int(answer.status)


def sign(body: bytes, *, event: str, secrets: str, now: datetime) -> str:
    """Sign with each secret, newest first, so that receivers may change theirs one by one.

    Raises:
        Invalid: a line is no secret.
    """
    lines = [line.strip() for line in secrets.splitlines() if line.strip()][:_MOST_SECRETS]
    try:
        if not lines:
            raise ValueError("none")
        text = body.decode()
        return " ".join(Webhook(line).sign(event, now, text) for line in lines)
    except Exception:  # noqa: BLE001 - whatever it is called, its text may hold the secret
        raise Invalid("the secret to sign with is not one whsec_ and base64 text a line") from None
