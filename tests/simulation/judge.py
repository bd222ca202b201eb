"""Holds what is told against what is true: nothing lost, nothing invented, nothing late."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from functions.domain.event import Event
from functions.domain.model import Progress
from tests.simulation.google.truth import GONE, Collection, State
from tests.simulation.mailroom import Mailroom
from tests.simulation.timeline import Timeline
from tests.world.ports import START

SOON = 1200.0  # seconds in which a change is told of whose notification arrived
SECOND = 1.0


class Broken(BaseException):
    """A promise was broken: nothing of ours may catch it. The text says which, and of whom."""


@dataclass(slots=True)
class Owed:
    """A change that was not told yet."""

    state: State
    notified: float | None = None


@dataclass(slots=True, kw_only=True)
class Account:
    """What one watch is owed since its baseline, and what it was told."""

    watch: str
    source: str
    identity: str
    collection: Collection
    only: str | None = None  # the one item that is watched
    begun: float = 0.0  # when its baseline began
    based: float | None = None  # when its baseline was complete
    told: dict[str, int] = field(default_factory=dict)  # item: number of the state told last
    told_at: dict[str, float] = field(default_factory=dict)
    owed: dict[str, Owed] = field(default_factory=dict)
    resynced: float = -1.0
    resynced_to: int = -1  # of a mailbox: the history id from which on records are told again
    labels: frozenset[str] = frozenset()  # of a mailbox: those that are wanted
    poll: float = 3600.0
    stopped: bool = False  # paused or removed: nothing is due until it is no more

    @property
    def is_mail(self) -> bool:
        """Whether each record of a history is told, not the states of items."""
        return self.source == "gmail.mailbox"


class Judge:
    """All accounts, and every event by its id."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.accounts: dict[str, Account] = {}
        self._by_collection: defaultdict[str, list[Account]] = defaultdict(list)
        self.events: dict[tuple[int, str], Event] = {}
        self._lives: Counter[str] = Counter()  # how often a watch began anew
        self._lived: dict[str, int] = {}  # in which of them an id was told first
        self.troubles: defaultdict[str, list[float]] = defaultdict(list)
        self.waits: dict[str, float] = {}  # until when the longest back-off of a watch ran
        self.told = self.repeated = self.notices = 0
        self.lag = 0.0
        self.ahead = 0.0  # of Google's clock
        self.mailroom = Mailroom(self)
        self.strict = True  # whether clocks agree well enough for notifications to count

    # --- what happens ----------------------------------------------------------------------------

    def open(self, account: Account) -> None:
        """Begin an account, in the place of the one the watch had."""
        self.close(account.watch)
        self._lives[account.watch] += 1
        self.accounts[account.watch] = account
        self._by_collection[account.collection.key].append(account)

    def close(self, watch: str) -> None:
        """End the account of a watch."""
        old = self.accounts.pop(watch, None)
        if old is not None:
            self._by_collection[old.collection.key].remove(old)

    def trouble(self, watch: str | None) -> None:
        """Note that something went wrong for a watch, or for all."""
        self.troubles[watch or ""].append(self._timeline.now)

    def troubled(self, watch: str, since: float) -> bool:
        """Tell whether anything went wrong for a watch since then."""
        return self.waits.get(watch, -1.0) >= since or any(
            times and times[-1] >= since for times in (self.troubles[watch], self.troubles[""])
        )

    def changed(self, collection: Collection, item: str, state: State) -> None:
        """Note a change: all who are based are owed it."""
        for account in self._by_collection[collection.key]:
            if account.based is None or account.only not in {None, item}:
                continue
            if not account.is_mail or self.mailroom.owes(account, item):
                account.owed[item] = Owed(state)

    def notified(self, watch: str, made: float, about: str | None) -> None:
        """Note that a message of a watch's channel was taken; it may be about one item alone."""
        account = self.accounts.get(watch)
        for item, owed in account.owed.items() if account else ():
            if owed.notified is None and owed.state.at <= made and about in {None, item}:
                owed.notified = self._timeline.now

    def tell(self, event: Event) -> None:
        """Judge an event that is published."""
        # Begun anew, a watch may tell the same version of Google's again, under the same id.
        life = self._lives[event.watch]
        if self._lived.setdefault(event.id, life) != life and ".directory." in event.type:
            self.fail(event.watch, f"an id of an earlier life: {event}")
        known = self.events.get((life, event.id))
        if known is not None:
            self.repeated += 1
            account = self.accounts.get(event.watch)
            mail = account if account is not None and account.is_mail else None
            if known != event and not (mail and self.mailroom.is_same(mail, known, event)):
                self.fail(event.watch, f"equal ids of unequal events: {known} {event}")
            return
        self.events[life, event.id] = event
        if "kind" not in event.data:
            self.notices += 1
            return
        self.told += 1
        account = self.accounts.get(event.watch)
        if account is None:
            self.fail(event.watch, f"told of a watch that has no account: {event}")
        if account.is_mail:
            self._note(account, self.mailroom.tell(account, event), 0)
        else:
            self._judge(account, event)

    # --- how it is judged ------------------------------------------------------------------------

    def _judge(self, account: Account, event: Event) -> None:
        item, kind = str(event.subject), str(event.data["kind"])
        states = account.collection.history.get(item, [])
        look = look_of(event)
        fitting = [s for s in states if s.look == look]
        if not fitting or account.only not in {None, item}:
            self.fail(account.watch, f"invented: {kind} {look} of {item}")
        state = fitting[-1]
        before = account.told.get(item, -1)
        if state.number <= before:
            self.fail(account.watch, f"told again or backwards: {kind} {look} of {item}")
        if state.at < account.begun - self.lag - SECOND:
            self.fail(account.watch, f"older than the watch: {kind} {look} of {item}")
        self._judge_kind(account, item, kind, before)
        self._note(account, item, state.number)

    def _note(self, account: Account, item: str, number: int) -> None:
        """Note what was told of an item; it is owed no more."""
        account.told[item], account.told_at[item] = number, self._timeline.now
        owed = account.owed.get(item)
        if owed is not None:
            self._judge_time(account, item, owed)
            if owed.state.number <= number:
                del account.owed[item]

    def _judge_kind(self, account: Account, item: str, kind: str, before: int) -> None:
        states = account.collection.history[item]
        seen = before >= 0 and states[before].look != GONE
        if seen and self.troubled(account.watch, account.told_at[item]):
            seen = False  # whoever told it may have died before that was saved
        born = states[0].at >= account.begun - SECOND
        if kind.endswith(".created") and (seen or not born) and account.source != "directory.users":
            self.fail(account.watch, f"created, but seen or older: {item}")
        based = account.based if account.based is not None else self._timeline.now
        young = states[0].at > based + self.lag + SECOND
        if kind.endswith(".updated") and before < 0 and young and account.source != "drive.files":
            self.fail(account.watch, f"updated, but never told as created: {item}")

    def _judge_time(self, account: Account, item: str, owed: Owed) -> None:
        now, state = self._timeline.now, owed.state
        if account.stopped:
            return
        since = state.visible
        limit = account.poll + SOON
        prompt = state.visible <= state.at and self.strict
        if account.source == "reports.activities":
            limit += 3600.0
        if owed.notified is not None and prompt:
            since, limit = max(owed.notified, state.visible), SOON
        if now > since + limit and not self.troubled(account.watch, since - SOON):
            how = "after its notification" if limit == SOON else "after it was listed"
            self.fail(account.watch, f"{item} is {now - since:.0f} s late {how}")

    def read(self, progress: Progress) -> None:
        """Judge a cursor that moved: it passes nothing that was not told."""
        account = self.accounts.get(progress.watch)
        if account is None or account.based is None or progress.pulled_at is None:
            return
        if account.source == "reports.activities":
            mark = datetime.fromisoformat(str(progress.cursor).split(" ")[1])
        else:
            mark = progress.pulled_at
        until = (mark - START).total_seconds() - self.ahead
        for item, owed in list(account.owed.items()):
            if account.is_mail:
                if int(item) > int(progress.cursor or 0):
                    continue
            elif owed.state.visible >= until:
                continue
            if not self._is_settled(account, item, owed):
                self.fail(account.watch, f"the cursor passed {item}: {owed.state}")
            del account.owed[item]

    def _is_settled(self, account: Account, item: str, owed: Owed) -> bool:
        """Tell whether nothing need be told of an item."""
        if account.is_mail:
            return self.mailroom.is_settled(account, item)
        states = account.collection.history[item]
        told = account.told.get(item)
        if told is not None:
            return told >= owed.state.number or states[told].look == owed.state.look
        before = [s for s in states if s.at <= (account.based or 0.0)]
        if any(s.look == owed.state.look for s in before if s.at >= account.begun):
            return True
        if before and before[-1].look == owed.state.look:
            return True
        listed = [s for s in states if s.visible <= account.begun]
        if owed.state.look == GONE and (not listed or listed[-1].look == GONE):
            return True  # it came and went between two pulls
        # A resync lists only what changed since, of what was never told.
        return account.source == "drive.changes" and owed.state.at <= account.resynced

    def inspect(self) -> None:
        """Look for what should have been told by now."""
        for account in self.accounts.values():
            for item, owed in list(account.owed.items()):
                if self._is_settled(account, item, owed):
                    del account.owed[item]
                else:
                    self._judge_time(account, item, owed)

    def end(self) -> None:
        """Judge the end: everything was told."""
        for account in self.accounts.values():
            if account.stopped:
                continue
            if account.based is None:
                self.fail(account.watch, "never based")
            for item, owed in account.owed.items():
                if not self._is_settled(account, item, owed):
                    self.fail(account.watch, f"lost: {item} {owed}")

    def fail(self, watch: str, text: str) -> NoReturn:
        """Say which promise was broken."""
        raise Broken(f"{self._timeline.moment():%m-%d %H:%M:%S} {watch}: {text}")


def look_of(event: Event) -> str:
    """Give what an event tells of its item, as the truth has it."""
    kind, resource = str(event.data["kind"]), event.data["item"]
    if kind.endswith((".removed", ".deleted")):
        return GONE
    state = "trashed" if resource.get("trashed") else "there"
    return f"{state} {resource.get('description')}"
