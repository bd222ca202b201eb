"""Follows what is stored of each watch: where it begins anew, and how far it is read."""

from __future__ import annotations

from collections import Counter

from functions.declared.declaration import identity, read_watch
from functions.domain.model import Progress, Watch
from tests.simulation.google.answers import ModelGoogle
from tests.simulation.judge import Account, Judge
from tests.simulation.store import SimulatedStore
from tests.simulation.timeline import Timeline


class Follower:
    """Opens the accounts that the judge keeps, and has moved cursors judged."""

    def __init__(
        self, timeline: Timeline, judge: Judge, google: ModelGoogle, store: SimulatedStore
    ) -> None:
        self._timeline, self._judge = timeline, judge
        self._google, self._store = google, store
        self._variants: dict[tuple[str, str], Watch] = {}  # by id and identity
        self.figures: Counter[str] = Counter()

    def declared(self) -> None:
        """Note what each watch means that was just declared."""
        for name in self._store.documents:
            watch = self._watch(name)
            if watch is not None:
                self._variants[name, identity(watch)] = watch

    def wrote(self, progress: Progress, before: Progress | None) -> None:
        """Follow what was written of a watch."""
        if progress.lease and progress.cursor is None and progress.listing is None:
            self._begin(progress, before)
            return
        account = self._judge.accounts.get(progress.watch)
        if account is None:
            return
        if before is not None and progress.resyncs > before.resyncs:
            account.resynced = self._timeline.now
            if account.is_mail:
                account.resynced_to = int(progress.cursor or 0)
            self.figures["resyncs"] += 1
        if account.based is None and progress.cursor is not None:
            account.based = self._timeline.now
        elif before is not None and progress.pulled_at != before.pulled_at:
            self.figures["pulls"] += 1
            if progress.listing is None:
                self._judge.read(progress)

    def _begin(self, progress: Progress, before: Progress | None) -> None:
        account = self._judge.accounts.get(progress.watch)
        if account is None or account.identity != progress.identity or account.based is not None:
            self._open(progress)  # or what was known of it was deleted in time
        elif before is None or before.lease != progress.lease:
            account.begun = self._timeline.now

    def _open(self, progress: Progress) -> None:
        watch = self._variants[progress.watch, progress.identity]
        declared = self._watch(progress.watch)
        self._judge.open(
            Account(
                watch=watch.id,
                source=watch.source,
                identity=progress.identity,
                collection=self._google.collection(collection_key(watch)),
                only=watch.params.get("fileId"),
                labels=frozenset(watch.params.get("labelIds") or ()),
                begun=self._timeline.now,
                poll=watch.poll.total_seconds(),
                stopped=declared is None or declared.paused,
            )
        )

    def _watch(self, name: str) -> Watch | None:
        document = self._store.documents.get(name)
        return read_watch({"id": name, **document}) if document is not None else None


def collection_key(watch: Watch) -> str:
    """Name what a watch is about."""
    subject = watch.subject or ""
    if watch.source == "gmail.mailbox":
        return f"gmail {subject}"
    if watch.source.startswith("drive."):
        return f"drive {subject}"
    if watch.source == "calendar.events":
        return f"calendar {watch.params['calendarId']} {subject}"
    return "directory my_customer" if watch.source == "directory.users" else "reports admin"
