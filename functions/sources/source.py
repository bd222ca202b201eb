"""What every source offers: how it is watched, listed and read. All of it values, no I/O.

A source has an incremental list (`changes`) with a cursor, or a full `listing`, or both: Drive
reads changes and lists only to resync; a single file is listed each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from functions.domain.change import Found
from functions.domain.errors import Unavailable
from functions.domain.model import Message
from functions.sources.call import Answer, Call

Params = Mapping[str, Any]

# What reading JSON of another shape than expected may raise.
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as read: what was found, and where to go on."""

    found: tuple[Found, ...] = ()
    page: str | None = None  # the next page of the same list
    cursor: str | None = None  # on the last page: where the next pull begins
    unreadable: tuple[str, ...] = ()  # entries that make no sense: told to nobody, but counted
    to_get: tuple[str, ...] = ()  # items of which the list tells no more than their ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where a pull stands when its next call is built."""

    now: datetime
    cursor: str = ""
    page: str | None = None
    baseline_at: datetime | None = None


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
    cursor: str  # what it is, in words
    params: Mapping[str, Mapping[str, Any]]  # JSON Schema of each parameter
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()  # parameters of which at most one may be given
    needs_subject: bool = False
    lists_at_baseline: bool = True  # reads everything there is, before it tells anything
    by_topic: bool = False  # its one watch a mailbox delivers by Pub/Sub and is renewed in place
    one_item: bool = False  # the watch is of a single item, whose 404 is its removal
    get_is_container: bool = False  # the get that verifies is of what holds the items
    not_found_voids: bool = False  # a 404 of the incremental list voids the cursor, as 410 does
    lists_late: bool = False  # its list may be older than a get: what differs is read by a get
    newest_first: bool = False  # a full list may end where nothing of it is remembered
    remembers: int | None = None  # at most so many items, the newest; None: all of them

    def call(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        body: Mapping[str, Any] | None = None,
        once: bool = False,
    ) -> Call:
        """Build a call of this source's API, with its scopes."""
        return Call(
            api=self.api,
            version=self.version,
            method=method,
            params=params,
            body=body,
            scopes=self.scopes,
            once=once,
        )


class Source(Protocol):
    """One thing that can be watched."""

    @property
    def profile(self) -> Profile:
        """The constants."""
        ...

    def normal(self, params: Params) -> Params:
        """Fill in defaults, so that an edit is compared by what it means."""
        ...

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call:
        """Build the call that opens a channel."""
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

    def changes(self, params: Params, moment: Moment) -> Call | None:
        """Build the incremental list from the cursor; None: there is none, list everything."""
        ...

    def read_changes(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of the incremental list."""
        ...

    def listing(self, params: Params, moment: Moment) -> Call:
        """Build the full list."""
        ...

    def read_listing(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of the full list."""
        ...

    def get(self, params: Params, *, item: str) -> Call:
        """Build the call that verifies whether an item is there."""
        ...

    def read_get(self, params: Params, answer: Answer, *, item: str) -> Found:
        """Read the item, or of its container that it is gone."""
        ...

    def targets(self, message: Message) -> tuple[str, ...]:
        """Name the items that a notification says have changed; none: pull as ever."""
        ...


class Unlogged:
    """What a source answers that has no incremental list: it is listed and compared each time."""

    def start(self, params: Params) -> None:
        """There is no cursor but what was seen."""
        del params

    def read_start(self, answer: Answer) -> str:
        """Without a start there is nothing to read."""
        del answer
        return ""

    def changes(self, params: Params, moment: Moment) -> None:
        """There is no log."""
        del params, moment

    def read_changes(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Without a log there is nothing to read."""
        del params, moment, answer
        return Page()


class Untargeted:
    """What a source answers whose notifications name no item."""

    def targets(self, message: Message) -> tuple[str, ...]:
        """Pull as ever."""
        del message
        return ()


def read_entries(
    entries: Iterable[Any], read: Callable[[Mapping[str, Any]], Iterable[Found]]
) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """Read each entry of a list; one that makes no sense is named and holds up no other."""
    found: list[Found] = []
    unreadable: list[str] = []
    for entry in entries:
        if not isinstance(entry, Mapping):
            unreadable.append("an entry that is no object")
            continue
        try:
            found += read(entry)
        except UNREADABLE as error:
            unreadable.append(str(error))
    return tuple(found), tuple(unreadable)


def readable(answer: Answer, read: Callable[[Mapping[str, Any]], Found]) -> Found:
    """Read the one item an answer is; one that makes no sense is a broken answer."""
    try:
        return read(answer.body)
    except UNREADABLE as error:
        msg = f"Google's answer is {error}"
        raise Unavailable(msg) from None


def next_page(answer: Answer) -> str | None:
    """Give the token of the next page, if there is one."""
    value = answer.body.get("nextPageToken")
    return value if isinstance(value, str) and value else None


def need_id(resource: Mapping[str, Any], what: str, key: str = "id") -> str:
    """Give the id of a resource; `ValueError` for one without."""
    value = resource.get(key)
    if not isinstance(value, str) or not value:
        msg = f"{what} without {key}"
        raise ValueError(msg)
    return value


def need_list(answer: Answer, key: str) -> list[Any]:
    """Give the list under `key`; an answer without it is broken, never an empty list."""
    value = answer.body.get(key)
    if not isinstance(value, list):
        msg = f"Google's answer has no list {key!r}"
        raise Unavailable(msg)
    return value


def need_text(answer: Answer, key: str) -> str:
    """Give the text under `key`; an answer without it is broken."""
    value = answer.body.get(key)
    if not isinstance(value, str) or not value:
        msg = f"Google's answer has no {key!r}"
        raise Unavailable(msg)
    return value


def read_time(value: object) -> datetime | None:
    """Read an RFC 3339 time of an API, in UTC; None for what is none, or is none there."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def optional_list(answer: Answer, key: str) -> list[Any]:
    """Give the list under `key`, empty where Google leaves the key of an empty list out."""
    return need_list(answer, key) if key in answer.body else []
