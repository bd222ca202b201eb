"""Renews: compares what is declared with what is there, opens and closes channels, queues pulls.

Called once a minute. Two calls may overlap: whatever they decide is a conditional write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.channels.attendance import attend
from functions.channels.mailbox import attend_mailbox, mailboxes_of
from functions.channels.renewal import Renewal
from functions.declared.comparison import Occasion, compare_all
from functions.declared.roster import Roster
from functions.declared.unlisted import (
    FIELD,
    Unlisted,
    carried,
    read_unlisted,
    unlisted_fields,
)
from functions.declared.watching import declared_watch
from functions.domain.change import fingerprint
from functions.domain.errors import Conflict, Unavailable
from functions.domain.keyring import Ring
from functions.domain.mailbox import PREFIX
from functions.domain.model import Progress
from functions.ports import Chance, Clock, Crew, Google, Jobs, Journal, Keys, Store
from functions.terms import Terms

COMPARE_EVERY = timedelta(minutes=15)
COMPARE_AGAIN = 2  # ticks after a change of the declarations: Terraform deletes after it writes
CONTROL = "renew"
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What one call did."""

    compared: bool
    due: int
    attended: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """What one tick leaves for the next (`control/renew`)."""

    revision: str | None
    compared_at: datetime | None
    again: int
    grounds: str
    unlisted: tuple[Unlisted, ...] = ()


def renew(  # noqa: PLR0913 - its arguments are all it may touch
    *,
    store: Store,
    google: Google,
    jobs: Jobs,
    keys: Keys,
    clock: Clock,
    chance: Chance,
    crew: Crew,
    journal: Journal,
    terms: Terms,
) -> Tick:
    """Do what is due now, at most for the tick's budget; the rest stays due.

    Raises:
        Unavailable: the store cannot be reached.
    """
    started = clock.now()
    renewal = Renewal(
        store=store,
        google=google,
        jobs=jobs,
        clock=clock,
        chance=chance,
        journal=journal,
        terms=terms,
        ring=_ring(keys, journal),
    )
    compared = _compare(renewal, crew, started)
    due = sorted(store.due(started, terms.tick_limit), key=_expiry)
    counts = {"attended": 0, "failed": 0}

    def one(progress: Progress) -> None:
        if clock.now() - started > terms.tick_budget:
            return  # left due for the next tick
        try:
            _attend(progress, renewal)
            counts["attended"] += 1
        except (Unavailable, Conflict) as trouble:
            counts["failed"] += 1
            journal.warn("watch not attended", watch=progress.watch, reason=trouble.text)

    crew.each(one, due)
    tick = Tick(compared=compared, due=len(due), **counts)
    journal.note(
        "tick", compared=compared, due=tick.due, attended=tick.attended, failed=tick.failed
    )
    return tick


def _attend(progress: Progress, renewal: Renewal) -> None:
    if progress.watch.startswith(PREFIX):
        attend_mailbox(progress.subject or "", None, renewal)
        return
    terms = renewal.terms
    declared = declared_watch(renewal.store, progress.watch, short_polls=terms.short_polls)
    attend(progress.watch, declared, renewal)
    for address in mailboxes_of(progress, declared):
        attend_mailbox(address, progress.watch, renewal)


def _expiry(progress: Progress) -> datetime:
    """Soonest end of coverage first."""
    return progress.covered_until or NEVER


def _ring(keys: Keys, journal: Journal) -> Ring | None:
    try:
        return keys.ring()
    except Unavailable as trouble:
        journal.warn("key ring unreadable", reason=trouble.text)
        return None


def _compare(renewal: Renewal, crew: Crew, now: datetime) -> bool:
    """Run the full comparison if it is due; of two ticks at once both may, to the same end."""
    document = renewal.store.read_control(CONTROL)
    memo = _read_memo(document)
    revision = renewal.store.revision()
    grounds = _grounds(renewal, memo)
    restart = revision != memo.revision
    changed = grounds != memo.grounds
    if not (restart or changed or memo.again > 0 or _is_old(memo, now)):
        return False
    occasion = Occasion(now=now, restart=restart, grounds_changed=changed)
    roster = Roster(renewal.google, renewal.journal)
    found = compare_all(
        renewal.store,
        occasion,
        roster=roster,
        crew=crew,
        short_polls=renewal.terms.short_polls,
    )
    again = COMPARE_AGAIN if restart else max(memo.again - 1, 0)
    after = Memo(
        revision=revision,
        compared_at=now,
        again=again,
        grounds=grounds,
        unlisted=carried(memo.unlisted, roster.unlisted, now),
    )
    _write_memo(renewal, after, document)
    renewal.journal.note("compared", restart=restart, grounds_changed=changed, due=found.due)
    renewal.journal.note("standing", **asdict(found.standing))
    return True


def _grounds(renewal: Renewal, memo: Memo) -> str:
    if renewal.ring is None:
        return memo.grounds  # an outage of the ring is no reason to judge anything by it
    return fingerprint([renewal.terms.address, sorted(renewal.ring.ids)])


def _is_old(memo: Memo, now: datetime) -> bool:
    return memo.compared_at is None or not (
        memo.compared_at <= now < memo.compared_at + COMPARE_EVERY
    )


def _read_memo(document: Mapping[str, Any] | None) -> Memo:
    values = document or {}
    again = values.get("again", 0)
    compared_at = values.get("compared_at")
    return Memo(
        revision=values.get("revision"),
        compared_at=_time(compared_at),
        again=again if isinstance(again, int) else 0,
        grounds=str(values.get("grounds", "")),
        unlisted=read_unlisted(document),
    )


def _time(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _write_memo(renewal: Renewal, memo: Memo, read: Mapping[str, Any] | None) -> None:
    fields = {
        "revision": memo.revision,
        "compared_at": memo.compared_at,
        "again": memo.again,
        "grounds": memo.grounds,
        FIELD: unlisted_fields(memo.unlisted),
    }
    version = read.get("_version") if read else None
    try:
        renewal.store.write_control(CONTROL, fields, version=version)
    except Conflict:
        renewal.journal.note("compared twice at once")
