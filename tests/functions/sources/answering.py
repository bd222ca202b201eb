"""What the tests of sources share: moments, answers, and any answer there may be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from functions.domain.errors import Trouble
from functions.sources.call import Answer, Call
from functions.sources.source import Moment, Source
from tests.functions.domain.anything import json_values

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENT = Moment(now=NOW, cursor="100", baseline_at=NOW)

# Any JSON under the keys that answers have, so that it gets further than the first check.
KEYS = (
    *("id", "items", "users", "aliases", "history", "messages", "message", "changes", "files"),
    *("nextPageToken", "nextSyncToken", "newStartPageToken", "startPageToken", "historyId"),
    *("messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved", "labelIds", "alias"),
    *("etag", "status", "role", "time", "uniqueQualifier", "internalDate", "deleted", "created"),
    *("updated", "creationTime", "deletionTime", "fileId", "file", "drive", "version", "removed"),
)
_plain = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just("7")
resources = st.recursive(
    _plain | json_values,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)
bodies = st.dictionaries(st.sampled_from(KEYS), resources, max_size=7)


def answer(body: dict[str, Any]) -> Answer:
    """Give an answer of Google's."""
    return Answer(body=body, date=NOW)


def calls_of(source: Source, params: dict[str, Any], body: dict[str, Any]) -> list[Call]:
    """Build every call a source makes, pages included."""
    start = source.start(params)
    incremental = source.changes(params, MOMENT)
    pages = [MOMENT, Moment(now=NOW, cursor="100", page="page", baseline_at=NOW)]
    if source.profile.name == "reports.activities":
        page = source.read_changes(params, MOMENT, answer({"nextPageToken": "page"})).page
        pages[1] = Moment(now=NOW, cursor="100", page=page, baseline_at=NOW)
    calls = [source.watch(params, cursor="100", body=body), source.get(params, item="x")]
    calls += [source.stop(channel="c", resource_id="r"), *([start] if start else [])]
    calls += [source.listing(params, moment) for moment in pages]
    if incremental is not None:
        calls += [call for moment in pages if (call := source.changes(params, moment))]
    return calls


def read_all(source: Source, params: dict[str, Any], body: dict[str, Any]) -> list[object]:
    """Read an answer as each kind of answer; what refuses it must be an error of ours."""
    given = answer(body)
    readers = (
        lambda: source.read_start(given),
        lambda: source.read_changes(params, MOMENT, given),
        lambda: source.read_listing(params, MOMENT, given),
        lambda: source.read_get(params, given, item="x"),
    )
    found: list[object] = []
    for read in readers:
        try:
            found.append(read())
        except Trouble as trouble:
            found.append(trouble)
    return found
