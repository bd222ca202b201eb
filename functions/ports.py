"""What the flows need from outside, as Protocols: the only way a flow touches the world.

Each port has one contract-test class in `tests/`, run on the adapter for one machine and on the
one for the cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from functions.domain.change import Seen
from functions.domain.event import Event
from functions.domain.handled import Handled
from functions.domain.keyring import Ring
from functions.domain.model import Channel, Job, Progress
from functions.sources.call import Answer, Call

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """All that one decision about a watch reads and may change."""

    progress: Progress | None
    channels: Mapping[str, Channel]


Decide = Callable[[Case], Case | None]


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> datetime:
        """Give the time, aware, in UTC."""
        ...

    def sleep(self, length: timedelta) -> None:
        """Wait; bounded by its callers."""
        ...


class Chance(Protocol):
    """What must not be guessed or must not coincide."""

    def new_id(self) -> str:
        """Give 32 hexadecimal digits that were never given before."""
        ...

    def fraction(self) -> float:
        """Give a number in [0, 1) to spread work in time."""
        ...


class Store(Protocol):
    """The state. Every method raises `Unavailable` when the store cannot be reached."""

    def revision(self) -> str | None:
        """Give the revision of the declarations (`control/declared`); None if never written."""
        ...

    def declarations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Give all declared watches, id and raw document, in pages behind the scenes."""
        ...

    def declaration(self, watch: str) -> Mapping[str, Any] | None:
        """Give one declared document."""
        ...

    def read_control(self, name: str) -> Mapping[str, Any] | None:
        """Give the document `control/NAME`, with its version under `"_version"`."""
        ...

    def write_control(
        self, name: str, fields: Mapping[str, Any], *, version: object | None
    ) -> None:
        """Write `control/NAME` if its version is still the one read (None: if it is not there).

        Raises:
            Conflict: somebody else wrote it.
        """
        ...

    def progress(self, watch: str) -> Progress | None:
        """Give what is known of a watch: one read."""
        ...

    def find(self, short: str) -> Progress | None:
        """Give the progress whose watch a token carries shortened."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Progress]:
        """Give what has `due_at <= now`, longest due first, by an index."""
        ...

    def all_progress(self) -> Iterator[Progress]:
        """Give every progress, in pages behind the scenes: for the full comparison alone."""
        ...

    def channels(self, watch: str) -> Sequence[Channel]:
        """Give the channels of a watch that are not closed."""
        ...

    def channel(self, channel: str) -> Channel | None:
        """Give one channel, closed ones too until they are forgotten."""
        ...

    def change(
        self,
        watch: str,
        decide: Decide,
        *,
        channels: Collection[str] | None = (),
        seen: Mapping[str, Seen | None] | None = None,
    ) -> Case | None:
        """Read, decide, write on the condition that nobody else wrote meanwhile; else again.

        Args:
            watch: whose case it is.
            decide: pure, may be called several times; gives the case as it is to be, or None to
                leave all as it is. It may change the progress and the channels given to it and
                add channels. A progress of None stays unwritten. Whoever changes a channel also
                writes the progress, so that the progress is what all decisions race for.
            channels: which channels the decision needs: these ids; None for all that are not
                closed.
            seen: memory written along with the decision, before or with it, and only if the
                decision did not give None. Only the holder of the lease gives any. None instead
                of an entry drops the item from the memory. Memory belongs to a progress: there
                must be one.

        Returns:
            the case as written; None if the decision gave None.

        Raises:
            Conflict: it lost again and again.
        """
        ...

    def recall(self, watch: str, keys: Collection[str]) -> Mapping[str, Seen]:
        """Give what is remembered of these items."""
        ...

    def memory(self, watch: str, *, after: str | None, limit: int) -> Sequence[tuple[str, Seen]]:
        """Give remembered items in a fixed order, those after the key `after`."""
        ...

    def forget(self, watch: str) -> None:
        """Drop all that is remembered of a watch's items: it starts anew."""
        ...

    def bury(self, watch: str, *, item: str, error: str, now: datetime) -> None:
        """Keep a note, for 30 days, of an item that cannot be told."""
        ...


class Declarations(Protocol):
    """What operators write: the desired state. The functions only read it."""

    def declare(self, documents: Mapping[str, Mapping[str, Any]], *, revision: str) -> None:
        """Make these the declared watches, all others go, then write the revision."""
        ...


class Outcomes(Protocol):
    """What became of events in handlers (the collection `handled`); the store keeps it, too."""

    def outcomes(self, keys: Collection[str]) -> Mapping[str, Handled]:
        """Give the entries of these keys, as far as there are any."""
        ...

    def note_outcome(self, handled: Handled) -> None:
        """Write an entry, in the place of the one with its key."""
        ...

    def drop_outcomes(self, keys: Collection[str]) -> int:
        """Delete entries; gives how many there were."""
        ...

    def dead(self, *, watch: str | None, limit: int) -> Sequence[Handled]:
        """Give dead letters, of one watch or of all, oldest first, without their bodies."""
        ...

    def failing(self, *, limit: int) -> Sequence[Handled]:
        """Give what failed last and is to be tried again, oldest first, without bodies."""
        ...


Read = Callable[[int], AbstractContextManager[Iterator[bytes]]]


class Media(Protocol):
    """The contents of files in Drive."""

    def read(
        self, call: Call, *, subject: str | None, start: int
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Open what the call names, from the byte `start` on, piece by piece.

        Raises:
            Refused: Google's word.
            Unavailable: not now, also in the middle of reading.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A file to be copied: which one, in which version, and what its copy may be called."""

    owner: str  # of the copy: the watch and its handler
    item: str
    version: str
    mime: str
    names: tuple[str, ...]  # the first that is free; the last is this file's alone
    replaces: str | None = None  # the name of the copy of an older version
    size: int | None = None  # bytes; None: not known beforehand
    md5: str | None = None


class Shelf(Protocol):
    """Where copies are kept: a folder, or a part of a bucket. No name leads out of it."""

    def put(self, copy: Copy, read: Read, *, until: datetime) -> str:
        """Copy, going on where an earlier try broke off; gives the name it has.

        Raises:
            Unavailable: not now, or not in time; what was copied is kept for the next try.
        """
        ...

    def settle(self, copy: Copy) -> None:
        """Drop what the tries have left: the copy's name is written down."""
        ...

    def remove(self, name: str) -> None:
        """Delete a copy, if it is there."""
        ...

    def mark(self, name: str, text: bytes) -> None:
        """Write a small note in a copy's place."""
        ...


class Shelves(Protocol):
    """Where downloads may go."""

    def at(self, to: str) -> Shelf:
        """Give the shelf of an address: `file:///FOLDER` or `gs://BUCKET/PREFIX`.

        Raises:
            Invalid: it is no such address.
        """
        ...


class Webhooks(Protocol):
    """Posts events to receivers, with Standard Webhooks signatures."""

    def post(self, url: str, body: bytes, *, event: str, secrets: str, now: datetime) -> int:
        """Post, following no redirect; gives the status.

        Args:
            url: where to.
            body: what to send.
            event: the id of the event.
            secrets: one `whsec_...` a line, newest first; all of them sign.
            now: when it is signed.

        Raises:
            Invalid: the secret is none, or the address may not be called.
            Unavailable: no answer.
        """
        ...


class Functions(Protocol):
    """Functions that users deploy beside this program."""

    def run(self, path: str, event: Mapping[str, Any]) -> None:
        """Call `package.module:function` with a structured CloudEvent.

        Raises:
            Unavailable: it failed, or is not there; the text says how.
        """
        ...


class Secrets(Protocol):
    """Named secrets: OAuth tokens and what handlers use. Values are never kept in the store."""

    def read(self, name: str) -> str | None:
        """Give the newest value, at most 5 minutes old; None if there is no such secret."""
        ...


class Jobs(Protocol):
    """The notification queue."""

    def put(self, job: Job) -> None:
        """Queue a job under its watch, durably when this returns; `Unavailable` if it is not."""
        ...


class Changes(Protocol):
    """The queue of changes."""

    def tell(self, events: Sequence[Event]) -> None:
        """Publish events of one watch, in order, all of them confirmed when this returns.

        Raises:
            Unavailable: some may be published, some not: publish all again.
        """
        ...


class Google(Protocol):
    """Google's APIs, acting as a subject."""

    def call(self, call: Call, *, subject: str | None) -> Answer:
        """Make one call.

        Raises:
            Refused, Unwatchable, BadAddress, ChannelExists, CursorExpired: Google's word.
            Unavailable, RateLimited, Unanswered: not now.
        """
        ...

    def ahead(self, call: Call, *, subject: str | None) -> Callable[[], Answer]:
        """Begin a call that only reads.

        Returns:
            what waits for the answer, to be called once, and raises what `call` would.
        """
        ...


class Keys(Protocol):
    """The signing keys."""

    def ring(self, *, wanted: str | None = None) -> Ring:
        """Give the ring, at most 5 minutes old; read again for a `wanted` key id it has not.

        Raises:
            Unavailable: it cannot be read, or is empty: an outage, not "no keys".
        """
        ...


class Crew(Protocol):
    """Work side by side, bounded."""

    def each(self, work: Callable[[T], None], items: Iterable[T]) -> None:
        """Run `work` on each item, several at once; an item's failure stops no other."""
        ...


class Journal(Protocol):
    """Structured logs: one line a decision."""

    def note(self, decision: str, /, **facts: object) -> None:
        """Write one line; never a token, a key, a header dump or a body."""
        ...

    def warn(self, decision: str, /, **facts: object) -> None:
        """The same, for what somebody should look at."""
        ...
