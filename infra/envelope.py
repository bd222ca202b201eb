"""Reads the envelope in which Pub/Sub pushes a message, and writes it for the queue of one machine.

https://docs.cloud.google.com/pubsub/docs/push#receive_push
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.domain.errors import Invalid
from functions.domain.event import rfc3339

# A message has at most 10 MB: a third more in base64, and at most 100 attributes of 1,280 bytes,
# each byte of which JSON may write as six. https://docs.cloud.google.com/pubsub/quotas
LARGEST = 16 * 1024 * 1024
_URL_ALPHABET = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One pushed message. The ordering key is left out: Pub/Sub's emulator leaves it out, too."""

    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""
    subscription: str = ""
    attempt: int = 1


def read_envelope(body: bytes, *, largest: int = LARGEST) -> Envelope:
    """Read what Pub/Sub posted; `Invalid` for anything else, and for more than `largest` bytes."""
    if len(body) > largest:
        raise Invalid(f"a push envelope has at most {largest} bytes")
    try:
        envelope = _mapping(json.loads(body), "a push envelope")
    except (ValueError, RecursionError):
        raise Invalid("a push envelope is JSON") from None
    message = _mapping(envelope.get("message"), "message")
    # Only a subscription with a dead-letter policy counts attempts.
    attempt = envelope.get("deliveryAttempt") or 1
    if not isinstance(attempt, int) or isinstance(attempt, bool) or attempt < 1:
        raise Invalid("deliveryAttempt is a positive number")
    return Envelope(
        data=_data(message.get("data")),
        attributes=_attributes(message.get("attributes")),
        message_id=_text(message.get("messageId"), "messageId"),
        subscription=_text(envelope.get("subscription"), "subscription"),
        attempt=attempt,
    )


def write_envelope(envelope: Envelope, *, key: str, published_at: datetime) -> bytes:
    """Write the body that Pub/Sub would post."""
    message = {
        "data": b64encode(envelope.data).decode(),
        "attributes": dict(envelope.attributes),
        "messageId": envelope.message_id,
        "publishTime": rfc3339(published_at),
        "orderingKey": key,
    }
    outer = {
        "message": message,
        "subscription": envelope.subscription,
        "deliveryAttempt": envelope.attempt,
    }
    return json.dumps(outer, separators=(",", ":")).encode()


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{name} is an object")
    return value


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{name} is a text")
    return value


def _attributes(value: object) -> Mapping[str, str]:
    attributes = {} if value is None else _mapping(value, "attributes")
    if not all(isinstance(text, str) for text in attributes.values()):
        raise Invalid("attributes are texts")
    return attributes


def _data(value: object) -> bytes:
    """Decode base64 in either alphabet, padded or not: Gmail's is documented as base64url."""
    text = _text(value, "data").translate(_URL_ALPHABET).rstrip("=")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("data is base64") from None
