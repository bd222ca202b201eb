"""Shows the whole loop on a simulated Google: real processes, real client libraries, short lives.

Each step is told as it is seen to happen; the first that does not happen in time ends the demo
with a status of 1.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra.local.google import SimulatedGoogle, serve_google
from infra.local.listener import free_port
from infra.machine.demo_console import open_console

MAIN = Path(__file__).resolve().parents[2] / "main.py"
ACCOUNT = "ana@example.com"
CHANNEL_LIFE = 16  # seconds; Google grants up to a week
PATIENCE = 20.0
WATCHES = f"""\
watches:
  - id: ana-drive
    source: drive.changes
    subject: {ACCOUNT}
"""

Say = Callable[[str], None]


class NotSeenError(Exception):
    """A step did not happen in time."""


def run(say: Say, *, keep: timedelta | None = None) -> int:
    """Run the demo, and `keep` it up for so long to be looked at; give the exit status."""
    say("Watchkeeper: from a change in Google Drive to a CloudEvent, on a simulated Google.\n")
    with (
        tempfile.TemporaryDirectory(prefix="watchkeeper-demo-") as folder,
        serve_google(max_life=CHANNEL_LIFE) as google,
    ):
        stage = Stage(google, Path(folder), say)
        try:
            with stage.serving():
                _play(stage, keep)
        except NotSeenError as missed:
            say(f"\nFAILED: {missed}\nThe log of serve:\n{stage.log()}")
            return 1
    say("\nAll of it arrived. Next: declare watches of your own (README, Declare watches).")
    return 0


class Stage:
    """The simulated Google, the folder of `serve`, and what can be seen of both."""

    def __init__(self, google: SimulatedGoogle, folder: Path, say: Say) -> None:
        """Keep what the steps are played on."""
        self.google = google
        self.folder = folder
        self._say = say
        self._began = time.monotonic()

    def tell(self, text: str) -> None:
        """Say a step, with the seconds since the beginning."""
        self._say(f"  {time.monotonic() - self._began:5.1f} s  {text}")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run `python main.py serve` beside us."""
        (self.folder / "watches.yaml").write_text(WATCHES)
        port, inner = free_port(), free_port()
        command = [sys.executable, str(MAIN), "serve", "--google", self.google.url]
        command += ["--port", str(port), "--internal-port", str(inner), "--tick", "0.5s"]
        command += ["--changes", "changes.jsonl"]
        # Emulators that happen to be set must not be part of a demo.
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_EMULATOR_HOST")}
        with (self.folder / "serve.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, cwd=self.folder, stdout=log, stderr=log, env=environment
            )
        self.tell(f"the simulated Google answers at {self.google.url}")
        self.tell(f"serve receives notifications at http://127.0.0.1:{port}/receive")
        try:
            yield
            self._stop(process)
        finally:
            process.kill()
            process.wait()

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise NotSeenError("serve did not end after SIGTERM") from None
        if status != 0:
            raise NotSeenError(f"serve ended with status {status}")
        self.tell(f"serve ended cleanly, {time.monotonic() - began:.1f} s after SIGTERM")

    def log(self) -> str:
        """Give the end of serve's log."""
        return "\n".join((self.folder / "serve.log").read_text().splitlines()[-30:])

    def wait(self, what: str, seen: Callable[[], Any]) -> Any:
        """Wait until `seen` gives something true, and give it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if found := seen():
                return found
            time.sleep(0.02)
        raise NotSeenError(f"{what}: not seen within {PATIENCE:.0f} s")

    def channels(self, *states: str) -> list[dict[str, Any]]:
        """Give the channels that Google has in one of these states, oldest first."""
        now = self.google.world.clock.now()
        every = [channel.summary(now) for channel in self.google.world.channels.all()]
        return sorted((c for c in every if c["state"] in states), key=lambda c: c["openedAt"])

    def event(self, kind: str, item: str) -> dict[str, Any] | None:
        """Give the event of a change, if it has arrived."""
        path = self.folder / "changes.jsonl"
        for line in path.read_bytes().splitlines() if path.exists() else []:
            event: dict[str, Any] = json.loads(line)
            if event["data"].get("kind") == kind and event.get("subject") == item:
                return event
        return None


def _play(stage: Stage, keep: timedelta | None) -> None:
    first = _open(stage)
    console = open_console(stage.folder, stage.google, ACCOUNT)
    try:
        stage.tell(f"look at it: {console.url}")
        _change_files(stage)
        _renew(stage, first)
        if keep is not None:
            stage.tell("it stays up: press the page's buttons; Ctrl-C here ends it")
            with suppress(KeyboardInterrupt):
                time.sleep(keep.total_seconds())
    finally:
        console.stop()
    _stop_watch(stage)


def _open(stage: Stage) -> str:
    channel = stage.wait("a channel", lambda: stage.channels("live"))[0]
    name: str = channel["id"]
    stage.tell(f"channel {name[:8]} opened for {ACCOUNT}'s Drive: it lives {CHANNEL_LIFE} s")
    sent = stage.google.world.channels
    stage.wait("its first message", lambda: _acknowledged(sent.all(), name))
    stage.tell(f"channel {name[:8]} confirmed: its sync message came and its token verified")
    return name


def _acknowledged(channels: Any, name: str) -> bool:
    return any(c.ask.id == name and c.counts.total() and not c.pending for c in channels)


def _change_files(stage: Stage) -> None:
    drive = stage.google.world.drive
    # A watch is as old as its baseline, in whole seconds: what is made now is surely younger.
    file = drive.create(ACCOUNT, name="holiday.mp4", mime_type="video/mp4")
    _arrive(stage, "file.created", file.id)
    drive.update(file.id, name="holiday in Rome.mp4")
    _arrive(stage, "file.updated", file.id)
    drive.trash(file.id)
    _arrive(stage, "file.trashed", file.id)
    drive.remove(file.id)
    _arrive(stage, "file.removed", file.id)


def _arrive(stage: Stage, kind: str, item: str) -> None:
    began = time.monotonic()
    event = stage.wait(f"the event {kind}", lambda: stage.event(kind, item))
    lag = time.monotonic() - began
    stage.tell(f"{kind:13} arrived as event {event['id'][:8]}, {lag:.2f} s after it happened")


def _renew(stage: Stage, first: str) -> None:
    both = stage.wait("a second channel", lambda: _pair(stage.channels("live")))
    old, new = both[0]["id"], both[-1]["id"]
    stage.tell(f"renewed: channels {old[:8]} and {new[:8]} overlap, so nothing is missed")
    stage.wait(
        "the end of the old channel",
        lambda: any(c["id"] == old for c in stage.channels("stopped")),
    )
    stage.tell(f"channel {old[:8]} stopped, as {new[:8]} is confirmed")
    if not any(c["id"] == first for c in stage.channels("stopped")):
        raise NotSeenError("the first channel was not stopped")


def _pair(channels: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    return channels if len(channels) > 1 else None


def _stop_watch(stage: Stage) -> None:
    (stage.folder / "watches.yaml").write_text("watches: []\n")
    stage.wait("the end of all channels", lambda: not stage.channels("live"))
    ended = len(stage.channels("stopped"))
    expired = len(stage.channels("expired"))
    if expired:
        raise NotSeenError(f"channels left to expire: {expired}")
    stage.tell(f"the watch was removed: all {ended} channels are stopped, none was left behind")
