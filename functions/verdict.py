"""Passes a verdict on a watch and keeps the notice of it until it is told.

A verdict is stored before it is told; the time it was first stored makes the id of its event.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.domain.event import Event, rfc3339, trouble_event
from functions.domain.model import Progress, Verdict

MOST_NOTICES = 20


def pass_verdict(
    progress: Progress,
    verdict: Verdict,
    reason: str,
    *,
    now: datetime,
    retry_at: datetime | None = None,
) -> Progress:
    """Give the progress under `verdict`, with a notice if its owner must know of the step."""
    after = replace(progress, verdict=verdict, reason=reason, retry_at=retry_at)
    if verdict is progress.verdict:
        return after
    after = replace(after, verdict_at=now)
    if verdict.parks:
        retry = rfc3339(retry_at) if retry_at else None
        data = {"verdict": str(verdict), "reason": reason, "retry_at": retry}
        return with_notice(after, "parked", since=rfc3339(now), at=now, data=data)
    if progress.verdict.parks:
        data = {"verdict": str(verdict), "was": str(progress.verdict)}
        return with_notice(after, "resumed", since=rfc3339(now), at=now, data=data)
    return after


def with_notice(
    progress: Progress, kind: str, *, since: str, at: datetime, data: Mapping[str, Any]
) -> Progress:
    """Add a notice that is to be told."""
    notice = {"kind": kind, "since": since, "at": rfc3339(at), "data": dict(data)}
    return replace(progress, notices=(*progress.notices, notice)[-MOST_NOTICES:])


def told_of(progress: Progress) -> list[Event]:
    """Give the events of all notices that wait to be told, oldest first."""
    events: list[Event] = []
    for notice in progress.notices:
        # A notice that somebody has edited into nonsense must not hold up its watch.
        with suppress(KeyError, TypeError, ValueError):
            events.append(
                trouble_event(
                    notice["kind"],
                    watch=progress.watch,
                    account=progress.subject,
                    since=notice["since"],
                    at=datetime.fromisoformat(notice["at"]),
                    data=notice["data"],
                )
            )
    return events
