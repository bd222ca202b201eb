"""What every source offers: how it is watched, listed and read. All of it values, no I/O.

A source has an incremental list (`changes`) with a cursor, or a full `listing`, or both: Drive
reads changes and lists only to resync; a single file is listed each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.domain.change import Found
from functions.domain.errors import Unavailable
from functions.sources.call import Answer, Call

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as read: what was found, and where to go on."""

    found: tuple[Found, ...] = ()
    page: str | None = None  # the next page of the same list
    cursor: str | None = None  # on the last page: where the next pull begins
    unreadable: tuple[str, ...] = ()  # entries that make no sense: told to nobody, but counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The constants of a source: what the README's table and the declarations' schema say."""

    name: str
    api: str
    version: str
    scopes: tuple[str, ...]
    kinds: tuple[str, ...]
    default_life: timedelta  # granted when nothing is asked
    longest_life: timedelta  # asked for when the declaration names no ttl
    params: Mapping[str, Mapping[str, Any]]  # JSON Schema of each parameter
    required: tuple[str, ...] = ()
    needs_subject: bool = False
    one_item: bool = False  # the watch is of a single item, whose 404 is its removal
    absence_by_get: bool = True  # an absence is verified by a get of the item


class Source(Protocol):
    """One thing that can be watched."""

    @property
    def profile(self) -> Profile:
        """The constants."""
        ...

    def normal(self, params: Params) -> Params:
        """Fill in defaults, so that an edit is compared by what it means."""
        ...

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call | None:
        """Build the call that opens a channel; None: this source sends no notifications."""
        ...

    def stop(self, *, channel: str, resource_id: str) -> Call:
        """Build the call that stops a channel."""
        ...

    def start(self, params: Params) -> Call | None:
        """Build the call for a fresh cursor; None: the first listing gives it."""
        ...

    def read_start(self, answer: Answer) -> str:
        """Read the fresh cursor."""
        ...

    def changes(self, params: Params, *, cursor: str, page: str | None) -> Call | None:
        """Build the incremental list from `cursor`; None: there is none, list everything."""
        ...

    def read_changes(self, params: Params, answer: Answer) -> Page:
        """Read a page of the incremental list."""
        ...

    def listing(self, params: Params, *, page: str | None) -> Call | None:
        """Build the full list; None at a baseline that lists nothing."""
        ...

    def read_listing(self, params: Params, answer: Answer) -> Page:
        """Read a page of the full list."""
        ...

    def lists_at_baseline(self) -> bool:
        """Whether the baseline reads everything there is."""
        ...

    def get(self, params: Params, *, item: str) -> Call:
        """Build the call that verifies whether an item is there."""
        ...

    def read_get(self, params: Params, answer: Answer) -> Found:
        """Read the item."""
        ...


def need_list(answer: Answer, key: str) -> list[Mapping[str, Any]]:
    """Give the list under `key`; an answer without it is broken, never an empty list."""
    value = answer.body.get(key)
    if not isinstance(value, list):
        msg = f"Google's answer has no list {key!r}"
        raise Unavailable(msg)
    return [entry for entry in value if isinstance(entry, Mapping)]


def need_text(answer: Answer, key: str) -> str:
    """Give the text under `key`; an answer without it is broken."""
    value = answer.body.get(key)
    if not isinstance(value, str) or not value:
        msg = f"Google's answer has no {key!r}"
        raise Unavailable(msg)
    return value


def read_time(value: object) -> datetime | None:
    """Read an RFC 3339 time of an API; None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time if time.tzinfo else None
