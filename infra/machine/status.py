"""Gathers how every watch does, from the store alone; stored fields keep their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.declared.declaration import read_watch
from functions.domain import coverage
from functions.domain.errors import Invalid
from functions.domain.fields import to_fields
from functions.domain.hearing import as_heard, heard_at
from functions.domain.mailbox import mailbox_name
from functions.domain.model import Channel, Progress, Watch
from functions.ports import Store

HIDDEN = frozenset({"known", "heard", "notices", "declared", "identity", "short", "lease"})


def gather(store: Store, now: datetime) -> dict[str, Any]:
    """Give the whole status as values that JSON can hold, times as RFC 3339 texts."""
    file = store.read_control("file") or {}
    renewed = store.read_control("renew") or {}
    rows = {name: _row(store, name, document, now) for name, document in store.declarations()}
    return {
        "now": now,
        "revision": store.revision(),
        "compared_at": renewed.get("compared_at"),
        "watches_file": {"path": file["path"], "fault": file.get("fault")} if file else None,
        "watches": [rows[name] for name in sorted(rows)],
    }


def _row(store: Store, name: str, document: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    declared: Watch | None = None
    fault = None
    try:
        declared = read_watch({"id": name, **document}, short_polls=True)
    except Invalid as invalid:
        fault = invalid.text
    progress = store.progress(name)
    row: dict[str, Any] = {
        "id": name,
        "source": document.get("source"),
        "subject": document.get("subject"),
        "params": document.get("params", {}),
        "push": document.get("push", True),
        "paused": document.get("paused", False),
        "fault": fault,
    }
    stored = to_fields(progress or Progress(watch=name))
    row |= {key: value for key, value in stored.items() if key not in {*row, *HIDDEN}}
    row["heard_at"] = heard_at(progress)
    row["state"] = state_of(declared, progress, now)
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
    if progress is None or progress.baseline_at is None:
        return "starting" if progress is None or not progress.failures else "failing"
    if progress.verdict.parks:
        return "parked"
    if progress.failures:
        return "failing"
    if progress.verdict == "unwatchable" or not watch.push:
        return "polled"
    covered = progress.covered_until is not None and progress.covered_until > now
    return "covered" if covered else "uncovered"
