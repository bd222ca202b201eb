"""Makes the CloudEvent of a change or of a trouble, with an id that never varies.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.domain.change import Change
from functions.domain.model import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One CloudEvent: what every sink receives."""

    id: str
    source: str
    type: str
    time: datetime
    watch: str
    subject: str | None = None
    account: str | None = None
    replay: str | None = None  # the name of the run that repeats it
    data: Mapping[str, Any] = field(default_factory=dict)

    def attributes(self) -> dict[str, str]:
        """Give the CloudEvents attributes, `data` apart, as texts."""
        texts = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": rfc3339(self.time),
            "datacontenttype": "application/json",
            "watch": self.watch,
            "account": self.account,
            "replay": self.replay,
        }
        return {name: text for name, text in texts.items() if text}

    def truncated(self) -> Event:
        """Give the event with its item cut to what identifies it, for what is too large to send."""
        item = self.data.get("item")
        item = item if isinstance(item, Mapping) else {}
        kept = {name: item[name] for name in ("id", "version", "etag") if name in item}
        data = {**self.data, "item": kept, "truncated": True}
        return Event(**{**_fields(self), "data": data})


def event_of(change: Change, watch: Watch) -> Event:
    """Make the event of a change: the same change gives the same event, whenever it is read."""
    return Event(
        id=stable_id(watch.id, change.kind, change.item, change.version),
        source=f"/watches/{watch.id}",
        type=f"watchkeeper.{watch.source}.{change.kind}",
        subject=change.item,
        time=change.time,
        watch=watch.id,
        account=watch.subject,
        data={
            "kind": change.kind,
            "item": dict(change.resource),
            "seen_before": change.seen_before,
        },
    )


def trouble_event(
    kind: str, *, watch: str, account: str | None, since: str, at: datetime, data: Mapping[str, Any]
) -> Event:
    """Make an event the owner of a watch must know: parked, resumed, resynced, handler.stopped.

    `since` makes the id: when the verdict was first stored, or the cursor that was refused.
    """
    full = kind if "." in kind else f"watch.{kind}"
    return Event(
        id=stable_id(watch, full, since),
        source=f"/watches/{watch}",
        type=f"watchkeeper.{full}",
        time=at,
        watch=watch,
        account=account,
        data=data,
    )


def stable_id(*parts: str) -> str:
    """Give one id for these parts; their borders count."""
    joined = "\0".join(parts)
    return hashlib.sha256(joined.encode(errors="surrogatepass")).hexdigest()[:32]


def rfc3339(time: datetime) -> str:
    """Write a time as CloudEvents wants it."""
    try:
        utc = time.astimezone(UTC)
    except OverflowError:  # before the first or after the last year: as near as can be
        utc = time.replace(tzinfo=UTC)
    return utc.isoformat().replace("+00:00", "Z")


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__slots__}
