"""How long it takes to replace 10,000 channels, as `renew` is deployed, beside one by one.

Google's client library, the real crew, SQLite as the store; Google answers 50 ms after each call.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from functions.declared.declaration import identity
from functions.declared.memo import CONTROL
from functions.declared.watching import readable_watch
from functions.domain.change import fingerprint
from functions.domain.keyring import Ring
from functions.domain.model import Channel, ChannelState, Progress, Watch
from functions.ports import Case
from functions.renew import renew
from functions.terms import Terms
from infra.chance import SystemChance
from infra.clock import SystemClock
from infra.cloud.bearer import simulated
from infra.cloud.google_api import GoogleApi
from infra.crew import ThreadCrew
from infra.local.sqlite_store import SqliteStore
from tests.bench.figure import Row, at_most, once
from tests.bench.notifications import KEY
from tests.bench.serving import HOST, ROOT, free_port, pinned
from tests.bench.sleepy_google import LATENCY
from tests.bench.telling import Tell
from tests.world.ports import Notebook
from tests.world.queues import WorldJobs
from tests.world.system import NoDisk

SECTION = "renewals"
DUE = 10_000
ALONE = 100  # one by one: enough to know how long the others would take
HANDS = 16  # WATCHKEEPER_CREW by default
ADDRESS = "https://receive.example.com"
TERMS = Terms(address=ADDRESS)
LIFE = timedelta(days=7)
AGE = timedelta(hours=25)


class OneRing:
    """The port `Keys`: one key."""

    def ring(self, *, wanted: str | None = None) -> Ring:
        del wanted
        return Ring((KEY,))


def measure(tell: Tell) -> list[Row]:
    """Renew a few one by one, then all of them side by side."""
    with _google() as url:
        alone = _renew(url, ALONE, hands=1)
        tell(f"one by one: {ALONE} in {alone:.1f} s")
        together = _renew(url, DUE, hands=HANDS, tell=tell)
    return rows(alone, together)


@contextmanager
def _google() -> Iterator[str]:
    port = free_port()
    script = [sys.executable, "-m", "tests.bench.sleepy_google", str(port), "200"]
    with subprocess.Popen([*pinned(1), *script], cwd=ROOT) as process:
        time.sleep(0.5)
        try:
            yield f"http://{HOST}:{port}"
        finally:
            process.kill()


def _renew(url: str, due: int, *, hands: int, tell: Tell | None = None) -> float:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "store.db")
        store._file._log = NoDisk(Path(folder) / "none.db")
        now = datetime.now(UTC)
        _prepare(store, due, now)
        clock = SystemClock()
        google = GoogleApi(simulated, root=url, clock=clock)
        journal = Notebook()
        attended = 0
        began = time.perf_counter()
        while attended < due:
            tick = renew(
                store=store,
                google=google,
                jobs=WorldJobs(clock),
                keys=OneRing(),
                clock=clock,
                chance=SystemChance(),
                crew=ThreadCrew(hands, journal),
                journal=journal,
                terms=TERMS,
            )
            attended += tick.attended
            if not tick.attended or tick.failed:
                raise RuntimeError(f"{tick}: {journal.warnings[:3]}")
            if tell:
                tell(f"{attended:,} of {due:,} renewed")
        took = time.perf_counter() - began
        for number in (0, due - 1):
            states = [channel.state for channel in store.channels(f"w{number}")]
            if states != [ChannelState.LIVE] * 2:
                raise RuntimeError(f"w{number} was not renewed: {states}")
        google.close()
        store.close()
    return took


def _prepare(store: SqliteStore, due: int, now: datetime) -> None:
    """Have so many watches whose confirmed channel is old enough to be replaced."""
    documents = {
        f"w{n}": {"source": "drive.changes", "subject": f"user{n}@example.com"} for n in range(due)
    }
    store.declare(documents, revision="1")
    watches = [_declared(name, document) for name, document in documents.items()]
    grounds = fingerprint([ADDRESS, [KEY.id]])
    memo = {"revision": "1", "compared_at": now, "again": 0, "grounds": grounds}
    store.write_control(CONTROL, memo, version=None)
    for number, watch in enumerate(watches):
        case = _case(watch, number, now)
        store.change(watch.id, lambda _, case=case: case)  # type: ignore[misc]


def _declared(name: str, document: Mapping[str, str]) -> Watch:
    """Give the watch as it is read: with defaults, which its channels must agree with."""
    watch = readable_watch(name, document, short_polls=False)
    if not isinstance(watch, Watch):
        raise watch
    return watch


def _case(watch: Watch, number: int, now: datetime) -> Case:
    opened_at = now - AGE
    record = Channel(
        id=f"{number:032x}",
        watch=watch.id,
        source=watch.source,
        subject=watch.subject,
        state=ChannelState.LIVE,
        opened_at=opened_at,
        asked_until=opened_at + LIFE,
        expiration=opened_at + LIFE,
        key_id=KEY.id,
        address=ADDRESS,
        identity=identity(watch),
        confirmed_at=opened_at,
        resource_id="r",
        resource_uri="u",
    )
    progress = Progress(
        watch=watch.id,
        short=watch.id,
        identity=identity(watch),
        source=watch.source,
        subject=watch.subject,
        cursor="1",
        baseline_at=opened_at,
        look_at=now,
        due_at=now,
        known=(record.id,),
        first_confirmed_at=opened_at,
        covered_until=opened_at + LIFE,
    )
    return Case(progress, {record.id: record})


def rows(alone: float, together: float) -> list[Row]:
    """Hold the time against what the calls alone take."""
    ideal = DUE * LATENCY / HANDS
    expected = alone / ALONE * DUE
    return [
        Row(
            section=SECTION,
            what=f"{DUE:,} channels replaced",
            found=once(together),
            unit="s",
            note=f"{LATENCY * 1000:.0f} ms a call, {HANDS} calls at once",
        ),
        Row(
            section=SECTION,
            what="times calls x latency / concurrency",
            found=once(together / ideal),
            goal=at_most(1.2),
            note=f"{ideal:.1f} s at least; opening is one call, the old channel is stopped later",
        ),
        Row(
            section=SECTION,
            what="one by one, times as long",
            found=once(expected / together),
            note=f"{expected:,.0f} s, by a sample of {ALONE}",
        ),
    ]
