"""What must hold of a system at any moment, and what must hold of it in the end."""

from __future__ import annotations

from collections.abc import Iterator

from functions.domain.event import Event
from functions.domain.model import ChannelState, Progress
from functions.domain.plan import ADOPTED
from tests.world.system import SECOND, TICK, System

MOST_LIVE = 2


class Promises:
    """Watches over one watch of My Drive while a story is played."""

    def __init__(self, system: System, watch: str = "ana") -> None:
        self.system = system
        self.watch = watch
        self.begun: dict[str, int] = {}  # identity of the watch: its first cursor
        system.watching = self.check

    def check(self) -> None:
        """Hold the moment against what must always hold."""
        assert self.named() <= MOST_LIVE
        progress = self.system.sqlite.progress(self.watch)
        if progress is not None:
            assert self.undelivered(progress) == []
            times = [time for time in (progress.pull_at, progress.look_at) if time]
            assert progress.due_at == min(times, default=None)

    def named(self) -> int:
        """Count the channels alive at Google that we know how to stop, adopted ones apart."""
        alive = self.system.near.alive()
        if len(alive) <= MOST_LIVE:
            return len(alive)
        records = {channel.id: channel for channel in self.system.sqlite.channels(self.watch)}
        return sum(
            channel.ask.id in records
            and records[channel.ask.id].resource_id is not None
            and records[channel.ask.id].why != ADOPTED
            for channel in alive
        )

    def undelivered(self, progress: Progress) -> list[str]:
        """List the files whose change lies before the stored cursor and was not told."""
        if progress.cursor is None or progress.subject is None:
            return []
        cursor = int(progress.cursor)
        first = self.begun.setdefault(progress.identity, cursor)
        log = self.system.drive.log(progress.subject)
        return [
            entry.key[1]
            for entry in log._entries
            if first <= entry.position < cursor and log._is_latest(entry)
            if not self.is_told(entry.key[1])
        ]

    def is_told(self, file_id: str) -> bool:
        """Tell whether the state that a file is in was told, or its end."""
        told = self.told(file_id)
        file = self.system.drive.files.get(file_id)
        if file is None:
            return bool(told) and told[-1].data["kind"] == "file.removed"
        return any(event.data["item"].get("version") == str(file.version) for event in told)

    def told(self, file_id: str) -> list[Event]:
        """List what was told of a file."""
        return [event for event in self.system.sink.told if event.subject == file_id]

    def distinct(self) -> Iterator[Event]:
        """Give each event once, in the order in which they were first told."""
        yield from {event.id: event for event in self.system.sink.told}.values()

    def troubles(self) -> list[str]:
        """List the troubles told, each once."""
        head = "watchkeeper.watch."
        return [e.type.removeprefix(head) for e in self.distinct() if e.type.startswith(head)]

    def check_end(self, *, wanted: bool) -> None:
        """Hold the end against what was promised; one more change wakes every channel there is."""
        system = self.system
        progress = system.sqlite.progress(self.watch)
        subject = (progress.subject if progress else None) or ""
        last = system.drive.create(subject, name="last")
        system.pass_time(3 * TICK + SECOND)
        self.check_ids()
        alive = [channel.ask.id for channel in system.near.alive()]
        # One that never came to be cannot be told from one that has not spoken yet.
        named = [c for c in system.channels(self.watch) if c.resource_id is not None]
        assert len(alive) == wanted
        assert [(c.id, c.state) for c in named] == [(each, ChannelState.LIVE) for each in alive]
        assert (system.crew.failures, system.queue.waiting) == ([], [])
        assert "internal error" not in [text for text, _ in system.journal.warnings]
        if wanted:
            now = system.progress(self.watch)
            assert (now.lease, now.failures, now.notices, now.marked) == (None, 0, (), False)
            assert self.told(last.id)
            assert all(channel.confirmed_at for channel in named)

    def check_ids(self) -> None:
        """Equal ids are equal events, and the same change never has two ids."""
        by_id: dict[str, Event] = {}
        by_change: dict[object, str] = {}
        for event in self.system.sink.told:
            assert by_id.setdefault(event.id, event) == event
            item = event.data.get("item", {})
            change = (event.subject, event.data.get("kind"), item.get("version"), event.time)
            assert by_change.setdefault(change, event.id) == event.id
