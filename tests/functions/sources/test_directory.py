"""How Directory's answers and notifications are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.domain.change import State
from functions.sources.directory import DirectoryAliases, DirectoryUsers
from tests.functions.examples import message
from tests.functions.sources.answering import MOMENT, answer

USERS, ALIASES = DirectoryUsers(), DirectoryAliases()
USER: dict[str, Any] = {
    "id": "1",
    "etag": '"1"',
    "primaryEmail": "ben@example.com",
    "creationTime": "2026-02-01T10:00:00.000Z",
    "lastLoginTime": "2026-03-01T10:00:00.000Z",
}


def stamp(**changed: Any) -> str:
    """Give the fingerprint of the user with some fields changed."""
    (found,) = USERS.read_listing({}, MOMENT, answer({"users": [{**USER, **changed}]})).found
    assert found.version is None
    return found.stamp


def test_fingerprint_leaves_out_what_nobody_changed() -> None:
    """Neither the etag nor a login is a change of the user; anything else is."""
    assert stamp(etag='"2"', lastLoginTime="2026-03-02T10:00:00.000Z") == stamp()
    assert stamp(suspended=True) != stamp()
    assert stamp(aliases=["b@example.com"]) != stamp()


def test_empty_list_has_no_key() -> None:
    """Directory leaves it out: an empty page, not a broken answer."""
    assert USERS.read_listing({}, MOMENT, answer({})).found == ()
    assert ALIASES.read_listing({}, MOMENT, answer({})).found == ()


def test_deleted_user_is_gone() -> None:
    """Should Google still show one, its time of deletion says so."""
    deleted = {**USER, "deletionTime": "2026-03-01T10:00:00.000Z"}
    assert USERS.read_get({}, answer(deleted), item="1").state is State.GONE
    assert USERS.read_get({}, answer(USER), item="1").state is State.PRESENT


def test_domain_or_customer_never_both() -> None:
    """Google takes one of them."""
    assert USERS.normal({}) == {"customer": "my_customer"}
    assert USERS.normal({"domain": "example.com"}) == {"domain": "example.com"}


def test_one_channel_for_all_events() -> None:
    """`event` would narrow it."""
    assert "event" not in USERS.watch(USERS.normal({}), cursor="", body={"id": "c"}).params


@pytest.mark.parametrize(
    ("body", "targets"),
    [
        (json.dumps({"kind": "admin#directory#user", "id": "42", "etag": "x"}), ("42",)),
        ("", ()),
        ("no json", ()),
        ("[1]", ()),
        ('{"id": 42}', ()),
        ('{"id": ""}', ()),
        (json.dumps({"id": "1" * 129}), ()),
        ("[" * 100_000, ()),
    ],
)
def test_body_names_its_user(body: str, targets: tuple[str, ...]) -> None:
    """What names none is a notification as any other: all is compared."""
    assert USERS.targets(message(body=body)) == targets


def test_alias_is_looked_for_among_the_users_own() -> None:
    """A list may be old; the user itself is not."""
    there = answer({"id": "1", "aliases": ["b@example.com"]})
    assert ALIASES.read_get({}, there, item="b@example.com").state is State.PRESENT
    assert ALIASES.read_get({}, there, item="c@example.com").state is State.GONE
    assert ALIASES.read_get({}, answer({"id": "1"}), item="c").state is State.GONE
