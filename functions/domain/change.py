"""Decides what changed: what a source found, compared with what was told of the item before.

`created` is what is first seen and not older than the watch, `updated` what was seen in another
version or is older; one event is the step from the state told last to the state found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """What became of an item."""

    PRESENT = "present"
    TRASHED = "trashed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One item as a source read it from an answer of Google."""

    noun: str  # the first half of a kind: file, event, user ...
    item: str  # its id within the source: the subject of the event
    state: State
    resource: Mapping[str, Any]  # the API's own resource, or the removal record
    version: str | None = None  # None: Google gives none, the fingerprint serves
    stamp: str = ""  # fingerprint of what counts as a change of this item
    born: datetime | None = None
    changed: datetime | None = None
    gone_verb: str = "deleted"
    tells_created: bool = True
    tells_updated: bool = True
    known_at_baseline: bool = False  # all there was is remembered, so what is unseen is new
    kind: str | None = None  # an event of Google's own, told as it is (mail, activities)
    once: bool = False  # such an event that may be listed again: told if its item is unseen
    wanted: bool = True  # False: none of what the watch asks for
    apart: str = ""  # what tells items apart whose ids are not unique

    @property
    def key(self) -> str:
        """Give the item's name in the memory: nouns of one source may share ids."""
        name = f"{self.noun}:{self.item}"
        return f"{name} {self.apart}" if self.apart else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change about to be told that has no version of Google's, or can be undone: stored first."""

    mark: str  # what the step leads to
    ordinal: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is remembered of an item: the state told last (or met at the baseline)."""

    version: str
    state: State = State.PRESENT
    stamp: str = ""
    ordinal: int = 0  # of versionless items: steps told; of others: returns from a deletion
    round: int = 0  # the last full listing that met it
    step: Step | None = None

    @property
    def is_told(self) -> bool:
        """Whether the item is known to be there: neither a bare step nor gone again."""
        return bool(self.version) and self.state is not State.GONE


NOTHING = Seen(version="")
GONE_VERBS = frozenset({"removed", "deleted"})
UNDOABLE = GONE_VERBS | {"trashed", "untrashed"}
_SORTED = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, check_circular=False, separators=(",", ":"), default=str
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that changed, ready to be told."""

    kind: str
    item: str
    version: str
    time: datetime
    resource: Mapping[str, Any] = field(hash=False)
    seen_before: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one found item leads to."""

    entry: Seen  # to be remembered once told
    change: Change | None = None
    before: Seen | None = None  # to be stored before telling, where a step needs it


def known_state(state: str, stamp: str) -> tuple[State, str]:
    """Read a stored state and stamp; one that another version wrote says only "once there".

    Without its stamp the item is read anew: any other version of it is a change.
    """
    try:
        return State(state), stamp
    except ValueError:
        return State.PRESENT, ""


def fingerprint(resource: Any, leave_out: frozenset[str] = frozenset()) -> str:
    """Give a short digest of a resource, less the top-level fields in `leave_out`.

    Of a stored document, too, which may hold what JSON has no word for: a time, bytes.
    """
    if isinstance(resource, Mapping):
        resource = {key: value for key, value in resource.items() if key not in leave_out}
    text = _SORTED.encode(resource)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def remember(found: Found, *, baseline_at: datetime, round_: int) -> Outcome:
    """Take an item of a baseline as it is: nothing is told of what was there before the watch."""
    ordinal = _first_ordinal(baseline_at) if found.version is None else 0
    version = found.version if found.version is not None else f"{ordinal}.{found.stamp}"
    entry = Seen(
        version=version, state=found.state, stamp=found.stamp, ordinal=ordinal, round=round_
    )
    return Outcome(entry=entry)


def compare(
    found: Found,
    seen: Seen | None,
    *,
    baseline_at: datetime,
    now: datetime,
    round_: int = 0,
) -> Outcome:
    """Give the change from what was `seen` to what is `found`, if it is one.

    Args:
        found: the item now.
        seen: what was told of it last; None if nothing.
        baseline_at: the age of the watch, in whole seconds of Google's clock.
        now: when it was found, for what Google gives no time of; the same for a repetition.
        round_: the full listing that met it; 0 if it came by an incremental pull.
    """
    kept = seen or NOTHING
    met = max(round_, kept.round)
    if found.kind is not None and found.state is not State.GONE:
        return _as_it_is(found, found.kind, kept, now=now, met=met)
    if found.state is not State.GONE:
        kept = _perhaps_gone(kept)
    verb = _verb(found, kept, baseline_at)
    if verb is None:
        return Outcome(entry=replace(kept, round=met))
    first = _first_ordinal(baseline_at)
    step = _step(found, kept, verb, now, first)
    version = _version(found, kept, step, first)
    change = Change(
        kind=f"{found.noun}.{verb}",
        item=found.item,
        version=version,
        time=found.changed or (step.at if step else now),
        resource=found.resource,
        seen_before=kept.is_told,
    )
    entry = Seen(
        version=version,
        state=found.state,
        stamp=found.stamp,
        ordinal=_ordinal(found, kept, step, first),
        round=met,
    )
    before = replace(kept, step=step) if step and step != kept.step else None
    return Outcome(entry=entry, change=change, before=before)


def _as_it_is(found: Found, kind: str, kept: Seen, *, now: datetime, met: int) -> Outcome:
    """Tell an event of Google's own; of several of one item each is told."""
    if found.once and kept.is_told:
        return Outcome(entry=replace(kept, round=met))
    version = found.version or found.stamp
    change = Change(
        kind=kind,
        item=found.item,
        version=version,
        time=found.changed or now,
        resource=found.resource,
        seen_before=kept.is_told,
    )
    entry = Seen(version=version, stamp=found.stamp, ordinal=kept.ordinal, round=met)
    return Outcome(entry=entry, change=change)


def _verb(found: Found, kept: Seen, baseline_at: datetime) -> str | None:
    if found.state is State.GONE:
        concerns = found.wanted or kept.is_told
        return found.gone_verb if concerns and kept.state is not State.GONE else None
    if not kept.is_told:
        if found.state is State.TRASHED:
            return "trashed"
        young = found.born is not None and found.born >= baseline_at
        new = found.tells_created and (young or found.known_at_baseline)
        return "created" if new else "updated"
    if _says_nothing_new(found, kept):
        return None
    if found.state is not kept.state:
        return "trashed" if found.state is State.TRASHED else "untrashed"
    return "updated" if found.tells_updated else None


def _says_nothing_new(found: Found, kept: Seen) -> bool:
    if found.version is not None and _is_told_already(found.version, kept.version):
        return True  # the same again, or a stale copy of a list
    if kept.step is not None:
        return False  # it, or one before it, may have been told: the old value is news again
    # A higher version with nothing else new is a mere view.
    return found.state is kept.state and found.stamp == kept.stamp


def _is_told_already(version: str, told: str) -> bool:
    base = told.partition("~")[0]
    if version.isdecimal() and base.isdecimal():
        return int(version) <= int(base)
    return version == base


def _mark(found: Found, verb: str) -> str:
    return f"{verb}:{found.version or found.stamp}"


def _first_ordinal(baseline_at: datetime) -> int:
    """Give where a watch begins to count: above all that it counted before it started anew."""
    return int(baseline_at.timestamp())


def _step(found: Found, kept: Seen, verb: str, now: datetime, first: int) -> Step | None:
    """Give the step to store before telling; None where Google's own version serves.

    What can be undone is stored, too: if the run dies after telling it, what undoes it looks as if
    nothing had ever happened, and would not be told.
    """
    counts = found.version is None and found.state is not State.GONE
    if not counts and verb not in UNDOABLE:
        return None
    mark = _mark(found, verb)
    if kept.step is not None and kept.step.mark == mark:
        return kept.step  # stored, and perhaps told, by a run that died
    ordinal = (_counted(kept) or first) + 1 if counts else _counted(kept)
    return Step(mark=mark, ordinal=ordinal, at=now)


def _perhaps_gone(kept: Seen) -> Seen:
    """Take a deletion that was about to be told for told: its item is judged as first seen."""
    if kept.step is None or kept.step.mark.partition(":")[0] not in GONE_VERBS:
        return kept
    return replace(kept, state=State.GONE, ordinal=_counted(kept) + 1)


def _counted(kept: Seen) -> int:
    return max(kept.ordinal, kept.step.ordinal if kept.step else 0)


def _version(found: Found, kept: Seen, step: Step | None, first: int) -> str:
    if found.state is State.GONE:
        # Of the version told last: by absence and by word it is one id.
        return kept.version or str(first)
    if found.version is None:
        return f"{step.ordinal if step else kept.ordinal}.{found.stamp}"
    return f"{found.version}~{kept.ordinal}" if kept.ordinal else found.version


def _ordinal(found: Found, kept: Seen, step: Step | None, first: int) -> int:
    if found.state is State.GONE:
        counted = _counted(kept) if kept.version else _counted(kept) or first
        return counted + 1  # should it return with a version told before
    return step.ordinal if step and found.version is None else kept.ordinal
