"""A call of a Google API as a value, and its answer: the border between sources and the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: an API, its version, a method of its discovery document, and parameters."""

    api: str
    version: str
    method: str  # dotted, as in the discovery document less the API's name: changes.list
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    scopes: tuple[str, ...] = ()
    once: bool = False  # never sent again by itself: it makes something


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the JSON body and the time of Google's clock (the `Date` header)."""

    body: Mapping[str, Any]
    date: datetime
