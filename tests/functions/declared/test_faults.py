"""Faults of declarations: each says where, what is wrong and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from functions.declared.declaration import check_watch, read_watch
from functions.domain.errors import Invalid
from functions.sources.table import SOURCES
from tests.functions.documents import PLAIN, SECRETS, faults, handled


@pytest.mark.parametrize(
    ("edit", "path", "allowed"),
    [
        ({"id": "Ana"}, "id", "1 to 40 of a-z, 0-9 and -"),
        ({"id": ""}, "id", "1 to 40 of a-z, 0-9 and -"),
        ({"id": "a" * 41}, "id", "1 to 40 of a-z, 0-9 and -"),
        ({"id": "ana\n"}, "id", "1 to 40 of a-z, 0-9 and -"),
        ({"id": "\u00e4na"}, "id", "1 to 40 of a-z, 0-9 and -"),
        ({"id": 7}, "id", "a text"),
        ({"source": "drive"}, "source", "drive.changes, drive.files"),
        ({"source": None}, "source", "drive.changes, drive.files"),
        ({"source": ["drive.changes"]}, "source", "drive.changes, drive.files"),
        ({"subject": "ana"}, "subject", '"*@DOMAIN"'),
        ({"subject": "ana@example.com\n"}, "subject", "an e-mail address"),
        ({"subject": "*ana@example.com"}, "subject", "an e-mail address"),
        ({"subject": None}, "subject", "a text"),
        ({"admin": "*@example.com"}, "admin", "an e-mail address"),
        ({"params": []}, "params", "a map of keys and values"),
        ({"params": {"fileId": "1"}}, "params", "unknown key 'fileId'; allowed: driveId, spaces"),
        ({"params": {"driveId": ""}}, "params.driveId", "1 or more characters"),
        ({"params": {"driveId": "d" * 129}}, "params.driveId", "128 or fewer characters"),
        ({"params": {"driveId": 1}}, "params.driveId", "a non-empty text"),
        ({"poll": 60}, "poll", "a text"),
        ({"poll": "60"}, "poll", "1h30m"),
        ({"poll": "0s"}, "poll", "1h30m"),
        ({"poll": "1h\n"}, "poll", "1h30m"),
        ({"poll": "59s"}, "poll", "at least 1m"),
        ({"ttl": "-1h"}, "ttl", "1h30m"),
        ({"ttl": "9999d"}, "ttl", "at most 3650d"),
        ({"ttl": ""}, "ttl", "1h30m"),
        ({"push": "yes"}, "push", "true or false"),
        ({"push": 1}, "push", "true or false"),
        ({"paused": None}, "paused", "true or false"),
        ({"managed_by": ""}, "managed_by", "1 or more characters"),
        ({"handle": {}}, "handle", "a list"),
        ({"Push": True}, "", "unknown key 'Push'; allowed: id, source, subject, admin, params"),
        ({None: 1}, "", "unknown key None"),
    ],
)
def test_a_fault_says_where_and_what_is_allowed(
    edit: dict[str, Any], path: str, allowed: str
) -> None:
    """One fault for one wrong value: its path first, then what would be right."""
    (fault,) = faults(edit)
    assert fault.startswith(f"{path}: " if path else "unknown key")
    assert allowed in fault


@pytest.mark.parametrize(
    ("handler", "path", "allowed"),
    [
        ("download", "", "a map of keys and values"),
        ({}, "", "exactly one of download, forward, run"),
        ({"run": "a:b", "forward": {"url": "https://x", "secret": "s"}}, "", "exactly one of"),
        ({"upload": {}}, "", "unknown key 'upload'; allowed: download, forward, run"),
        ({"download": {}}, ".download.to", "is missing"),
        ({"download": {"to": "/srv"}}, ".download.to", "file:///FOLDER"),
        ({"download": {"to": "gs://"}}, ".download.to", "gs://BUCKET/PREFIX"),
        ({"download": {"to": "gs://b", "mime": 5}}, ".download.mime", "list of texts"),
        ({"download": {"to": "gs://b", "mime": []}}, ".download.mime", "a non-empty list"),
        ({"download": {"to": "gs://b", "name": [""]}}, ".download.name", "a non-empty list"),
        ({"download": {"to": "gs://b", "max_size": 0}}, ".download.max_size", "of 1 or more"),
        *(
            ({"download": {"to": "gs://b", "max_size": each}}, ".download.max_size", "as 200MB")
            for each in ("lots", "", "0MB", "-1", "1.5GB", "200MB\n", "200 000", "1" * 16, True)
        ),
        ({"download": {"to": "gs://b", "export": 1}}, ".download.export", "a text or a map"),
        (
            {"download": {"to": "gs://b", "on_delete": "burn"}},
            ".download.on_delete",
            "keep, tombstone, delete",
        ),
        ({"download": {"to": "gs://b", "mode": 1}}, ".download", "unknown key 'mode'"),
        ({"forward": {"url": "https://x"}}, ".forward.secret", "is missing"),
        ({"forward": {"url": "ftp://x", "secret": "s"}}, ".forward.url", "http or https"),
        *(
            ({"forward": {"url": "https://x", "secret": each}}, ".forward.secret", "name another")
            for each in SECRETS
        ),
        ({"run": "module"}, ".run", "package.module:function"),
        ({"run": "a b:c"}, ".run", "package.module:function"),
        ({"run": "a:b\n"}, ".run", "package.module:function"),
    ],
)
def test_a_handler_s_fault_says_where_and_what_is_allowed(
    handler: Any, path: str, allowed: str
) -> None:
    """The position in the list is part of the path."""
    (fault,) = handled(handler)
    assert fault.startswith(f"handle[0]{path}: ")
    assert allowed in fault


@pytest.mark.parametrize("document", [None, [], "watch", 1, True])
def test_what_is_no_map_is_no_watch(document: object) -> None:
    """A list entry of another type is one fault of the whole."""
    (fault,) = check_watch(document)
    assert fault.path == ()
    assert "a map of keys and values" in fault.text


def test_required_keys_are_missed_by_name() -> None:
    """Also those of the source's parameters."""
    assert [str(fault) for fault in check_watch({})] == ["id: is missing", "source: is missing"]
    missing = check_watch({"id": "f", "source": "drive.files"})
    assert [str(fault) for fault in missing] == ["params.fileId: is missing"]


@pytest.mark.parametrize(
    "source", [name for name, each in SOURCES.items() if each.profile.needs_subject]
)
def test_a_source_that_is_read_as_a_user_needs_one(source: str) -> None:
    """Where no account but a user's can read, it is said before anything is asked of Google."""
    assert f"subject: is missing: {source} is read as a user" in faults(source=source)


def test_every_user_of_a_domain_needs_an_admin() -> None:
    """Somebody must be allowed to read who they are."""
    assert faults(subject="*@example.com") == [
        "admin: is missing: who may read the domain's directory"
    ]
    assert faults(subject="*@example.com", admin="admin@example.com") == []


def test_all_faults_are_told_at_once() -> None:
    """Nobody has to mend one to learn of the next."""
    told = faults(id="A", poll="x", push=1, handle=[{"run": "x"}], extra=1)
    assert len(told) == 5
    with pytest.raises(Invalid) as refused:
        read_watch({**PLAIN, "poll": "x", "push": 1})
    assert refused.value.text.count("; ") >= 1


def test_a_long_value_does_not_hide_what_is_allowed() -> None:
    """Values are shown cut, so that the rest of the sentence fits in a log."""
    (fault,) = faults(managed_by="x" * 5000)
    assert "2048 or fewer characters" in fault
    assert len(fault) < 200


def test_any_positive_poll_is_allowed_on_one_machine() -> None:
    """Short polls are for those who run it themselves; none at all is for nobody."""
    assert read_watch({**PLAIN, "poll": "100ms"}, short_polls=True).poll.total_seconds() == 0.1
    with pytest.raises(Invalid):
        read_watch({**PLAIN, "poll": "0s"}, short_polls=True)


def test_of_two_parameters_one_is_allowed() -> None:
    """Google takes a domain or a customer: the second is named, the first is told."""
    params = {"customer": "C01", "domain": "example.com"}
    watch = {"id": "u", "source": "directory.users", "subject": "a@example.com"}
    (fault,) = map(str, check_watch({**watch, "params": params}))
    assert fault == "params.customer: cannot be given beside domain: one or the other"
    for name, value in params.items():
        assert list(check_watch({**watch, "params": {name: value}})) == []
