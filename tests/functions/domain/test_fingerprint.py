"""Fingerprints: equal for what is equal, and made of any value that a store may hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.change import fingerprint

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), _json, max_size=4), st.data())
def test_a_fingerprint_does_not_depend_on_order(
    resource: dict[str, Any], data: st.DataObject
) -> None:
    """Invariant: the same fields in another order have the same fingerprint, others another."""
    shuffled = dict(data.draw(st.permutations(list(resource.items()))))
    assert fingerprint(shuffled) == fingerprint(resource)
    assert fingerprint({**resource, "one more": 1}) != fingerprint(resource)


def test_a_fingerprint_leaves_out_what_it_is_told_to() -> None:
    """Only fields at the top are left out, and only the named ones."""
    with_view = {"name": "a", "viewed": 1, "inner": {"viewed": 1}}
    assert fingerprint(with_view, frozenset({"viewed"})) == fingerprint(
        {"name": "a", "viewed": 2, "inner": {"viewed": 1}}, frozenset({"viewed"})
    )
    assert fingerprint(with_view) != fingerprint({**with_view, "viewed": 2})
    assert fingerprint(with_view, frozenset({"viewed"})) != fingerprint(
        {**with_view, "inner": {"viewed": 2}}, frozenset({"viewed"})
    )


@pytest.mark.parametrize("value", [datetime(2026, 3, 1, tzinfo=UTC), b"bytes", timedelta(1), {1}])
def test_a_fingerprint_of_any_stored_value_is_made(value: object) -> None:
    """A document edited by hand may hold a time or bytes: it must not stop all the others."""
    document = {"source": "drive.changes", "poll": value}
    assert fingerprint(document) == fingerprint(dict(document))
    assert fingerprint(document) != fingerprint({**document, "poll": "1h"})
