"""Handlers as values: what a watch wants done with its changes.

The declaration's schema has checked the documents that are read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from functions.domain.change import fingerprint
from functions.domain.errors import Invalid

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SIZE = re.compile(r"([0-9]{1,15})\s*([KMGT]?)i?B?", re.IGNORECASE)
EVERY_TYPE = "*"


class OnDelete(StrEnum):
    """What becomes of a copy when its file is trashed, removed, or access to it is lost."""

    KEEP = "keep"
    TOMBSTONE = "tombstone"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Copy files that match into a folder or a bucket."""

    to: str
    mime: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    folder: str | None = None
    max_size: int | None = None
    export: Mapping[str, str] = field(default_factory=dict)  # Google's type: the one wanted
    on_delete: OnDelete = OnDelete.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Post each event to an address, signed."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Call a Python function with each event."""

    function: str  # package.module:function


Handler: TypeAlias = Download | Forward | Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One handler of a watch, and the name under which its outcomes are kept."""

    name: str  # of the kind and what is wanted: an edited handler is another one
    handler: Handler


def read_steps(documents: tuple[Mapping[str, Any], ...]) -> list[Step]:
    """Give the handlers of a watch in their order; the same twice is one."""
    steps: dict[str, Step] = {}
    for document in documents:
        ((kind, wanted),) = document.items()
        name = f"{kind}-{fingerprint(wanted)}"
        steps[name] = Step(name=name, handler=_read(kind, wanted))
    return list(steps.values())


def parse_size(value: int | str) -> int:
    """Read a size in bytes, or a text such as 200MB or 2 GiB; both count by 1,024.

    Raises:
        Invalid: it is no size.
    """
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise Invalid(f"{str(value)[:40]!r} is not a size: bytes, or a text such as 200MB")
    return int(match[1]) * _UNITS[match[2].upper()]


def _read(kind: str, wanted: Any) -> Handler:
    if kind == "forward":
        return Forward(url=wanted["url"], secret=wanted["secret"])
    if kind == "run":
        return Run(function=wanted)
    size = wanted.get("max_size")
    return Download(
        to=wanted["to"],
        mime=_texts(wanted.get("mime")),
        name=_texts(wanted.get("name")),
        folder=wanted.get("folder"),
        max_size=None if size is None else parse_size(size),
        export=_exports(wanted.get("export")),
        on_delete=OnDelete(wanted.get("on_delete", "keep")),
    )


def _texts(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _exports(value: str | Mapping[str, Any] | None) -> dict[str, str]:
    if value is None:
        return {}
    if isinstance(value, str):
        return {EVERY_TYPE: value}
    return {str(name): str(wanted) for name, wanted in value.items()}
