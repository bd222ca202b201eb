"""How fast 100,000 changes are read, beside a bare loop over the pages with the same library.

Both sides ask the same simulated Google, in a process of its own, for the same pages; the bare
loop counts what comes, `sync` compares, remembers (SQLite), encodes every event, and saves after
each page.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httplib2
from googleapiclient import discovery
from googleapiclient.discovery_cache import get_static_doc

from functions.domain.event import Event
from functions.domain.model import Job
from functions.sources.source import Moment
from functions.sources.table import SOURCES
from functions.sync import sync
from functions.terms import Terms
from infra.chance import SystemChance
from infra.clock import SystemClock
from infra.cloud.bearer import simulated
from infra.cloud.google_api import GoogleApi
from infra.cloudevent import encode
from infra.local.sqlite_store import SqliteStore
from tests.bench.figure import Row, at_least, ratios, spread
from tests.bench.simulating import google_at_hand
from tests.bench.telling import Tell
from tests.e2e.simulated import Simulated
from tests.world.ports import Notebook
from tests.world.queues import WorldJobs
from tests.world.system import NoDisk

SECTION = "pull"
CHANGES = 100_000
ROUNDS = 2
ANA = "ana@example.com"
SOURCE = "drive.changes"
TERMS = Terms(address="https://receive.example.com")


class Dropped:
    """The port `Changes`: events are encoded, counted and dropped, as the bare loop drops pages."""

    def __init__(self) -> None:
        self.told = 0

    def tell(self, events: Sequence[Event]) -> None:
        for event in events:
            encode(event)
        self.told += len(events)


class Reader:
    """`sync` on real ports, but with its events encoded and then dropped."""

    def __init__(self, folder: Path, url: str) -> None:
        self.store = SqliteStore(folder / "store.db")
        self.store._file._log = NoDisk(folder / "none.db")
        self.clock = SystemClock()
        self.google = GoogleApi(simulated, root=url, clock=self.clock)
        self.sink = Dropped()

    def pull(self, watch: str) -> int:
        """Pull a watch; gives how many events that told."""
        self.sink.told = 0
        sync(
            Job(watch=watch, queued_at=self.clock.now(), reason="due"),
            store=self.store,
            google=self.google,
            jobs=WorldJobs(self.clock),
            changes=self.sink,
            clock=self.clock,
            chance=SystemChance(),
            journal=Notebook(),
            terms=TERMS,
        )
        return self.sink.told

    def close(self) -> None:
        """Let go of everything."""
        self.google.close()
        self.store.close()


def measure(tell: Tell) -> list[Row]:
    """Read the same changes in turns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        google = stack.enter_context(google_at_hand(folder))
        reader = Reader(folder, google.url)
        stack.callback(reader.close)
        watches = [f"w{number}" for number in range(ROUNDS)]
        documents = {name: {"source": SOURCE, "subject": ANA} for name in watches}
        reader.store.declare(documents, revision="1")
        for name in watches:
            reader.pull(name)  # the baseline
        cursor = _cursor(google)
        _make(google, tell)
        bare: list[float] = []
        ours: list[float] = []
        for name in watches:
            bare.append(CHANGES / _timed(lambda: _bare_loop(google.url, cursor)))
            tell(f"bare loop: {bare[-1]:,.0f}/s")
            ours.append(CHANGES / _timed(lambda name=name: reader.pull(name)))  # type: ignore[misc]
            tell(f"sync: {ours[-1]:,.0f}/s")
    return rows(ours, bare)


def _timed(work: Callable[[], int]) -> float:
    began = time.perf_counter()
    found = work()
    took = time.perf_counter() - began
    if found != CHANGES:
        raise RuntimeError(f"{found} of {CHANGES} changes were read")
    return took


def _make(google: Simulated, tell: Tell) -> None:
    for _ in range(10):
        google.post("drive/files", account=ANA, name="f", count=CHANGES // 10)
    tell(f"{CHANGES:,} files made")


def _cursor(google: Simulated) -> str:
    found: str = _service(google.url).changes().getStartPageToken().execute()["startPageToken"]
    return found


def _bare_loop(url: str, cursor: str) -> int:
    """Page through everything since the cursor, as everybody's first program does."""
    changes = _service(url).changes()
    moment = Moment(now=datetime.now(UTC), cursor=cursor, page=None, baseline_at=None)
    call = SOURCES[SOURCE].changes(SOURCES[SOURCE].normal({}), moment)
    if call is None:
        raise RuntimeError("Drive has a list of changes")
    params = dict(call.params)
    count = 0
    while True:
        answer = changes.list(**params).execute()
        count += len(answer["changes"])
        if "nextPageToken" not in answer:
            return count
        params["pageToken"] = answer["nextPageToken"]


def _service(url: str) -> Any:
    document = json.loads(get_static_doc("drive", "v3"))
    http = _Named()
    endpoint = {"api_endpoint": f"{url}/{document['servicePath']}"}
    return discovery.build_from_document(document, http=http, client_options=endpoint)


class _Named(httplib2.Http):
    """Says who asks, as credentials would."""

    def request(self, uri: Any, *given: Any, **more: Any) -> Any:
        """Ask with the subject as the token."""
        more["headers"] = {**(more.get("headers") or {}), "authorization": f"Bearer {ANA}"}
        return super().request(uri, *given, **more)


def rows(ours: list[float], bare: list[float]) -> list[Row]:
    """Compare the rates."""
    cost = spread([1e6 / mine - 1e6 / other for mine, other in zip(ours, bare, strict=True)])
    return [
        Row(section=SECTION, what="bare paging loop", found=spread(bare), unit="changes/s"),
        Row(
            section=SECTION,
            what=f"sync of {CHANGES:,} changes",
            found=spread(ours),
            unit="changes/s",
            note=f"{cost} us a change beside the reading",
        ),
        Row(
            section=SECTION,
            what="sync: share of the bare loop's rate",
            found=ratios(ours, bare),
            goal=at_least(0.6),
            note="the bare loop waits for the simulated Google; sync works meanwhile",
        ),
    ]
