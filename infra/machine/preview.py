"""Previews what the next ticks of `renew` would do: the same decisions, and nobody acts on them.

What only Google can tell (who has joined a domain since) is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NoReturn

from functions.channels.decision import decide_case
from functions.channels.renewal import Renewal
from functions.declared.comparison import Occasion, differs, removed, touched
from functions.declared.declaration import identity
from functions.declared.watching import readable_watch
from functions.domain.change import fingerprint
from functions.domain.errors import Invalid, Misconfigured, Unavailable
from functions.domain.keyring import Ring
from functions.domain.mailbox import PREFIX, Do, mailbox_name, plan_mailbox, union
from functions.domain.model import Channel, ChannelState, Job, Progress, Watch
from functions.domain.plan import Close, Open, Retire, Stop, wants_channel
from functions.domain.roster import is_domain, member_of, split_name
from functions.ports import Case
from functions.sources.call import Call
from functions.terms import Terms
from infra.machine.installation import Installation
from infra.machine.key_ring import held

GMAIL = "gmail.mailbox"
NAMES = {Stop: "stop", Retire: "let go", Close: "close"}
Documents = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that would be done, and why."""

    watch: str
    act: str
    why: str
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """All that would be done, and on what grounds."""

    steps: tuple[Step, ...]
    watches: int
    address: str
    keys_known: bool

    def fields(self) -> dict[str, Any]:
        """Give it as values that JSON can hold."""
        return asdict(self)


class Untouched:
    """Google and the queue of a preview: nobody may ask them."""

    def call(self, call: Call, *, subject: str | None) -> NoReturn:
        raise Unavailable(f"a preview asks nobody: {call.method} for {subject}")

    ahead = call

    def put(self, job: Job) -> None:
        raise Unavailable(f"a preview queues nothing: {job.watch}")


def preview(at: Installation, documents: Documents, *, address: str | None) -> Preview:
    """Give what would be done if these were the declarations."""
    known = {one.watch: one for one in at.store.all_progress()}
    channels: dict[str, dict[str, Channel]] = {}
    for channel in at.operating.all_channels():
        if channel.state is not ChannelState.CLOSED:
            channels.setdefault(channel.watch, {})[channel.id] = channel
    ring = _ring(at)
    found = address or _address(channels) or ""
    renewal = _renewal(at, ring, found)
    stage = _Stage(known, channels, renewal, at.clock.now())
    steps = [step for one in sorted(_wanted(documents, known)) for step in stage.about(*one)]
    steps += stage.leavers({one[0] for one in _wanted(documents, known)})
    steps += stage.mailboxes(documents)
    return Preview(
        steps=tuple(steps),
        watches=len(documents),
        address=found,
        keys_known=ring is not None or not channels,
    )


class _Stage:
    """What there is, against which each declaration is held."""

    def __init__(
        self,
        known: Mapping[str, Progress],
        channels: Mapping[str, Mapping[str, Channel]],
        renewal: Renewal,
        now: datetime,
    ) -> None:
        self._known = known
        self._channels = channels
        self._renewal = renewal
        self._now = now

    def about(self, name: str, print_: str, declared: Watch | Invalid) -> Iterator[Step]:
        """Give the steps of a declared watch."""
        if isinstance(declared, Invalid):
            yield Step(watch=name, act="park", why=declared.text)
            return
        before = self._known.get(name)
        occasion = Occasion(now=self._now)
        progress = before
        if before is None or differs(before, declared, print_, occasion):
            progress = touched(before, name, declared, print_, occasion)
            yield from _news(name, before, declared)
        channels = self._channels.get(name, {})
        made = decide_case(Case(progress, channels), declared, self._renewal, now=self._now)
        yield from _steps(name, made.actions if made else (), channels)
        if progress is not None and progress.verdict.parks:
            why = f"{progress.verdict}: {progress.reason}"
            yield Step(watch=name, act="stays parked", why=why)

    def leavers(self, wanted: set[str]) -> Iterator[Step]:
        """Give the steps of what is declared no longer."""
        for name, progress in sorted(self._known.items()):
            if name in wanted or name.startswith(PREFIX):
                continue
            channels = self._channels.get(name, {})
            case = removed(Case(progress, channels), self._now)
            if case is not None:
                yield Step(watch=name, act="remove", why="is no longer declared")
            made = decide_case(case or Case(progress, channels), None, self._renewal, now=self._now)
            yield from _steps(name, made.actions if made else (), channels)

    def mailboxes(self, documents: Documents) -> Iterator[Step]:
        """Give the steps of the channels that watches of a mailbox share."""
        boxes: dict[str, list[Watch]] = {}
        for name, _, declared in _wanted(documents, self._known):
            if isinstance(declared, Watch) and declared.source == GMAIL and declared.subject:
                progress = self._known.get(name) or Progress(watch=name)
                if wants_channel(declared, progress):
                    boxes.setdefault(mailbox_name(declared.subject), []).append(declared)
        there = {name for name in self._known if name.startswith(PREFIX)}
        for name in sorted({*boxes, *there}):
            yield from self._mailbox(name, boxes.get(name, []))

    def _mailbox(self, name: str, watches: list[Watch]) -> Iterator[Step]:
        progress = self._known.get(name) or Progress(watch=name)
        channel = next(iter(self._channels.get(name, {}).values()), None)
        labels = union(one.params.get("labelIds", ()) for one in watches) if watches else None
        topic = channel.address if channel else "the topic of the running system"
        made = plan_mailbox(progress, channel, labels=labels, topic=topic, now=self._now)
        if made.do is not Do.NOOP:
            act = "open" if made.do is Do.WATCH and channel is None else "renew"
            act = "stop" if made.do is Do.STOP else act
            yield Step(watch=name, act=act, why=made.why, channel=channel.id if channel else None)


def _wanted(
    documents: Documents, known: Mapping[str, Progress]
) -> Iterator[tuple[str, str, Watch | Invalid]]:
    """Give every watch that is to be there; of a domain the members that are known."""
    members: dict[str, list[str]] = {}
    for one in known:
        name, address = split_name(one)
        if address:
            members.setdefault(name, []).append(address)
    for name, document in documents.items():
        declared = readable_watch(name, document, short_polls=True)
        print_ = fingerprint(document)
        if isinstance(declared, Invalid) or not is_domain(declared):
            yield name, print_, declared
            continue
        for address in members.get(name, []):
            watch = member_of(declared, address)
            if watch is not None:
                yield watch.id, print_, watch


def _news(name: str, before: Progress | None, declared: Watch) -> Iterator[Step]:
    if before is None:
        why = "is new: the baseline is taken first, then a channel is opened"
        yield Step(watch=name, act="start", why=why)
    elif before.removed_at is not None:
        yield Step(watch=name, act="return", why="is declared again: goes on where it was")
    elif before.cursor is not None and before.identity != identity(declared):
        why = "its source, subject or params were edited: it starts anew"
        yield Step(watch=name, act="restart", why=why)
    elif before.paused != declared.paused:
        act = "pause" if declared.paused else "resume"
        yield Step(watch=name, act=act, why="its declaration says so")
    else:
        yield Step(watch=name, act="look again", why="its declaration was edited")


def _steps(name: str, actions: Any, channels: Mapping[str, Channel]) -> Iterator[Step]:
    live = any(channel.confirmed_at is not None for channel in channels.values())
    for action in actions:
        if isinstance(action, Open):
            yield Step(watch=name, act="replace" if live else "open", why=action.why)
        else:
            act = NAMES[type(action)]
            yield Step(watch=name, act=act, why=action.why, channel=action.channel.id)


def _renewal(at: Installation, ring: Ring | None, address: str) -> Renewal:
    nobody = Untouched()
    return Renewal(
        store=at.store,
        google=nobody,
        jobs=nobody,
        clock=at.clock,
        chance=at.chance,
        journal=at.wiring.journal("plan"),
        terms=Terms(address=address, short_polls=True),
        ring=ring,
    )


def _ring(at: Installation) -> Ring | None:
    try:
        return held(at)
    except (Misconfigured, Unavailable):
        return None  # then no channel is judged by its key


def _address(channels: Mapping[str, Mapping[str, Channel]]) -> str | None:
    """Take the address of the newest channel for today's."""
    every = [one for of in channels.values() for one in of.values() if one.source != GMAIL]
    newest = max(every, key=lambda one: one.opened_at, default=None)
    return newest.address if newest else None
