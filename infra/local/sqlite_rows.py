"""What the SQLite store writes into its columns: documents as JSON, times as whole microseconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.domain.change import Seen, Step, known_state
from functions.domain.fields import from_fields, to_fields

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = "$time"  # JSON has no times: {"$time": "2026-01-01T00:00:00+00:00"}

SEEN_COLUMNS = "version, state, stamp, ordinal, round, step"


def to_text(document: Mapping[str, Any]) -> str:
    """Write a document of plain values and times."""
    return json.dumps(document, default=_tagged, separators=(",", ":"))


def from_text(text: str) -> dict[str, Any]:
    """Read what `to_text` wrote.

    Raises:
        ValueError: this is no document.
    """
    try:
        document = json.loads(text, object_hook=_untagged)
    except (RecursionError, TypeError) as error:  # nested too deeply, a time that is no text
        raise ValueError(str(error)) from None
    if not isinstance(document, dict):
        raise ValueError("no map of fields")  # noqa: TRY004  # whatever is wrong is one error
    return document


def to_number(time: datetime | None) -> int | None:
    """Give a time as a number that an index can order."""
    return None if time is None else (time - _EPOCH) // _MICROSECOND


def whole(text: str) -> str:
    """Give a text without half characters, which SQLite does not take."""
    return text.encode(errors="replace").decode()


def to_seen_row(seen: Seen) -> tuple[str, str, str, int, int, str | None]:
    """Give the columns of an entry of the memory."""
    step = to_text(to_fields(seen.step)) if seen.step else None
    return seen.version, str(seen.state), seen.stamp, seen.ordinal, seen.round, step


def from_seen_row(row: tuple[str, str, str, int, int, str | None]) -> Seen:
    """Read the columns of an entry of the memory."""
    version, state, stamp, ordinal, round_, step = row
    known, stamp = known_state(state, stamp)
    return Seen(
        version=version,
        state=known,
        stamp=stamp,
        ordinal=ordinal,
        round=round_,
        step=from_fields(Step, from_text(step)) if step else None,
    )


def _tagged(value: object) -> object:
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _untagged(document: dict[str, Any]) -> object:
    if document.keys() == {_TIME}:
        return datetime.fromisoformat(document[_TIME])
    return document
