"""Writes an event as a structured CloudEvent, with the message attributes that go with it.

It never fails, whatever an item contains: an item that cannot be told as it is is told shortened.
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from cloudevents.conversion import to_dict
from cloudevents.http import CloudEvent

from functions.domain.event import Event
from infra.plain import TooDeep, plain, plain_text

CONTENT_TYPE = "application/cloudevents+json"
LARGEST = 9_000_000  # bytes; Pub/Sub takes 10 MB, its attributes and the request around it included
LONGEST_ATTRIBUTE = 1024  # bytes; https://docs.cloud.google.com/pubsub/quotas
_LEAST_TEXT = 256  # characters that stay of a text of an event that is too large even without item

# Characters that JSON leaves as they are but at which some readers end a line.
_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """An event as it travels: one line of JSON and the attributes that subscriptions filter by."""

    data: bytes
    attributes: dict[str, str]


def encode(event: Event, *, largest: int = LARGEST) -> Encoded:
    """Encode an event; one that is too large or too deep is cut to what identifies its item."""
    texts = {name: plain_text(text) for name, text in event.attributes().items()}
    for cut in (False, True):
        try:
            data = _structured(texts, plain((event.truncated() if cut else event).data))
        except TooDeep:
            continue
        if len(data) <= largest:
            return Encoded(data=data, attributes=_message_attributes(texts))
    texts = {name: text[:_LEAST_TEXT] for name, text in texts.items()}
    kind = plain_text(str(event.data.get("kind", "")))[:_LEAST_TEXT]
    data = _structured(texts, {"kind": kind, "item": {}, "truncated": True})
    return Encoded(data=data, attributes=_message_attributes(texts))


def repeated(data: bytes, attributes: Mapping[str, str], *, replay: str) -> Encoded:
    """Give an encoded event as the run `replay` repeats it: the same id, and the run's name.

    Raises:
        ValueError: this is no event.
    """
    fields = json.loads(data)
    if not isinstance(fields, dict):
        raise ValueError("no event")  # noqa: TRY004 - whatever is wrong is one error
    content = fields.pop("data", None)
    line = _line({**fields, "replay": replay, "data": content})
    return Encoded(data=line, attributes={**attributes, "ce-replay": replay})


def _structured(texts: dict[str, str], data: object) -> bytes:
    # The library's own writer orders the fields by kind; this keeps them in the order given.
    return _line(to_dict(CloudEvent(texts, data)))


def _line(fields: Mapping[str, object]) -> bytes:
    line = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return line.translate(_LINE_ENDS).encode()


def _message_attributes(texts: dict[str, str]) -> dict[str, str]:
    # With ce-specversion, official readers would take the message for one in binary mode.
    named = {f"ce-{name}": text for name, text in texts.items() if name != "specversion"}
    short = {n: text for n, text in named.items() if len(text.encode()) <= LONGEST_ATTRIBUTE}
    return {"Content-Type": CONTENT_TYPE, **short}
