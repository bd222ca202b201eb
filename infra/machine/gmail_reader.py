"""Reads Gmail's topic by a pull subscription, for a machine that real Google cannot push to.

Each message goes to `sync` as Pub/Sub would have pushed it, and is acknowledged when that answers.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import urllib3
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import SubscriberClient

from functions.ports import Journal
from infra.envelope import Envelope, write_envelope

MOST = 100
PULL_WITHIN = 20.0  # seconds; the server holds the call until there is a message
AFTER_TROUBLE = timedelta(seconds=5)


class GmailReader:
    """Pulls until it is stopped."""

    def __init__(self, subscription: str, *, url: str, journal: Journal) -> None:
        """Keep what to read, and where `sync` is."""
        self._subscription = subscription
        self._url = url
        self._journal = journal
        self._stopping = threading.Event()
        self._http = urllib3.PoolManager(maxsize=1, retries=False, timeout=300.0)
        self._thread = threading.Thread(target=self._run, name="gmail", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; what was not acknowledged is delivered again."""
        self._stopping.set()

    def _run(self) -> None:
        client: SubscriberClient | None = None
        while not self._stopping.is_set():
            try:
                client = client or SubscriberClient()
                self._pull(client)
            except exceptions.DeadlineExceeded:
                continue  # nothing came
            except (exceptions.GoogleAPIError, GoogleAuthError, urllib3.exceptions.HTTPError) as e:
                self._journal.warn("gmail topic not read", reason=f"{type(e).__name__}: {e}")
                self._stopping.wait(AFTER_TROUBLE.total_seconds())

    def _pull(self, client: SubscriberClient) -> None:
        answer = client.pull(
            subscription=self._subscription, max_messages=MOST, timeout=PULL_WITHIN, retry=None
        )
        for received in answer.received_messages:
            envelope = Envelope(
                data=received.message.data,
                attributes=dict(received.message.attributes),
                message_id=received.message.message_id,
                subscription=self._subscription,
            )
            body = write_envelope(envelope, key="", published_at=datetime.now(UTC))
            headers = {"Content-Type": "application/json"}
            reply = self._http.request("POST", self._url, body=body, headers=headers)
            if reply.status < 300:  # noqa: PLR2004 - any 2xx acknowledges
                client.acknowledge(
                    subscription=self._subscription, ack_ids=[received.ack_id], timeout=10.0
                )
