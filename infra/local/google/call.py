"""One call of the simulated API, what answers it, and where it is routed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json

if TYPE_CHECKING:
    from infra.local.google.world import World


@dataclass(slots=True, frozen=True)
class Call:
    """An authorised call: who asks for what."""

    world: World
    method: str  # as the discovery document calls it, e.g. `drive.changes.list`
    account: str
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: Json
    headers: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        """Tell a text parameter of the query."""
        values = self.query.get(name)
        return values[-1] if values else default

    def required(self, name: str) -> str:
        """Tell a parameter that the method cannot do without."""
        text = self.text(name)
        if not text:
            raise GoogleError("required", f"Required parameter: {name}", parameter=name)
        return text

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Tell a boolean parameter of the query."""
        return self.text(name, str(default)).lower() == "true"

    def size(self, name: str, default: int, most: int) -> int:
        """Tell how large a page may be; more than Google allows is cut."""
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdigit() or text == "0":
            raise GoogleError("invalidParameter", f"Invalid value '{text}'.", parameter=name)
        return min(int(text), most)


@dataclass(slots=True)
class Reply:
    """An answer; the body is JSON, or bytes in one piece or many."""

    status: int = 200
    body: Json | bytes | Iterable[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None  # of a body in many pieces
    before: Callable[[], object] | None = None  # waited for, outside the lock, before answering
    dropped: bool = False  # the connection is closed instead
    reset: bool = False  # it is closed as if the machine had crashed


Answer = Callable[[Call], Reply | Json | None]


@dataclass(slots=True, frozen=True)
class Route:
    """A method of an API: HTTP verb, path (`<name>` are parameters), id, what answers it."""

    verb: str
    path: str
    method: str
    answer: Answer
    fields: str = "*"  # what is told if the caller names no fields
