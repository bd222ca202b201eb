"""The nouns: what is declared (Watch), what Google opened (Channel), how far we read (Progress).

Values only. How they are stored is the adapters' business; the field names are the stored names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What is known about a watch as a whole. Everything but OK and UNWATCHABLE parks it."""

    OK = "ok"
    UNWATCHABLE = "unwatchable"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    INVALID = "invalid"

    @property
    def parks(self) -> bool:
        """Whether nothing is delivered until this verdict is lifted."""
        return self not in {Verdict.OK, Verdict.UNWATCHABLE}


class ChannelState(StrEnum):
    """The life of a channel: asked for, answered, on its way out, gone."""

    OPENING = "opening"
    LIVE = "live"
    RETIRING = "retiring"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What someone wants watched: desired state, owned by the operator."""

    id: str
    source: str
    subject: str | None = None
    admin: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    poll: timedelta = timedelta(hours=1)
    ttl: timedelta | None = None
    push: bool = True
    paused: bool = False
    handle: tuple[Mapping[str, Any], ...] = ()
    managed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What Google opened for a watch: actual state, one record for each id ever asked for."""

    id: str
    watch: str
    source: str
    subject: str | None
    state: ChannelState
    opened_at: datetime
    asked_until: datetime
    key_id: str
    address: str
    identity: str = ""  # of the watch as it was when this was opened
    confirmed_at: datetime | None = None
    resource_id: str | None = None
    resource_uri: str | None = None
    expiration: datetime | None = None
    last_number: int = 0
    heard_at: datetime | None = None  # the last message, as far as this was written since
    params: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    stop_failures: int = 0
    stop_after: datetime | None = None
    unstoppable: bool = False
    closed_at: datetime | None = None  # when it was stopped, or ended by itself
    delete_at: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        """When Google ends it: as granted, and until that is known, as asked."""
        return self.expiration or self.asked_until

    @property
    def life(self) -> timedelta:
        """How long it was granted for, from asking to expiration."""
        return max(self.ends_at - self.opened_at, timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The last message of a channel that a pull was made for: statistics."""

    channel: str  # empty for a message of Gmail's topic
    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A full listing under way: where it stands and what it will leave behind."""

    mode: str  # baseline | resync | compare
    round: int  # what is met is marked with it, so that the rest is known to be absent
    page: str | None = None
    cursor: str | None = None  # taken before the listing began, valid when it is complete
    since: datetime | None = None  # the last complete pull before it
    began: datetime | None = None  # by Google's clock
    reached: bool = False  # of a list, the newest first: what follows is older than `since`
    verifying: bool = False
    after: str | None = None  # the last remembered item that was verified
    refused: str | None = None  # the cursor whose refusal caused a resync


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a watch has been read, when it is next due, and what is in its way."""

    watch: str
    short: str = ""  # the watch as its tokens carry it
    identity: str = ""  # fingerprint of source, subject and params: a change starts anew
    declared: str = ""  # fingerprint of the whole declaration: a change is looked at
    paused: bool = False
    source: str = ""
    subject: str | None = None

    cursor: str | None = None
    page: str | None = None  # the next page of a pull that broke off
    listing: Listing | None = None
    round: int = 0
    baseline_at: datetime | None = None
    pulled_at: datetime | None = None  # when the last complete pull began, by Google's clock
    began_at: datetime | None = None  # when the last whole pull began, by ours
    repeated_at: datetime | None = None  # when an empty pull was last repeated at once
    found_at: datetime | None = None  # of what is read but not saved yet: a repetition keeps it
    swept_at: datetime | None = None  # when what may be listed late was last read again
    resynced_at: datetime | None = None
    resyncs: int = 0  # in a row: cursors that were refused before they served once
    remembered: int = 0  # items in the memory, about

    pull_at: datetime | None = None
    look_at: datetime | None = None
    due_at: datetime | None = None

    verdict: Verdict = Verdict.OK
    reason: str = ""
    verdict_at: datetime | None = None
    retry_at: datetime | None = None
    held: bool = False  # Google itself asked for this retry_at: a restart does not end it
    failures: int = 0
    notices: tuple[Mapping[str, Any], ...] = ()  # troubles stored and not yet told

    marked: bool = False
    lease: str | None = None
    lease_until: datetime | None = None

    opening: str | None = None
    open_failures: int = 0
    open_after: datetime | None = None
    open_held: bool = False
    open_reason: str = ""
    granted_seconds: float | None = None
    known: tuple[str, ...] = ()  # confirmed channels: their messages need no book-keeping
    heard: tuple[Heard, ...] = ()  # their last messages, written along with something else

    first_confirmed_at: datetime | None = None
    covered_until: datetime | None = None
    accounted_at: datetime | None = None
    uncovered_seconds: float = 0.0

    members: tuple[str, ...] = ()  # of a mailbox: the watches that share its channel
    labels: tuple[str, ...] = ()  # of a mailbox: those it was last watched for
    touched_for: datetime | None = None  # the restart or change of grounds it was last touched for
    removed_at: datetime | None = None
    delete_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one notification said: its headers as values, its body as it came."""

    channel: str
    number: int
    state: str
    resource_id: str
    resource_uri: str
    expiration: datetime | None = None
    changed: tuple[str, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The wish to pull a watch: the only thing that travels on the notification queue."""

    watch: str  # as its tokens carry it: the id, or enough of a very long one
    queued_at: datetime
    reason: str  # notification | due | continued
    key_id: str = ""
    message: Message | None = None
    ahead: str = ""  # the history id that Gmail pushed
