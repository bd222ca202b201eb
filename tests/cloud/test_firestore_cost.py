"""Each document read or written is paid for: what daily work costs, and which indexes it uses."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from google.cloud.firestore import Client

from functions.domain.change import Seen
from functions.ports import Case
from infra.cloud.firestore_store import FirestoreStore
from tests.contracts.store_examples import NOW, becomes, channel, progress
from tests.contracts.store_memory import many


@dataclass
class Meter:
    """Counts what a client asks of Firestore."""

    calls: list[str] = field(default_factory=list)
    reads: int = 0
    writes: int = 0

    def attach(self, firestore: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count from now on."""
        api = firestore._firestore_api
        for name, count in {
            "batch_get_documents": self._count_documents,
            "run_query": self._count_query,
            "commit": self._count_writes,
        }.items():
            monkeypatch.setattr(api, name, self._counting(name, getattr(api, name), count))

    def _counting(
        self, name: str, call: Callable[..., Any], count: Callable[[Any], None]
    ) -> Callable[..., Any]:
        def counted(request: Any, **options: Any) -> Any:
            assert options["timeout"] <= 10
            self.calls.append(name)
            count(request)
            return call(request=request, **options)

        return counted

    def _count_documents(self, request: Any) -> None:
        self.reads += len(request["documents"])

    def _count_query(self, request: Any) -> None:
        self.reads += 1  # at least

    def _count_writes(self, request: Any) -> None:
        self.writes += len(request["writes"])


@pytest.fixture
def store(firestore: Client) -> FirestoreStore:
    """Give a store in which a watch is known."""
    store = FirestoreStore(firestore)
    store.change("ana-drive", becomes(progress(), channel("c1"), channel("c2")), seen=many(9))
    return store


@pytest.fixture
def meter(store: FirestoreStore, firestore: Client, monkeypatch: pytest.MonkeyPatch) -> Meter:
    """Count from now on."""
    meter = Meter()
    meter.attach(firestore, monkeypatch)
    return meter


def moved_on(case: Case) -> Case:
    """Decide something new."""
    assert case.progress is not None
    return Case(progress=replace(case.progress, cursor="8"), channels={})


def test_progress_is_one_read(store: FirestoreStore, meter: Meter) -> None:
    """Looking whether a watch has work costs one read."""
    store.progress("ana-drive")
    assert (meter.calls, meter.reads) == (["batch_get_documents"], 1)


def test_change_is_one_read_and_one_write(store: FirestoreStore, meter: Meter) -> None:
    """A decision on the progress alone costs one read and one write."""
    store.change("ana-drive", moved_on)
    assert meter.calls == ["batch_get_documents", "commit"]
    assert (meter.reads, meter.writes) == (1, 1)


def test_channels_are_read_along(store: FirestoreStore, meter: Meter) -> None:
    """Channels that a decision names cost a read each, in the same call."""
    store.change("ana-drive", moved_on, channels=["c1", "c2"])
    assert meter.calls == ["batch_get_documents", "commit"]
    assert (meter.reads, meter.writes) == (3, 1)


@pytest.mark.parametrize("channels", [(), ["c1"], None])
def test_nothing_new_is_not_written(
    store: FirestoreStore, meter: Meter, channels: list[str] | None
) -> None:
    """A decision that leaves all as it is costs no write."""
    store.change("ana-drive", lambda case: case, channels=channels)
    store.change("ana-drive", lambda _: None, channels=channels)
    assert meter.writes == 0


def test_memory_known_already_is_not_written(store: FirestoreStore, meter: Meter) -> None:
    """Entries that are remembered as they are cost no write."""
    store.change("ana-drive", lambda case: case, seen=many(5))
    assert meter.writes == 0


def test_one_change_of_many_items_moves_one_part(
    store: FirestoreStore, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is remembered, one item costs one more read and one more write."""
    store.change("ana-drive", lambda case: case, seen=many(20_000))
    meter.reads = meter.writes = 0
    store.change("ana-drive", moved_on, seen={"file:new": Seen(version="1")})
    assert (meter.reads, meter.writes) == (2, 2)
    store.recall("ana-drive", ["file:new"])
    assert (meter.reads, meter.writes) == (4, 2)


def test_declaring_writes_what_differs(store: FirestoreStore, meter: Meter) -> None:
    """Declarations that stay as they are cost no write; the revision always does."""
    documents = {f"w{number}": {"poll": number} for number in range(5)}
    store.declare(documents, revision="r1")
    assert meter.writes == 6
    store.declare(documents | {"w0": {}}, revision="r2")
    assert meter.writes == 8


def test_indexes_in_use_are_the_known_ones(
    store: FirestoreStore, project: str, firestore_emulator: str
) -> None:
    """Only channels are asked for by two fields, both for equality; all else by one.

    Firestore answers that by merging its indexes of single fields, if these are not switched off.
    https://firebase.google.com/docs/firestore/query-data/index-overview#taking_advantage_of_index_merging
    """
    store.channels("ana-drive")
    store.change("ana-drive", lambda _: None, channels=None)
    store.find("a")
    store.due(NOW, 5)
    list(store.all_progress())
    list(store.declarations())
    store.forget("ana-drive")
    database = f"projects/{project}/databases/(default)"
    url = f"http://{firestore_emulator}/emulator/v1/projects/{project}:indexUsage"
    with urllib.request.urlopen(f"{url}?database={database}") as answer:  # noqa: S310  # loopback
        reports = json.load(answer)["reports"]
    used = {
        (
            report["index"]["name"].split("/")[5],
            *(each["fieldPath"] for each in report["index"]["fields"]),
        )
        for report in reports
    }
    assert used == {("channels", "state", "watch", "__name__")}
