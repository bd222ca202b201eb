"""Delivers a message as Pub/Sub pushes it: by POST of an envelope, acknowledged by a 2xx."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import urllib3

from functions.domain.errors import Unavailable
from infra.envelope import Envelope, write_envelope
from infra.local.queue.delivery import Batch

_CONNECT_WITHIN = 5.0  # seconds; the server is on this machine


class Push:
    """Pushes to one address; threads may share it. Any answer but a 2xx is `Unavailable`."""

    def __init__(self, url: str, *, timeout: timedelta, connections: int = 1) -> None:
        self._url = url
        limit = urllib3.Timeout(connect=_CONNECT_WITHIN, read=timeout.total_seconds())
        self._http = urllib3.PoolManager(maxsize=connections, timeout=limit, retries=False)

    def __call__(self, batch: Batch) -> None:
        """Push the messages of the batch, which is one for all but a batch subscription."""
        for message in batch.messages:
            envelope = Envelope(
                data=message.data,
                attributes=message.attributes,
                message_id=str(message.id),
                subscription=f"projects/local/subscriptions/{batch.subscription}",
                attempt=batch.attempt,
            )
            self._post(write_envelope(envelope, key=message.key, published_at=message.published_at))

    def close(self) -> None:
        """Close the connections that are kept."""
        self._http.clear()

    def _post(self, body: bytes) -> None:
        try:
            status = self._answer(body)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"{self._url} does not answer: {type(error).__name__}") from error
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Unavailable(f"{self._url} answers {status}")

    def _answer(self, body: bytes) -> int:
        try:
            return self._send(body)
        except urllib3.exceptions.ProtocolError:
            # The server may have closed an idle connection at this very moment.
            return self._send(body)

    def _send(self, body: bytes) -> int:
        headers = {"Content-Type": "application/json"}
        answer = self._http.request("POST", self._url, body=body, headers=headers, redirect=False)
        return answer.status
