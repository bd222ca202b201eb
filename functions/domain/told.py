"""Reads a change event as it travels: the other end of what `infra/cloudevent.py` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.domain.errors import Invalid

_NEEDED = ("id", "type", "source", "watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event as a handler gets it, with the very bytes it came in."""

    id: str
    type: str
    watch: str
    subject: str
    account: str | None
    replay: str  # the name of the run that repeats it; empty for the first time
    fields: Mapping[str, Any]
    data: Mapping[str, Any]
    body: bytes

    @property
    def kind(self) -> str:
        """What happened: `file.updated`; of a trouble event its type less the project's name."""
        kind = self.data.get("kind")
        return kind if isinstance(kind, str) else self.type.removeprefix("watchkeeper.")

    @property
    def item(self) -> Mapping[str, Any]:
        """The resource, or what is left of one that was too large."""
        item = self.data.get("item")
        return item if isinstance(item, Mapping) else {}


def read_told(body: bytes) -> Told:
    """Read a structured CloudEvent of ours.

    Raises:
        Invalid: it is none.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("a change event is JSON") from None
    if not isinstance(fields, Mapping):
        raise Invalid("a change event is an object")
    for name in _NEEDED:
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise Invalid(f"a change event has the attribute {name}")
    data = fields.get("data")
    return Told(
        id=fields["id"],
        type=fields["type"],
        watch=fields["watch"],
        subject=_text(fields, "subject"),
        account=_text(fields, "account") or None,
        replay=_text(fields, "replay"),
        fields=fields,
        data=data if isinstance(data, Mapping) else {},
        body=body,
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
