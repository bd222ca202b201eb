"""The console of the demo: with buttons that make changes and faults in the simulated Google."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

from infra.local.google import SimulatedGoogle
from infra.machine.console.application import Play
from infra.machine.console.serving import Served
from infra.machine.installation import Installation, Site
from infra.machine.wiring import Place


def open_console(folder: Path, google: SimulatedGoogle, account: str) -> Served:
    """Serve the console of the demo's folder, at a free port."""
    site = Site(place=Place(store=f"sqlite:{folder / 'watchkeeper.db'}"), google=google.url)
    changes = folder / "changes.jsonl"
    served = Served(Installation(site), port=0, changes=changes, plays=plays(google, account))
    served.start()
    return served


def plays(google: SimulatedGoogle, account: str) -> Mapping[str, Play]:
    """Give what the buttons do, each said in a sentence."""
    play = _Playing(google, account)
    return {
        "make-a-file": play.create,
        "rename-a-file": play.update,
        "trash-a-file": play.trash,
        "lose-notifications": play.lose,
        "silence-a-channel": play.silence,
        "refuse-channels": play.refuse,
        "revoke-access": play.revoke,
        "mend-all": play.mend,
    }


class _Playing:
    def __init__(self, google: SimulatedGoogle, account: str) -> None:
        self._world = google.world
        self._account = account
        self._numbers = count(1)
        self._made: list[str] = []

    def create(self, _: str) -> str:
        file = self._world.drive.create(self._account, name=f"note {next(self._numbers)}.txt")
        self._made.append(file.id)
        return f"{file.name} is made"

    def update(self, _: str) -> str:
        if not self._made:
            return "make a file first"
        self._world.drive.update(self._made[-1], name=f"renamed {next(self._numbers)}.txt")
        return "the newest file is renamed"

    def trash(self, _: str) -> str:
        if not self._made:
            return "make a file first"
        self._world.drive.trash(self._made.pop())
        return "the newest file is in the trash"

    def lose(self, _: str) -> str:
        self._world.faults.set("drop", times=3)
        return "the next three notifications are lost"

    def silence(self, _: str) -> str:
        self._world.faults.set("silence", times=1)
        return "a channel falls silent at its next message"

    def refuse(self, _: str) -> str:
        self._world.faults.set("error", method="*.watch", reason="backendError")
        return "no channel can be opened any more: a gap will come"

    def revoke(self, _: str) -> str:
        self._world.access.revoke(self._account, "authError")
        return "access is taken away: the watch will be parked"

    def mend(self, _: str) -> str:
        self._world.faults.remove()
        self._world.access.restore(self._account)
        return "all faults are mended"
