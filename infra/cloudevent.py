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
from infra.plain import TooDeep, json_if_plain, plain, plain_text

CONTENT_TYPE = "application/cloudevents+json"
LARGEST = 9_000_000  # bytes; Pub/Sub takes 10 MB, its attributes and the request around it included
LONGEST_ATTRIBUTE = 1024  # bytes; https://docs.cloud.google.com/pubsub/quotas
_LEAST_TEXT = 256  # characters that stay of a text of an event that is too large even without item

# Characters that JSON leaves as they are but at which some readers end a line.
_LINE_ENDS = {end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """An event as it travels: one line of JSON and the attributes that subscriptions filter by."""

    data: bytes
    attributes: dict[str, str]


def encode(event: Event, *, largest: int = LARGEST) -> Encoded:
    """Encode an event; one that is too large or too deep is cut to what identifies its item."""
    texts = event.attributes()
    # Nearly all that comes from an API needs no care, and is not copied first.
    text = json_if_plain({**texts, "data": event.data})
    data = None if text is None else _one_line(text)
    if data is None or len(data) > largest:
        texts, data = _with_care(event, largest)
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


def _with_care(event: Event, largest: int) -> tuple[dict[str, str], bytes]:
    """Make all of an event plain, and if need be short; what it is made of, the library says."""
    texts = {name: plain_text(text) for name, text in event.attributes().items()}
    for cut in (False, True):
        try:
            content = plain((event.truncated() if cut else event).data)
        except TooDeep:
            continue
        data = _line(to_dict(CloudEvent(texts, content)))
        if len(data) <= largest:
            return texts, data
    texts = {name: text[:_LEAST_TEXT] for name, text in texts.items()}
    kind = plain_text(str(event.data.get("kind", "")))[:_LEAST_TEXT]
    content = {"kind": kind, "item": {}, "truncated": True}
    return texts, _line(to_dict(CloudEvent(texts, content)))


def _line(fields: Mapping[str, object]) -> bytes:
    # The library's own writer orders the fields by kind; this keeps them in the order given.
    return _one_line(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


def _one_line(text: str) -> bytes:
    if not text.isascii():
        for end, escaped in _LINE_ENDS.items():
            text = text.replace(end, escaped)
    return text.encode()


def _message_attributes(texts: Mapping[str, str]) -> dict[str, str]:
    attributes = {"Content-Type": CONTENT_TYPE}
    for name, text in texts.items():
        # With ce-specversion, official readers would take the message for one in binary mode.
        if name != "specversion" and len(text.encode()) <= LONGEST_ATTRIBUTE:
            attributes[f"ce-{name}"] = text
    return attributes
