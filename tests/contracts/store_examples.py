"""Values that the tests of stores write and expect back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from functions.domain.change import Seen, State, Step
from functions.domain.model import Channel, ChannelState, Listing, Progress, Verdict
from functions.ports import Case, Decide, Declarations, Store

NOW = datetime(2026, 3, 4, 5, 6, 7, 891234, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

ODD_IDS = (
    "team:o'neil+x@example.com",
    "a" * 300,
    "größe/ж/监视",
    "slash/in/it",
    "percent%2Fin it",
    ".",
    "..",
    "__both__",
    "line\nbreak\0nul",
)


class FullStore(Store, Declarations, Protocol):
    """What each adapter of the store is."""


def progress(watch: str = "ana-drive", **fields: Any) -> Progress:
    """Make a progress."""
    return Progress(watch=watch, **fields)


def channel(id_: str = "c1", watch: str = "ana-drive", **fields: Any) -> Channel:
    """Make a live channel."""
    given: dict[str, Any] = {
        "source": "drive.changes",
        "subject": None,
        "state": ChannelState.LIVE,
        "opened_at": NOW,
        "asked_until": NOW + 24 * MINUTE,
        "key_id": "k1",
        "address": "https://example.com/receive",
    }
    return Channel(id=id_, watch=watch, **(given | fields))


def becomes(progress: Progress | None, *channels: Channel) -> Decide:
    """Make a decision that does not look at what there is."""
    return lambda _: Case(progress=progress, channels={each.id: each for each in channels})


# --- anything a store must give back as it was ---------------------------------------------------

# One store serves all examples of a test, and one test is run by the classes of several stores.
EXAMPLES = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)

_texts = st.text(max_size=20)
_times = st.integers(min_value=0, max_value=2**52).map(
    lambda number: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
)
_numbers = st.integers(min_value=-(2**62), max_value=2**62)
_keys = st.text(min_size=1, max_size=10)
_plain = st.none() | st.booleans() | _numbers | st.floats(allow_nan=False) | _texts | _times
_maps = st.dictionaries(
    _keys, _plain | st.lists(_plain, max_size=3) | st.dictionaries(_keys, _plain, max_size=3),
    max_size=4,
)  # fmt: skip


def _optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


listings = st.builds(
    Listing,
    mode=st.sampled_from(["baseline", "resync", "compare"]),
    round=_numbers,
    page=_optional(_texts),
    since=_optional(_times),
    verifying=st.booleans(),
)
progresses = st.builds(
    Progress,
    watch=st.sampled_from(["ana-drive", *ODD_IDS]),
    short=_texts,
    subject=_optional(_texts),
    cursor=_optional(_texts),
    listing=_optional(listings),
    pulled_at=_optional(_times),
    due_at=_optional(_times),
    verdict=st.sampled_from(Verdict),
    failures=_numbers,
    notices=st.lists(_maps, max_size=2).map(tuple),
    held=st.booleans(),
    granted_seconds=_optional(st.floats(allow_nan=False)),
    known=st.lists(_texts, max_size=3).map(tuple),
    uncovered_seconds=st.floats(allow_nan=False),
)
channels = st.builds(
    Channel,
    id=st.uuids().map(lambda id_: id_.hex),
    watch=st.sampled_from(["ana-drive", *ODD_IDS]),
    source=_texts,
    subject=_optional(_texts),
    state=st.sampled_from(ChannelState),
    opened_at=_times,
    asked_until=_times,
    key_id=_texts,
    address=_texts,
    confirmed_at=_optional(_times),
    resource_id=_optional(_texts),
    expiration=_optional(_times),
    last_number=st.integers(min_value=0, max_value=2**63 - 1),
    params=_maps,
    unstoppable=st.booleans(),
)
steps = st.builds(Step, mark=_texts, ordinal=_numbers, at=_times)
memories = st.dictionaries(
    st.text(min_size=1, max_size=20),
    st.builds(
        Seen,
        version=_texts,
        state=st.sampled_from(State),
        stamp=_texts,
        ordinal=_numbers,
        round=_numbers,
        step=_optional(steps),
    ),
    max_size=8,
)
