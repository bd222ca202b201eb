"""How long an entry point takes from nothing to its first answer, and to import what it needs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from functions.domain.job import write_job
from functions.domain.model import Job
from tests import emulators
from tests.bench import notifications
from tests.bench.figure import Goal, Row, at_most, ratios, spread
from tests.bench.queue_at_hand import TOPIC, NoQueueError, topic
from tests.bench.serving import BARE, ROOT, Function, connect, end, free_port, launch
from tests.bench.telling import Tell
from tests.emulators import FIRESTORE, EmulatorFailedError, EmulatorMissingError

SECTION = "start"
ROUNDS = 7
OTHERS_ROUNDS = 3
BARE_SIDE = "bare function"
MAIN = ROOT / "main.py"
JOB = Job(watch="nobody", queued_at=datetime(2026, 1, 1, tzinfo=UTC), reason="due")
EVENT = (
    b'{"specversion": "1.0", "id": "1", "source": "/watches/nobody", "type": "watchkeeper.x", '
    b'"time": "2026-01-01T00:00:00Z", "watch": "nobody", "data": {}}'
)

GOALS: Mapping[str, Goal] = {
    "receive, to the first refusal": at_most(1.3),
    "receive, to the first accepted notification": at_most(2.0),
}
# What the first real request of each makes it load.
IMPORTS = {
    BARE_SIDE: "",
    "receive": "import main, functions.receive, infra.key_file, infra.cloud.pubsub_jobs, grpc, "
    "infra.cloud.own_token, google.auth.compute_engine",
    "renew": "import main, functions.renew, infra.cloud.firestore_store, infra.cloud.google_api, "
    "infra.cloud.credentials",
    "sync": "import main, functions.sync, infra.cloud.firestore_store, infra.cloud.google_api, "
    "infra.cloud.credentials, infra.cloud.pubsub",
    "handle": "import main, functions.handle, infra.cloud.firestore_store, infra.handling, "
    "infra.cloud.google_api, infra.cloud.google_media",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One side: what is started, and what it is asked first."""

    function: Function
    request: bytes
    status: str


def measure(tell: Tell) -> list[Row]:
    """Start all sides again and again, in turns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = _settings(folder)
        missing: dict[str, str] = {}
        try:
            settings |= stack.enter_context(topic())
        except NoQueueError as trouble:
            missing["receive, to the first accepted notification"] = str(trouble)
        starts = _receiving(settings)
        for side in missing:
            del starts[side]
        took = _in_turns(starts, ROUNDS, tell)
    others, trouble_of_others = _others(tell)
    imports = _import_in_turns(tell)
    return [*rows(took, missing), *others_rows(others, trouble_of_others), *import_rows(imports)]


def _settings(folder: Path) -> dict[str, str]:
    return {
        "WATCHKEEPER_KEYS": str(notifications.write_keys(folder)),
        "WATCHKEEPER_NOTIFICATIONS": TOPIC,
        "WATCHKEEPER_CHANGES": "projects/bench/topics/changes",
        "WATCHKEEPER_PROJECT": "bench",
        "WATCHKEEPER_ADDRESS": "https://receive.example.com",
        "WATCHKEEPER_GOOGLE": "http://127.0.0.1:9",
    }


def _receiving(settings: Mapping[str, str]) -> dict[str, Start]:
    genuine, forged = notifications.genuine()[0], notifications.forged()[0]
    ours = Function(source=MAIN, settings=settings)
    return {
        BARE_SIDE: Start(function=BARE, request=genuine, status="204"),
        "receive, to the first refusal": Start(function=ours, request=forged, status="401"),
        "receive, to the first accepted notification": Start(
            function=ours, request=genuine, status="204"
        ),
    }


def _others(tell: Tell) -> tuple[dict[str, list[float]], str]:
    """Start what needs a store, each asked for something real that finds nothing to do."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            address = stack.enter_context(emulators.running(FIRESTORE))
        except (EmulatorMissingError, EmulatorFailedError) as trouble:
            return {}, f"emulator missing: {trouble}"
        settings = _settings(folder) | {FIRESTORE.variable: address}
        bare = Start(function=BARE, request=notifications.genuine()[0], status="204")
        starts = {BARE_SIDE: bare} | {
            target: Start(
                function=Function(source=MAIN, target=target, settings=settings),
                request=_post(body),
                status="204",
            )
            for target, body in {
                "renew": b"",
                "sync": _pushed(write_job(JOB)),
                "handle": _pushed(EVENT),
            }.items()
        }
        return _in_turns(starts, OTHERS_ROUNDS, tell), ""


def _pushed(data: bytes) -> bytes:
    message = {"data": b64encode(data).decode(), "messageId": "1", "attributes": {}}
    return json.dumps({"message": message, "subscription": "s"}).encode()


def _post(body: bytes) -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _in_turns(starts: Mapping[str, Start], rounds: int, tell: Tell) -> dict[str, list[float]]:
    for start in starts.values():  # so that everything is compiled, and read from the disk
        first_answer(start)
    took: dict[str, list[float]] = {side: [] for side in starts}
    for number in range(rounds):
        for side, start in starts.items():
            took[side].append(first_answer(start))
        tell(f"start {number + 1} of {rounds}: bare {took[BARE_SIDE][-1]:.2f} s")
    return took


def first_answer(start: Start) -> float:
    """Start a server; give the seconds until it has answered one request."""
    port = free_port()
    began = time.perf_counter()
    process = launch(start.function, port)
    try:
        with connect(process, port) as connection:
            connection.sendall(start.request)
            status = connection.recv(4096)[9:12].decode()
            took = time.perf_counter() - began
    finally:
        end(process)
    if status != start.status:
        raise RuntimeError(f"{start.function.target} answered {status}, not {start.status}")
    return took


def _import_in_turns(tell: Tell) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {side: [] for side in IMPORTS}
    for number in range(OTHERS_ROUNDS + 1):
        for side, imports in IMPORTS.items():
            seconds = _import(imports)
            if number:  # the first compiles
                took[side].append(seconds)
    tell("imports")
    return took


def _import(imports: str) -> float:
    script = (
        "import time; began = time.perf_counter()\n"
        "import functions_framework, gunicorn.app.base, gunicorn.workers.gthread\n"
        f"{imports}\nprint(time.perf_counter() - began)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    return float(done.stdout)


def rows(took: Mapping[str, Sequence[float]], missing: Mapping[str, str]) -> list[Row]:
    """Compare starts with the bare function's, round by round."""
    bare = took[BARE_SIDE]
    found = [_seconds(BARE_SIDE, bare)]
    for side, goal in GOALS.items():
        what = f"{side}: times the bare function"
        if side not in took:
            found.append(Row(section=SECTION, what=what, found=None, goal=goal, note=missing[side]))
            continue
        found.append(_seconds(side, took[side]))
        found.append(Row(section=SECTION, what=what, found=ratios(took[side], bare), goal=goal))
    return found


def others_rows(took: Mapping[str, Sequence[float]], missing: str) -> list[Row]:
    """Tell the starts of the private functions, which have no goal."""
    if not took:
        return [Row(section=SECTION, what="renew, sync, handle", found=None, note=missing)]
    return [
        Row(
            section=SECTION,
            what=f"{side}, to its first answer from the store",
            found=spread(took[side]),
            unit="s",
            note=f"times the bare function: {ratios(took[side], took[BARE_SIDE])}",
        )
        for side in took
        if side != BARE_SIDE
    ]


def import_rows(took: Mapping[str, Sequence[float]]) -> list[Row]:
    """Tell how long imports take, the framework's own included."""
    return [
        Row(
            section=SECTION,
            what=f"{side}: importing",
            found=spread([seconds * 1000 for seconds in took[side]]),
            unit="ms",
            note="with what the real Google wants (credentials)" if side != BARE_SIDE else "",
        )
        for side in took
    ]


def _seconds(side: str, took: Sequence[float]) -> Row:
    return Row(section=SECTION, what=side, found=spread(took), unit="s")
