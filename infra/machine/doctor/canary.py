"""The canary: makes a file of its own, waits for its event, and removes it again."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.domain.errors import Trouble
from functions.domain.model import Watch
from functions.sources.call import Call
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped
from infra.machine.following import Event, follow_file, follow_topic

# Files that this application made, and no others.
SCOPE = "https://www.googleapis.com/auth/drive.file"
NAME = "watchkeeper canary (may be deleted)"
SLOW = timedelta(seconds=60)


def canary(ward: Ward, *, patience: timedelta) -> Iterator[Finding]:
    """Measure how long a change takes until its event is there."""
    for finding in _fly(ward, patience):
        yield replace(finding, check="canary")


def _fly(ward: Ward, patience: timedelta) -> Iterator[Finding]:
    watch = _watch(ward)
    if watch is None:
        text = "no watch of drive.changes on a My Drive delivers now"
        yield skipped("a file of our own", text)
        return
    looked = f"a file of our own in the Drive of {watch.subject or 'the service account'}"
    heard = Ear(ward, patience)
    heard.ready.wait(patience.total_seconds())
    try:
        body = {"name": NAME, "mimeType": "text/plain"}
        answer = _call(ward, watch, "files.create", {"fields": "id"}, body)
    except Trouble as trouble:
        step = f"the canary needs the scope {SCOPE}: authorise it, too, or consent to it"
        yield failed(looked, trouble.text, step=step)
        return
    file = str(answer.get("id"))
    began = time.monotonic()
    try:
        seconds = heard.wait(file, watch.id, began)
    finally:
        with suppress(Trouble):
            _call(ward, watch, "files.delete", {"fileId": file}, None)
    if seconds is None:
        step = "run the other checks; does serve have --changes, and is it named with --changes?"
        text = f"its event did not arrive within {patience.total_seconds():.0f} s"
        yield failed(looked, text, step=step)
    else:
        yield ok(looked, f"its event arrived after {seconds:.1f} s, and it is removed again")


class Ear:
    """Listens for events in a thread of its own, from before the change is made."""

    def __init__(self, ward: Ward, patience: timedelta) -> None:
        """Begin to listen."""
        self.ready = threading.Event()
        self._patience = patience
        self._heard: queue.Queue[Event | Trouble] = queue.Queue()
        self._ward = ward
        threading.Thread(target=self._listen, daemon=True).start()

    def wait(self, file: str, watch: str, began: float) -> float | None:
        """Give how long the event of a file took; None if it did not come.

        Raises:
            Trouble: events cannot be followed.
        """
        until = began + self._patience.total_seconds()
        while (left := until - time.monotonic()) > 0:
            try:
                event = self._heard.get(timeout=left)
            except queue.Empty:
                return None
            if isinstance(event, Trouble):
                raise event
            if event.get("subject") == file and event.get("watch") == watch:
                return time.monotonic() - began
        return None

    def _listen(self) -> None:
        try:
            for event in self._events():
                self._heard.put(event)
        except Trouble as trouble:
            self._heard.put(trouble)
            self.ready.set()

    def _events(self) -> Iterator[Event]:
        length = self._patience * 2
        project = self._ward.at.site.project
        if project is not None:
            return follow_topic(project, "changes", length=length, ready=self.ready.set)
        return follow_file(self._ward.changes, back=0, length=length, ready=self.ready.set)


def _watch(ward: Ward) -> Watch | None:
    for progress in ward.progress:
        watch = ward.watches.get(progress.watch)
        if watch is None or watch.source != "drive.changes" or watch.params.get("driveId"):
            continue
        if not watch.paused and not progress.verdict.parks and progress.cursor:
            return watch
    return None


def _call(
    ward: Ward, watch: Watch, method: str, params: dict[str, Any], body: dict[str, Any] | None
) -> dict[str, Any]:
    call = Call(api="drive", version="v3", method=method, params=params, body=body, scopes=(SCOPE,))
    return dict(ward.at.google.call(call, subject=watch.subject).body)
