"""When Firestore does not answer, answers late or is contended, that is said soon and shortly."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud.firestore import Client

from functions.domain.errors import Conflict, Misconfigured, Unavailable
from functions.domain.model import ChannelState
from functions.ports import Case
from infra.cloud import firestore_calls, firestore_change
from infra.cloud.firestore_calls import read_query
from infra.cloud.firestore_store import FirestoreStore, connect
from tests.contracts.store_examples import NOW, becomes, channel, progress
from tests.contracts.store_memory import many

_Use = Callable[[FirestoreStore], object]

USES: dict[str, _Use] = {
    "revision": lambda store: store.revision(),
    "declarations": lambda store: list(store.declarations()),
    "declare": lambda store: store.declare({"a": {}}, revision="r"),
    "write_control": lambda store: store.write_control("x", {}, version=None),
    "progress": lambda store: store.progress("a"),
    "find": lambda store: store.find("a"),
    "due": lambda store: store.due(NOW, 5),
    "all_progress": lambda store: list(store.all_progress()),
    "channels": lambda store: store.channels("a"),
    "channel": lambda store: store.channel("c"),
    "change": lambda store: store.change("a", becomes(progress("a"))),
    "recall": lambda store: store.recall("a", ["file:1"]),
    "memory": lambda store: store.memory("a", after=None, limit=5),
    "forget": lambda store: store.forget("a"),
    "bury": lambda store: store.bury("a", item="x", error="y", now=NOW),
}


@pytest.fixture
def store(firestore: Client) -> FirestoreStore:
    """Give a store."""
    return FirestoreStore(firestore)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[FirestoreStore]:
    """Give a store whose server takes connections and never says a word."""
    monkeypatch.setattr(firestore_calls, "_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{server.getsockname()[1]}")
        client = connect("test")
        yield FirestoreStore(client)
        client.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> Iterator[FirestoreStore]:
    """Give a store whose server is not there."""
    monkeypatch.setattr(firestore_calls, "_again", firestore_calls._again.with_timeout(0.2))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{closed.getsockname()[1]}")
        client = connect("test")
        yield FirestoreStore(client)
        client.close()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_silence_is_an_outage(deaf: FirestoreStore, use: _Use) -> None:
    """No call waits longer than its time for a server that does not answer."""
    began = time.monotonic()
    # Busy systems reset what nobody accepts.
    with pytest.raises(Unavailable, match=r"^Firestore: (DeadlineExceeded|ServiceUnavailable)"):
        use(deaf)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_absence_is_an_outage(absent: FirestoreStore, use: _Use) -> None:
    """A server that is not there is asked again for a short while, then it is an outage."""
    with pytest.raises(Unavailable, match=r"^Firestore: ServiceUnavailable"):
        use(absent)


def failure(status: int, text: str) -> Exception:
    """Make an error as the client library raises it."""
    error: Exception = exceptions.from_http_status(status, text)  # type: ignore[no-untyped-call]
    return error


def answering(firestore: Client, monkeypatch: pytest.MonkeyPatch, name: str, *words: str) -> None:
    """Let calls fail for each word: `lost` after they were done, others before."""
    call = getattr(firestore._firestore_api, name)
    script = list(words)

    def scripted(**request: object) -> object:
        word = script.pop(0) if script else ""
        if word == "busy":
            raise failure(503, "not now")
        if word == "denied":
            raise failure(403, "no " * 500)
        result = call(**request)
        if word == "lost":
            raise failure(503, "the answer was lost")
        return result

    monkeypatch.setattr(firestore._firestore_api, name, scripted)


def counted(case: Case) -> Case:
    """Decide to count one more."""
    before = case.progress or progress()
    return Case(progress=replace(before, failures=before.failures + 1), channels={})


@pytest.mark.parametrize("name", ["batch_get_documents", "commit"])
def test_short_outage_is_not_noticed(
    store: FirestoreStore, firestore: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What Firestore refuses for a moment is done at the next try."""
    answering(firestore, monkeypatch, name, "busy", "busy")
    store.change("ana-drive", counted)
    assert store.progress("ana-drive") == progress(failures=1)


def test_lost_answer_of_a_change_does_not_repeat_it(
    store: FirestoreStore, firestore: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change whose confirmation was lost is known again, be it the first or a later one."""
    answering(firestore, monkeypatch, "commit", "lost")
    assert store.change("ana-drive", counted) is not None
    assert store.progress("ana-drive") == progress(failures=1)
    answering(firestore, monkeypatch, "commit", "lost")
    after = store.change("ana-drive", counted, seen=many(3))
    assert after is not None
    assert after.progress == store.progress("ana-drive") == progress(failures=2)
    assert store.recall("ana-drive", many(3)) == many(3)


def test_refusal_is_an_outage_with_a_short_text(
    store: FirestoreStore, firestore: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right that is missing is said once, cut to a line."""
    answering(firestore, monkeypatch, "batch_get_documents", "denied")
    with pytest.raises(Unavailable, match=r"^Firestore: Forbidden: no no") as refused:
        store.progress("ana-drive")
    assert len(str(refused.value)) <= 256


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without credentials the error tells the command that gets them."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    with pytest.raises(Misconfigured, match="gcloud auth application-default login"):
        connect("test")


def test_losing_again_and_again_is_a_conflict(
    store: FirestoreStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who loses each time gives up, having decided as often as it tried."""
    monkeypatch.setattr(firestore_change, "_TRIES", 4)
    decided = 0

    def overtaken(case: Case) -> Case:
        nonlocal decided
        decided += 1
        store.change("ana-drive", lambda _: Case(progress=progress(failures=decided), channels={}))
        return Case(progress=progress(cursor="mine"), channels={})

    with pytest.raises(Conflict, match="ana-drive"):
        store.change("ana-drive", overtaken)
    assert decided == 4
    assert store.progress("ana-drive") == progress(failures=4)


def test_decision_sees_one_moment(store: FirestoreStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress and channels are read as of one moment, though somebody writes in between."""
    store.change("ana-drive", becomes(progress(opening="c1"), channel("c1")))
    closed = channel("c1", state=ChannelState.CLOSED)

    def read_late(*asked: Any, **options: Any) -> Any:
        monkeypatch.setattr("infra.cloud.firestore_cases.read_query", read_query)
        store.change("ana-drive", becomes(progress(), closed), channels=["c1"])
        return read_query(*asked, **options)

    monkeypatch.setattr("infra.cloud.firestore_cases.read_query", read_late)
    cases: list[Case] = []
    store.change("ana-drive", cases.append, channels=None)
    assert cases == [Case(progress=progress(opening="c1"), channels={"c1": channel("c1")})]


def test_who_lost_once_decides_on_the_newest(store: FirestoreStore) -> None:
    """A decision that was overtaken is made again on what is there then."""
    seen_by_decision: list[int] = []

    def overtaken_once(case: Case) -> Case:
        seen_by_decision.append(case.progress.failures if case.progress else 0)
        if len(seen_by_decision) == 1:
            store.change("ana-drive", counted)
        return counted(case)

    store.change("ana-drive", overtaken_once)
    assert seen_by_decision == [0, 1]
    assert store.progress("ana-drive") == progress(failures=2)
