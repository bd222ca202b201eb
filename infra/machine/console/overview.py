"""What the console shows: all watches at a glance, kept fresh, and single pages of them in detail.

The glance is two lists (declarations and progress); channels are read for the page that is shown.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.declared.watching import readable_watch
from functions.domain.advice import advice
from functions.domain.errors import Invalid, Trouble
from functions.domain.hearing import as_heard, heard_at
from functions.domain.mailbox import PREFIX, mailbox_name
from functions.domain.model import Channel, ChannelState, Progress, Watch
from functions.domain.roster import member_of, split_name
from infra.machine.console.marks import Marks
from infra.machine.installation import Installation
from infra.machine.status import state_of

FRESH = timedelta(seconds=2)
CLOUD_FRESH = timedelta(seconds=60)  # each read of all costs a read for each watch
PART = 8  # of the time it takes: reading must not be all that the machine does
ORDER = ("parked", "invalid", "failing", "uncovered", "starting", "paused", "polled", "covered")
WHAT_TO_DO = {
    "invalid": "Mend the declaration; watch remove if it is not wanted.",
    "failing": "Tried again with back-off. If it lasts: doctor.",
    "uncovered": "Only polled now. doctor looks at address, certificate and token.",
    "starting": "The baseline is being taken.",
}


Watches = dict[str, Watch | Invalid]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One watch at a glance."""

    name: str
    source: str
    subject: str
    state: str
    verdict: str
    reason: str
    progress: Progress | None

    def matches(self, words: Sequence[str]) -> bool:
        """Whether all words occur in what one would search for."""
        text = f"{self.name} {self.source} {self.subject} {self.state} {self.verdict} {self.reason}"
        return all(word in text.lower() for word in words)


class Overview:
    """The glance, read again and again by a thread of its own; whoever asks gets the last one."""

    def __init__(self, at: Installation) -> None:
        """Keep what is shown; nothing is read yet."""
        self._at = at
        self._stopping = threading.Event()
        self._rows: list[Row] = []
        self._watches: Watches = {}
        self._revision: str | None = None
        self._trouble = ""
        self._marks = Marks()

    def start(self) -> None:
        """Read from now on."""
        threading.Thread(target=self._run, name="overview", daemon=True).start()

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()

    def read(self) -> None:
        """Read all of it now."""
        try:
            self._rows, self._trouble = self._read(self._at.clock.now()), ""
        except Trouble as trouble:
            self._trouble = trouble.text

    def _run(self) -> None:
        pause = CLOUD_FRESH if self._at.site.is_cloud else FRESH
        took = 0.0
        while not self._stopping.wait(max(pause.total_seconds(), PART * took)):
            began = time.monotonic()
            self.read()
            took = time.monotonic() - began

    def page(self, *, words: str, state: str, start: int, size: int) -> dict[str, Any]:
        """Give one page of what matches, its channels and the counts of all."""
        rows, trouble = self._rows, self._trouble
        counts = Counter(row.state for row in rows)
        wanted = words.lower().split()
        found = [row for row in rows if (not state or row.state == state) and row.matches(wanted)]
        shown = found[start : start + size]
        return {
            "now": self._at.clock.now(),
            "where": self._at.site.words,
            "trouble": trouble,
            "counts": {name: counts[name] for name in ORDER if counts[name]},
            "total": len(rows),
            "found": len(found),
            "start": start,
            "watches": self._detailed(shown),
        }

    def _detailed(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        boxes = {
            row.name: mailbox_name(row.subject) for row in rows if row.source == "gmail.mailbox"
        }
        names = [*(row.name for row in rows), *sorted(set(boxes.values()))]
        channels: dict[str, list[Channel]] = {}
        for channel in self._at.operating.all_channels(names) if names else ():
            channels.setdefault(channel.watch, []).append(channel)
        now = self._at.clock.now()
        detailed = []
        for glanced in rows:
            # What is shown is as it is now; the rest may be as old as the glance.
            row = self._row(glanced.name, self._at.store.progress(glanced.name), now)
            if row.progress is not None:
                self._marks.pulled([row.progress])
            own = [*channels.get(row.name, ()), *channels.get(boxes.get(row.name, ""), ())]
            own = [as_heard(one, row.progress) for one in own]
            self._marks.heard(row.name, own)
            marks = self._marks.of(row.name)
            detailed.append({**_glance(row), "channels": _bars(own, now), "marks": marks})
        return detailed

    def _read(self, now: datetime) -> list[Row]:
        store = self._at.store
        revision = store.revision()
        if revision is None or revision != self._revision:
            self._watches = {
                name: readable_watch(name, one, short_polls=True)
                for name, one in store.declarations()
            }
            self._revision = revision
        every = self._at.operating.all_progress()
        known = {one.watch: one for one in every if one.removed_at is None}
        self._marks.pulled(known.values())
        names = {name for name in known if not name.startswith(PREFIX)}
        names |= {name for name, one in self._watches.items() if not _is_everybody(one)}
        rows = [self._row(name, known.get(name), now) for name in names]
        return sorted(rows, key=lambda row: (ORDER.index(row.state), row.name))

    def _row(self, name: str, progress: Progress | None, now: datetime) -> Row:
        declared, member = split_name(name)
        found = self._watches.get(declared)
        watch = found if isinstance(found, Watch) else None
        if watch is not None and member:
            watch = member_of(watch, member)
        fault = found.text if isinstance(found, Invalid) else ""
        known = progress or Progress(watch=name)
        return Row(
            name=name,
            source=watch.source if watch else known.source,
            subject=(watch.subject if watch else known.subject) or "",
            state=state_of(watch, progress, now),
            verdict=str(known.verdict),
            reason=fault or known.reason or known.open_reason,
            progress=progress,
        )


def _is_everybody(watch: Watch | Invalid) -> bool:
    return isinstance(watch, Watch) and (watch.subject or "").startswith("*@")


def _glance(row: Row) -> dict[str, Any]:
    known = row.progress or Progress(watch=row.name)
    parked = advice(known, is_readable=row.state != "invalid")
    return {
        "id": row.name,
        "source": row.source,
        "subject": row.subject,
        "state": row.state,
        "verdict": row.verdict,
        "reason": row.reason,
        "advice": parked or WHAT_TO_DO.get(row.state, ""),
        "heard_at": heard_at(known),
        "pulled_at": known.pulled_at,
        "began_at": known.began_at,
        "due_at": known.due_at,
        "failures": known.failures,
        "first_confirmed_at": known.first_confirmed_at,
        "uncovered_seconds": round(known.uncovered_seconds, 1),
    }


def _bars(channels: Sequence[Channel], now: datetime) -> list[dict[str, Any]]:
    """Give the channels as bars, oldest first; a closed one ends where it was closed."""
    return [
        {
            "id": one.id,
            "state": str(one.state),
            "opened_at": one.opened_at,
            "confirmed_at": one.confirmed_at,
            "ends_at": _end(one, now),
            "messages": one.last_number,
            "heard_at": one.heard_at,
            "why": one.why,
        }
        for one in sorted(channels, key=lambda one: one.opened_at)
    ]


def _end(channel: Channel, now: datetime) -> datetime:
    if channel.state is not ChannelState.CLOSED:
        return channel.ends_at
    return channel.closed_at or min(channel.ends_at, now)
