"""Values that the tests of stores write and expect back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Protocol, get_args, get_origin, get_type_hints

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from functions.domain.change import Seen
from functions.domain.model import Channel, ChannelState, Progress
from functions.ports import Case, Decide, Declarations, Outcomes, Store

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


class FullStore(Store, Declarations, Outcomes, Protocol):
    """What each adapter of the store is."""


def progress(watch: str = "ana-drive", **given: Any) -> Progress:
    """Make a progress."""
    return Progress(watch=watch, **given)


def channel(id_: str = "c1", watch: str = "ana-drive", **given: Any) -> Channel:
    """Make a live channel."""
    usual: dict[str, Any] = {
        "source": "drive.changes",
        "subject": None,
        "state": ChannelState.LIVE,
        "opened_at": NOW,
        "asked_until": NOW + 24 * MINUTE,
        "key_id": "k1",
        "address": "https://example.com/receive",
    }
    return Channel(id=id_, watch=watch, **(usual | given))


def becomes(progress: Progress | None, *channels: Channel) -> Decide:
    """Make a decision that does not look at what there is."""
    return lambda _: Case(progress=progress, channels={each.id: each for each in channels})


# --- anything a store must give back as it was ---------------------------------------------------

# One store serves all examples of a test, and one test is run by the classes of several stores.
# What fails is not made smaller: on an emulator that takes minutes.
EXAMPLES = settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)

_texts = st.text(max_size=20)
_times = st.integers(min_value=0, max_value=2**52).map(
    lambda number: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
)
_numbers = st.integers(min_value=-(2**62), max_value=2**62)
# Firestore keeps names like `__this__` to itself; names of parameters are checked long before.
# https://firebase.google.com/docs/firestore/quotas#limits
_keys = st.text(min_size=1, max_size=10).filter(lambda key: not re.fullmatch("__.*__", key))
_plain = st.none() | st.booleans() | _numbers | st.floats(allow_nan=False) | _texts | _times
_maps = st.dictionaries(
    _keys, _plain | st.lists(_plain, max_size=3) | st.dictionaries(_keys, _plain, max_size=3),
    max_size=4,
)  # fmt: skip


def _any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Draw values of a field by its type, so that fields added later are tried, too."""
    if isinstance(hint, UnionType):
        return st.none() | _any_of(next(arg for arg in get_args(hint) if arg is not NoneType))
    if get_origin(hint) is tuple:
        return st.lists(_any_of(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is Mapping:
        return _maps
    if issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    return _any(hint) if is_dataclass(hint) else _PLAIN[hint]


def _any(noun: Any, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(noun)
    drawn = {field.name: _any_of(hints[field.name]) for field in fields(noun)}
    return st.builds(noun, **(drawn | given))


_PLAIN: dict[type, st.SearchStrategy[Any]] = {
    str: _texts,
    int: _numbers,
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    datetime: _times,
}
_watches = st.sampled_from(["ana-drive", *ODD_IDS])

progresses = _any(Progress, watch=_watches)
channels = _any(Channel, watch=_watches, id=st.uuids().map(lambda id_: id_.hex))
memories = st.dictionaries(st.text(min_size=1, max_size=20), _any(Seen), max_size=8)
