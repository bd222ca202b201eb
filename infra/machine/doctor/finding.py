"""What a check finds, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from functions.declared.watching import readable_watch
from functions.domain.mailbox import PREFIX
from functions.domain.model import Channel, ChannelState, Progress, Watch
from functions.domain.roster import member_of, split_name
from infra.machine.installation import Installation, NoStore


class Result(StrEnum):
    """How a check ends."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report."""

    check: str
    looked_at: str
    result: Result
    text: str
    next_step: str = ""


def ok(looked_at: str, text: str) -> Finding:
    """All is well."""
    return Finding(check="", looked_at=looked_at, result=Result.OK, text=text)


def skipped(looked_at: str, text: str) -> Finding:
    """There was nothing to look at."""
    return Finding(check="", looked_at=looked_at, result=Result.SKIPPED, text=text)


def warning(looked_at: str, text: str, *, step: str) -> Finding:
    """Somebody should look at it, though it works."""
    return Finding(check="", looked_at=looked_at, result=Result.WARNING, text=text, next_step=step)


def failed(looked_at: str, text: str, *, step: str) -> Finding:
    """It does not work."""
    return Finding(check="", looked_at=looked_at, result=Result.FAILED, text=text, next_step=step)


class Ward:
    """The installation under examination; what several checks want is read once."""

    def __init__(self, at: Installation, *, address: str | None = None, changes: Path) -> None:
        """Keep what is examined; nothing is read yet."""
        self.at = at
        self.changes = changes
        self._address = address

    @cached_property
    def now(self) -> datetime:
        """The time of the examination."""
        return self.at.clock.now()

    @cached_property
    def documents(self) -> Mapping[str, Mapping[str, Any]]:
        """The declared watches as they are stored."""
        return dict(self.at.store.declarations())

    @cached_property
    def progress(self) -> list[Progress]:
        """What is known of every watch that is still declared."""
        every = self.at.store.all_progress()
        return [one for one in every if one.removed_at is None]

    @cached_property
    def channels(self) -> list[Channel]:
        """All channels that are not closed."""
        every = self.at.operating.all_channels()
        return [one for one in every if one.state is not ChannelState.CLOSED]

    @cached_property
    def declared(self) -> dict[str, Watch]:
        """The declarations that can be read, those of whole domains among them."""
        read = {
            name: readable_watch(name, one, short_polls=True)
            for name, one in self.documents.items()
        }
        return {name: one for name, one in read.items() if isinstance(one, Watch)}

    @cached_property
    def watches(self) -> dict[str, Watch]:
        """The watches that can be read, members of a domain by their own names."""
        found = {}
        for progress in self.progress:
            name, member = split_name(progress.watch)
            watch = self.declared.get(name)
            if watch is None or progress.watch.startswith(PREFIX):
                continue
            one = member_of(watch, member) if member else watch
            if one is not None:
                found[progress.watch] = one
        return found

    @cached_property
    def address(self) -> str | None:
        """The address that is given to Google: as named, or that of the newest channel."""
        if self._address is not None:
            return self._address
        every = [one for one in self.channels if one.address.startswith("http")]
        newest = max(every, key=lambda one: one.opened_at, default=None)
        return newest.address if newest else None

    @cached_property
    def or_simulated(self) -> str:
        """What a step adds that blames Google: a simulated one must be named here, too."""
        if self.at.site.google is not None:
            return ""
        try:
            is_real = (self.address or "").startswith("https:")
        except NoStore:
            is_real = False
        return "" if is_real else "; of a simulated Google: doctor --google URL, as serve has it"


Check = Callable[[Ward], Iterator[Finding]]
