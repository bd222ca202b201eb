"""Runs the whole system in one process: two ports, the queue's deliveries, the clock, the file.

The entry points are those of the cloud, behind functions-framework, called over HTTP as Google,
Cloud Scheduler and Pub/Sub call them.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from functions_framework import create_app

from functions.domain.errors import Invalid, Unavailable
from functions.ports import Case, Journal
from functions.schedule import pull_by, released
from infra import wiring
from infra.envelope import read_envelope
from infra.local.changes_file import ChangesFile
from infra.local.declaring import Declaring
from infra.local.dispatcher import Dispatcher, Lane
from infra.local.listener import Application, Listener, by_path
from infra.local.push import Push
from infra.local.queue.delivery import Policy
from infra.local.queues import CHANGES, NOTIFICATIONS
from infra.local.ticker import Ticker
from infra.local.watches_file import read_watches
from infra.machine.commands.options import counted
from infra.machine.handle_route import HANDLE, HandleRoute
from infra.machine.handle_route import WORKERS as HANDLE_WORKERS
from infra.machine.wiring import HANDS, MachineWiring, Place
from infra.telemetry import quiet_libraries

if TYPE_CHECKING:
    from infra.machine.gmail_reader import GmailReader

MAIN = Path(__file__).resolve().parents[2] / "main.py"
INTERNAL_HOST = "127.0.0.1"
DEFAULT_TOPIC = "projects/local/topics/gmail"
SYNC = "sync"
CHANGES_FILE = "changes-file"
SYNC_WORKERS = HANDS
LARGEST_PUBLIC = 1024 * 1024
LARGEST_INTERNAL = 20 * 1024 * 1024
PUSH_TIMEOUT = timedelta(seconds=300)
SWEEP_EVERY = timedelta(hours=1)
LOOK_EVERY = timedelta(seconds=1)
# An end takes 10 s at most: a tick, a message, the jobs in hand, and what they still answer.
STOP_WITHIN = timedelta(seconds=4)
BRIEFLY = timedelta(seconds=1)
JOB_POLICY = Policy(first=timedelta(seconds=1), longest=timedelta(seconds=60), attempts=20)
FILE_POLICY = Policy(first=timedelta(seconds=1), longest=timedelta(seconds=60), attempts=None)


class Queues(Protocol):
    """What delivers while we serve."""

    def start(self) -> None: ...
    def stop(self, *, within: timedelta) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What `serve` is told."""

    watches: Path
    place: Place
    google: str | None = None
    public_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    internal_port: int | None = None
    tick: timedelta = timedelta(seconds=60)
    changes: str | None = None
    length: timedelta | None = None
    gmail_topic: str = DEFAULT_TOPIC
    gmail_subscription: str | None = None
    allow_private_forward: bool = False

    @property
    def reached_topic(self) -> str | None:
        """The topic whose messages reach us: pushed by a simulated Google, else pulled."""
        reached = self.google is not None or self.gmail_subscription is not None
        return self.gmail_topic if reached else None

    def address(self, port: int) -> str:
        """The address that is given to Google, with exactly one slash before its path."""
        root = self.public_url or f"http://127.0.0.1:{port}"
        return f"{root.rstrip('/')}/receive"


def serve(serving: Serving, *, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM, SIGINT, or the end of `length`.

    Raises:
        Misconfigured: a file, a port or a store cannot be used; nothing was started.
    """
    found = read_watches(serving.watches)
    file = ChangesFile(serving.changes) if serving.changes is not None else None
    public, internal = _listeners(serving, file)
    address = serving.address(public.port)
    machine = MachineWiring(
        serving.place,
        address=address,
        google=serving.google,
        gmail_topic=serving.reached_topic,
        allow_private=serving.allow_private_forward,
    )
    wiring.use(machine)
    quiet_libraries()
    journal = machine.journal("serve")
    machine.keys.ring()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    inner = f"http://{INTERNAL_HOST}:{internal.port}"
    route = HandleRoute(machine, inner)
    declaring = Declaring(
        serving.watches,
        machine.store,
        chance=machine.chance,
        journal=journal,
        prepare=route.follow,
    )
    signal.signal(signal.SIGHUP, lambda *_: declaring.read_again())
    _break_leases(machine)
    declaring.first(found)
    queues = _open_queues(machine, inner, file, route)
    is_due = _is_due(machine) if serving.place.sqlite else None
    ticker = Ticker(f"{inner}/renew", every=serving.tick, is_due=is_due, journal=journal)
    public.start()
    internal.start()
    queues.start()
    mail = _mail(serving, inner, journal)
    if mail is not None:
        mail.start()
    declaring.start()
    ticker.start()
    ready(
        f"receiving at {address} (port {public.port}); inside: {inner}; "
        f"{counted(len(found.documents), 'watch', 'watches')} in {serving.place.store}"
    )
    _wait(stop, machine, serving.length)
    journal.note("stopping")
    began = time.monotonic()
    declaring.stop()
    ticker.stop(within=BRIEFLY)
    if mail is not None:
        mail.stop()
    public.stop(within=BRIEFLY)
    queues.stop(within=STOP_WITHIN)
    internal.stop(within=BRIEFLY)
    journal.note("stopped", seconds=round(time.monotonic() - began, 1))


def _listeners(serving: Serving, file: ChangesFile | None) -> tuple[Listener, Listener]:
    public = Listener(
        by_path({"/receive": _application("receive")}),
        host=serving.host,
        port=serving.port,
        threads=16,
        largest=LARGEST_PUBLIC,
        option="--port",
    )
    inside = {f"/{name}": _application(name) for name in ("renew", "sync", "handle")}
    if file is not None:
        inside["/changes"] = _changes_application(file)
    internal = Listener(
        by_path(inside),
        host=INTERNAL_HOST,
        port=_internal_port(serving),
        threads=SYNC_WORKERS + HANDLE_WORKERS + 8,
        largest=LARGEST_INTERNAL,
        option="--internal-port",
    )
    return public, internal


def _internal_port(serving: Serving) -> int:
    if serving.internal_port is not None:
        return serving.internal_port
    return serving.port + 1 if serving.port else 0  # 0: any that is free


def _application(target: str) -> Application:
    application: Application = create_app(target, str(MAIN), "http").wsgi_app  # type: ignore[no-untyped-call]
    return application


def _changes_application(file: ChangesFile) -> Application:
    """Take change events that Pub/Sub pushes, for the changes file."""

    def take(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        status = "204 No Content"
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            file.append([read_envelope(environ["wsgi.input"].read(length)).data])
        except (Invalid, ValueError):
            status = "204 No Content"  # a repetition would be as unreadable
        except (OSError, Unavailable):
            status = "503 Service Unavailable"
        start(status, [("Content-Length", "0")])
        return [b""]

    return take


def _break_leases(machine: MachineWiring) -> None:
    """End the leases of a process that is gone: what they guarded is pulled again."""

    def free(case: Case) -> Case | None:
        if case.progress is None or case.progress.lease is None:
            return None
        return Case(pull_by(released(case.progress), machine.clock.now()), {})

    for progress in machine.store.all_progress():
        if progress.lease is not None:
            machine.store.change(progress.watch, free)


def _wait(stop: threading.Event, machine: MachineWiring, length: timedelta | None) -> None:
    """Wait for the end; once an hour delete what expired, as Firestore does by itself.

    In short waits: a signal that the system gives to another thread is acted upon by this one, and
    only when it wakes.
    """
    now = time.monotonic()
    until, sweep_at = now + length.total_seconds() if length else float("inf"), now
    while not stop.is_set() and now < until:
        if now >= sweep_at:
            machine.sweep()
            sweep_at = now + SWEEP_EVERY.total_seconds()
        stop.wait(min(until - now, LOOK_EVERY.total_seconds()))
        now = time.monotonic()


def _mail(serving: Serving, inner: str, journal: Journal) -> GmailReader | None:
    if serving.gmail_subscription is None:
        return None
    from infra.machine.gmail_reader import GmailReader

    return GmailReader(serving.gmail_subscription, url=f"{inner}/sync", journal=journal)


def _is_due(machine: MachineWiring) -> Callable[[], bool]:
    def is_due() -> bool:
        try:
            return bool(machine.store.due(machine.clock.now(), 1))
        except Unavailable:
            return False

    return is_due


def _open_queues(
    machine: MachineWiring, inner: str, file: ChangesFile | None, route: HandleRoute
) -> Queues:
    if machine.is_on_pubsub:
        from infra.machine.pubsub_queues import open_pubsub

        return open_pubsub(machine.project, inner, changes=file is not None)
    queue = machine.queue
    names = [SYNC, HANDLE]
    push = Push(f"{inner}/sync", timeout=PUSH_TIMEOUT, connections=SYNC_WORKERS)
    lanes = [Lane(subscription=SYNC, deliver=push, workers=SYNC_WORKERS), route.lane()]
    queue.subscribe(SYNC, topic=NOTIFICATIONS, policy=JOB_POLICY)
    if file is not None:
        queue.subscribe(CHANGES_FILE, topic=CHANGES, policy=FILE_POLICY)
        lanes.append(Lane(subscription=CHANGES_FILE, deliver=file, most=500))
        names.append(CHANGES_FILE)
    queue.retain(names)
    queue.recover()
    return Dispatcher(queue, lanes, journal=machine.journal("queue"))
