"""Calls to Firestore: each ends in time, is repeated where that can help, fails in our words.

The client library's own retries last up to 300 s, longer than any request of ours may take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import (
    Client,
    CollectionReference,
    DocumentReference,
    DocumentSnapshot,
    Query,
    WriteBatch,
)
from google.cloud.firestore_v1.types import WriteResult

from functions.domain.errors import Unavailable

Stored: TypeAlias = DocumentSnapshot[DocumentReference]  # as read; perhaps not there

T = TypeVar("T")

_TIMEOUT = 10.0  # seconds, of one attempt
_PAGE = 300

# What says "not now" and means that nothing was done, or nothing that a repetition does twice.
_again = Retry(
    predicate=if_exception_type(
        exceptions.ServiceUnavailable, exceptions.InternalServerError, exceptions.TooManyRequests
    ),
    initial=0.1,
    maximum=1.0,
    timeout=5.0,
)
# Not None: a query asks it whether to go on after an error.
_ONCE = Retry(predicate=lambda _: False)

# Somebody else wrote what we read, or is just writing it.
_LOST = (
    exceptions.Aborted,
    exceptions.AlreadyExists,
    exceptions.FailedPrecondition,
    exceptions.NotFound,
)


class Lost(Exception):
    """A commit was refused, as a document is not any more as it was read."""


def read_all(client: Client, documents: Sequence[DocumentReference]) -> dict[str, Stored]:
    """Read documents as they are at one moment, by path."""

    def read() -> dict[str, Stored]:
        found = client.get_all(list(documents), retry=_ONCE, timeout=_TIMEOUT)
        return {snapshot.reference.path: snapshot for snapshot in found}

    return _call(read)


def read_query(query: Query, *, read_time: datetime | None = None) -> list[Stored]:
    """Run a query, as of a moment in the past if one is given."""
    return _call(lambda: list(query.get(retry=_ONCE, timeout=_TIMEOUT, read_time=read_time)))


def read_pages(collection: CollectionReference) -> Iterator[Stored]:
    """Read a collection page by page: one long stream would be cut while its reader works."""
    query = collection.order_by("__name__").limit(_PAGE)
    page = read_query(query)
    while page:
        yield from page
        page = read_query(query.start_after(page[-1])) if len(page) == _PAGE else []


def commit(batch: WriteBatch) -> list[WriteResult]:
    """Write a batch, all or nothing; gives a result for each of its writes, in order.

    Raises:
        Lost: a precondition does not hold.
    """

    def write() -> list[WriteResult]:
        try:
            return batch.commit(retry=_ONCE, timeout=_TIMEOUT)
        except _LOST as error:
            raise Lost from error

    return _call(write)


def _call(work: Callable[[], T]) -> T:
    try:
        return _again(work)()
    except (exceptions.GoogleAPIError, GoogleAuthError) as error:
        raise Unavailable(f"Firestore: {_text(error)}") from error


def _text(error: Exception) -> str:
    cause = error.cause if isinstance(error, exceptions.RetryError) else error
    return f"{type(cause).__name__}: {getattr(cause, 'message', None) or cause}"
