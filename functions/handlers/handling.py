"""What handlers may touch, and what they give back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from functions.domain.handled import Outcome
from functions.domain.model import Watch
from functions.domain.told import Told
from functions.ports import (
    Clock,
    Functions,
    Google,
    Journal,
    Media,
    Outcomes,
    Secrets,
    Shelves,
    Store,
    Webhooks,
)
from functions.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """The ports of `handle`."""

    store: Store
    outcomes: Outcomes
    google: Google
    media: Media
    shelves: Shelves
    webhooks: Webhooks
    functions: Functions
    secrets: Secrets
    clock: Clock
    journal: Journal
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One event for one handler of a watch."""

    watch: Watch
    name: str  # the handler's
    told: Told
    until: datetime  # when this request must have ended


@dataclass(frozen=True, slots=True)
class Result:
    """How a handler ended, and why."""

    outcome: Outcome
    detail: str = ""


def skipped(why: str) -> Result:
    """Say that the handler has nothing to do with the event."""
    return Result(Outcome.SKIPPED, why)
