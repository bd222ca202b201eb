"""Gathers how every watch does, from the store alone; stored fields keep their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.declared.declaration import read_watch
from functions.declared.unlisted import Unlisted, read_unlisted
from functions.domain import coverage
from functions.domain.advice import advice
from functions.domain.errors import Invalid
from functions.domain.fields import to_fields
from functions.domain.hearing import as_heard, heard_at
from functions.domain.mailbox import mailbox_name
from functions.domain.model import Channel, Progress, Watch
from functions.domain.roster import is_domain, member_of, split_name
from functions.ports import Store
from infra.handling import KeepingStore
from infra.machine.unhandled import Unhandled, unhandled

WORST_FIRST = (
    *("invalid", "parked", "failing", "uncovered", "starting"),
    *("paused", "polled", "covered"),
)
HIDDEN = frozenset({"known", "heard", "notices", "declared", "identity", "short", "lease"})


def gather(store: KeepingStore, now: datetime) -> dict[str, Any]:
    """Give the whole status as values that JSON can hold, times as RFC 3339 texts."""
    file = store.read_control("file") or {}
    renewed = store.read_control("renew") or {}
    rows: dict[str, dict[str, Any]] = {}
    watches: dict[str, Watch] = {}
    for name, document in store.declarations():
        declared, fault = _read(name, document)
        rows[name] = {"fault": fault, **_row(store, name, document, declared, now)}
        if declared is not None:
            watches[name] = declared
    domains = {name: watch for name, watch in watches.items() if is_domain(watch)}
    if domains:
        rows |= _members(store, rows, domains, now)
        _tell_unlisted(rows, domains, read_unlisted(renewed))
    for trouble in unhandled(store, watches):
        if trouble.watch in rows:
            rows[trouble.watch]["handlers"].append(_handler(trouble))
    return {
        "now": now,
        "revision": store.revision(),
        "compared_at": renewed.get("compared_at"),
        "watches_file": {"path": file["path"], "fault": file.get("fault")} if file else None,
        "watches": [rows[name] for name in sorted(rows)],
    }


def _read(name: str, document: Mapping[str, Any]) -> tuple[Watch | None, str | None]:
    """Give the watch, or what is wrong with its document."""
    try:
        return read_watch({"id": name, **document}, short_polls=True), None
    except Invalid as invalid:
        return None, invalid.text


def _members(
    store: Store, rows: Mapping[str, dict[str, Any]], domains: Mapping[str, Watch], now: datetime
) -> dict[str, dict[str, Any]]:
    """Give a row for each member of a domain; its declaration does as the worst of them does."""
    found: dict[str, dict[str, Any]] = {}
    for progress in store.all_progress():
        declared, address = split_name(progress.watch)
        member = member_of(domains[declared], address) if declared in domains else None
        if member is None or progress.removed_at is not None:
            continue
        row = _row(store, progress.watch, {**rows[declared], "subject": address}, member, now)
        found[progress.watch] = {"fault": None, **row}
    for name in domains:
        states = {
            member: row["state"] for member, row in found.items() if split_name(member)[0] == name
        }
        rows[name]["members"] = sorted(states)
        rows[name]["unlisted_since"] = None
        if states:
            rows[name]["state"] = min(states.values(), key=WORST_FIRST.index)
    return found


def _tell_unlisted(
    rows: Mapping[str, dict[str, Any]], domains: Mapping[str, Watch], unlisted: Iterable[Unlisted]
) -> None:
    """Tell of domains whose users could not be listed: those who join or leave go unnoticed."""
    for one in unlisted:
        if one.watch not in domains:
            continue
        row = rows[one.watch]
        row |= {"unlisted_since": one.since, "reason": one.reason}
        row["next_step"] = listing_step(domains[one.watch])
        if not domains[one.watch].paused:
            row["state"] = min(row["state"], "failing", key=WORST_FIRST.index)


def _handler(trouble: Unhandled) -> dict[str, Any]:
    step = "doctor --only handlers" if trouble.waiting else "dead-letters list, then retry or drop"
    fields = to_fields(trouble)
    del fields["watch"]
    return {**fields, "next_step": step}


def listing_step(watch: Watch) -> str:
    """Say what is to be done about a domain that cannot be listed."""
    who = watch.admin or "ADMIN"
    return (
        f"auth check {who} --source directory.users; {who} must be an administrator who may read "
        "users. It is tried again every 15 minutes, and after `apply`"
    )


def _row(
    store: Store,
    name: str,
    document: Mapping[str, Any],
    declared: Watch | None,
    now: datetime,
) -> dict[str, Any]:
    progress = store.progress(name)
    row: dict[str, Any] = {
        "id": name,
        "source": document.get("source"),
        "subject": document.get("subject"),
        "params": document.get("params", {}),
        "push": document.get("push", True),
        "paused": document.get("paused", False),
    }
    stored = to_fields(progress or Progress(watch=name))
    row |= {key: value for key, value in stored.items() if key not in {*row, *HIDDEN}}
    row["heard_at"] = heard_at(progress)
    row["handlers"] = []
    row["state"] = state_of(declared, progress, now)
    row["next_step"] = advice(progress, is_readable=declared is not None) if progress else ""
    row["uncovered_seconds"] = round(_uncovered(declared, progress, now), 3)
    row["lag_seconds"] = round(_lag(progress, now), 3)
    channels = [*store.channels(name), *_shared(store, declared)]
    row["channels"] = [to_fields(as_heard(channel, progress)) for channel in channels]
    return row


def _shared(store: Store, watch: Watch | None) -> Sequence[Channel]:
    """Give the channel that a watch of Gmail shares with the others of its mailbox."""
    if watch is None or watch.source != "gmail.mailbox" or watch.subject is None:
        return ()
    return store.channels(mailbox_name(watch.subject))


def _lag(progress: Progress | None, now: datetime) -> float:
    """Give for how long something has been due."""
    if progress is None or progress.due_at is None:
        return 0.0
    return max((now - progress.due_at).total_seconds(), 0.0)


def _uncovered(watch: Watch | None, progress: Progress | None, now: datetime) -> float:
    if progress is None:
        return 0.0
    if not coverage.counts(watch, progress):
        return progress.uncovered_seconds
    return coverage.uncovered(progress, now)


def state_of(watch: Watch | None, progress: Progress | None, now: datetime) -> str:
    """Say in one word or two how the watch does."""
    if watch is None:
        return "invalid"
    if watch.paused:
        return "paused"
    if progress is None:
        return "starting"
    if progress.verdict.parks:
        return "parked"
    if progress.failures:
        return "failing"
    if progress.baseline_at is None:
        return "starting"
    if progress.verdict == "unwatchable" or not watch.push:
        return "polled"
    covered = progress.covered_until is not None and progress.covered_until > now
    return "covered" if covered else "uncovered"
