"""Declarations: what may be declared, what it means, and that checking never fails itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.declared.declaration import SIZE, check_watch, check_watches, identity, read_watch
from functions.domain.handler import parse_size
from functions.domain.model import Watch
from functions.sources.table import SOURCES
from tests.functions.documents import FILE, PLAIN, faults, handled
from tests.functions.domain.anything import values


def test_a_watch_is_its_source_and_defaults() -> None:
    """What is not said is as the README says: polled each hour, pushed, the source's own life."""
    assert read_watch(PLAIN) == Watch(
        id="ana-drive",
        source="drive.changes",
        params={"spaces": "drive"},
        poll=timedelta(hours=1),
        ttl=None,
        push=True,
        paused=False,
    )


def test_every_key_is_read() -> None:
    """The example of the README, with all that may be declared."""
    handlers = (
        {"download": {"mime": ["video/*"], "name": "*.mp4", "folder": "F", "to": "gs://b/p"}},
        {"forward": {"url": "https://example.com/hook", "secret": "forward-key"}},
        {"run": "package.module:function"},
    )
    document = {
        "id": "team",
        "source": "calendar.events",
        "subject": "*@example.com",
        "admin": "admin@example.com",
        "params": {"calendarId": "team@example.com"},
        "poll": "1m",
        "ttl": "24h",
        "push": False,
        "paused": True,
        "handle": list(handlers),
        "managed_by": "terraform",
    }
    assert read_watch(document) == Watch(
        id="team",
        source="calendar.events",
        subject="*@example.com",
        admin="admin@example.com",
        params={"calendarId": "team@example.com"},
        poll=timedelta(minutes=1),
        ttl=timedelta(hours=24),
        push=False,
        paused=True,
        handle=handlers,
        managed_by="terraform",
    )


@pytest.mark.parametrize("name", ["a", "0", "-", "a" * 40, "ana-drive-2"])
def test_ids_are_short_and_plain(name: str) -> None:
    """One to forty of a-z, 0-9 and the hyphen."""
    assert faults(id=name) == []


@pytest.mark.parametrize(
    "handler",
    [
        {"download": {"to": "file:///srv/files"}},
        {"download": {"to": "gs://b", "mime": "video/*", "max_size": 1, "on_delete": "tombstone"}},
        {"download": {"to": "gs://b", "max_size": "2GB", "export": "pdf"}},
        {"download": {"to": "gs://b", "export": {"a": "b"}, "on_delete": "keep"}},
        {"forward": {"url": "http://localhost:9/x", "secret": "oauth"}},
        {"run": "_a.b_1:f"},
    ],
)
def test_every_handler_may_be_declared(handler: Any) -> None:
    """Each with what it needs, and with all it may have."""
    assert handled(handler) == []


@given(st.from_regex(f"^{SIZE}$", fullmatch=True))
def test_every_size_that_is_declared_can_be_read(text: str) -> None:
    """What a declaration allows is a size, and limits something."""
    document = {"download": {"to": "gs://b", "max_size": text}}
    assert handled(document) == []
    assert parse_size(text) >= 1


# --- lists, and what a watch is ------------------------------------------------------------------


def test_ids_are_unique() -> None:
    """The second of two is the fault; the first and others are none."""
    told = [str(fault) for fault in check_watches([PLAIN, FILE, {**FILE, "id": "ana-drive"}])]
    assert told == ["[2].id: 'ana-drive' is declared twice; ids are unique"]


def test_a_list_s_faults_carry_their_position() -> None:
    """A file of many is mended by line and path; watches without a fault are not mentioned."""
    told = [str(fault) for fault in check_watches([FILE, {**PLAIN, "poll": "x"}, 5])]
    assert [each.partition(":")[0] for each in told] == ["[1].poll", "[2]"]


@pytest.mark.parametrize(
    ("edit", "same"),
    [
        ({"poll": timedelta(minutes=2)}, True),
        ({"ttl": timedelta(hours=2)}, True),
        ({"push": False}, True),
        ({"paused": True}, True),
        ({"handle": ({"run": "a:b"},)}, True),
        ({"managed_by": "terraform"}, True),
        ({"source": "drive.files"}, False),
        ({"subject": "ana@example.com"}, False),
        ({"params": {"spaces": "drive", "driveId": "d"}}, False),
    ],
)
def test_a_watch_is_source_subject_and_params(edit: dict[str, Any], same: Any) -> None:
    """Edits of these three start anew; all others change nothing of what was read."""
    watch = read_watch(PLAIN)
    assert (identity(replace(watch, **edit)) == identity(watch)) is same


def test_a_default_that_is_spelt_out_is_no_edit() -> None:
    """Edits are compared after defaults are filled in."""
    spelt = read_watch({**PLAIN, "params": {"spaces": "drive"}, "poll": "60m"})
    assert identity(spelt) == identity(read_watch(PLAIN))


_keys = st.sampled_from([*read_watch(PLAIN).__slots__, "forward", "download", "to", "secret"])
_handlers = st.dictionaries(_keys, values | st.dictionaries(_keys, values), max_size=2)
_documents = st.dictionaries(
    _keys | st.text(max_size=3) | st.integers(),
    values | st.sampled_from([*SOURCES, "1h", "a", "*@a", "a@b"]) | st.lists(_handlers, max_size=2),
    max_size=6,
)


@given(_documents | values)
@example({"id": "a", "source": []})
@example({"id": "a", "source": "drive.files", "params": {1: 2, None: 3}})
def test_checking_is_total(document: Any) -> None:
    """Invariant: any value of JSON, YAML or a store has faults, or is a watch that can be read."""
    told = list(check_watch(document))
    assert all(str(fault) for fault in told)
    if not told:
        assert read_watch(document).id == document["id"]


@settings(max_examples=40)
@given(st.lists(_documents | values, max_size=4))
def test_checking_a_list_is_total(documents: list[Any]) -> None:
    """Invariant: so has any list of such values; each fault names the entry it is of."""
    for fault in check_watches(documents):
        assert isinstance(fault.path[0], int)
        assert fault.path[0] < len(documents)
