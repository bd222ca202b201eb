"""A watch, its progress and its channels, as the tests of decisions vary them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.domain.coverage import Grounds
from functions.domain.keyring import Key, Ring
from functions.domain.model import Channel, ChannelState, Message, Progress, Watch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ADDRESS = "https://example.com/receive"
GROUNDS = Grounds(address=ADDRESS, keys=frozenset({"k1"}))
KEY = Key(id="k1", created=NOW - 30 * DAY, secret=b"s" * 32)
RING = Ring((KEY,))
WATCH = Watch(
    id="ana-drive", source="drive.changes", subject="ana@example.com", params={"spaces": "drive"}
)


def progress(**fields: Any) -> Progress:
    """Make the progress of a watch that has its baseline."""
    given: dict[str, Any] = {
        "short": "ana-drive",
        "source": "drive.changes",
        "subject": "ana@example.com",
        "cursor": "100",
        "baseline_at": NOW - DAY,
    }
    return Progress(watch="ana-drive", **(given | fields))


def channel(
    name: str = "c1", *, age: timedelta = MINUTE, life: timedelta = DAY, **fields: Any
) -> Channel:
    """Make a live channel, `age` old, that covers: confirmed, sound, not expired."""
    opened_at = NOW - age
    given: dict[str, Any] = {
        "source": "drive.changes",
        "subject": "ana@example.com",
        "state": ChannelState.LIVE,
        "opened_at": opened_at,
        "asked_until": opened_at + life,
        "expiration": opened_at + life,
        "key_id": "k1",
        "address": ADDRESS,
        "confirmed_at": opened_at,
        "resource_id": "r1",
        "resource_uri": "https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=100",
    }
    return Channel(id=name, watch="ana-drive", **(given | fields))


def opening(name: str = "c1", *, age: timedelta = SECOND, **fields: Any) -> Channel:
    """Make the record of a channel that Google was asked for and has not answered."""
    given: dict[str, Any] = {
        "state": ChannelState.OPENING,
        "confirmed_at": None,
        "resource_id": None,
        "resource_uri": None,
        "expiration": None,
    }
    return channel(name, age=age, **(given | fields))


def message(name: str = "c1", **fields: Any) -> Message:
    """Make a message of a channel."""
    given: dict[str, Any] = {
        "number": 1,
        "state": "sync",
        "resource_id": "r1",
        "resource_uri": "https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=100",
        "expiration": NOW + HOUR,
    }
    return Message(channel=name, **(given | fields))
