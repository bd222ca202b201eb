"""The trace and the execution that a request belongs to, as its headers tell, for its log lines.

https://www.w3.org/TR/trace-context/#traceparent-header
https://cloud.google.com/trace/docs/trace-context
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

_W3C = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?", re.ASCII)
_GOOGLE = re.compile(r"([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;o=([0-9]))?", re.ASCII)
_EXECUTION = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NO_TRACE = "0" * 32


@dataclass(frozen=True, slots=True)
class Trace:
    """Where in which trace we are."""

    id: str
    span: str | None = None
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What the work at hand belongs to; `execution` is functions-framework's id of it."""

    trace: Trace | None = None
    execution: str | None = None


_NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def current_origin() -> Origin:
    """Tell what the work at hand belongs to."""
    return _current.get()


class tracing:  # noqa: N801 - used as a context
    """Puts all that a block does under what its request belongs to."""

    __slots__ = ("_origin", "_token")

    def __init__(self, environ: Mapping[str, Any]) -> None:
        """Read the request's headers, from where WSGI has them."""
        self._origin = read_origin(environ)

    def __enter__(self) -> None:
        """Begin."""
        self._token = _current.set(self._origin)

    def __exit__(self, *_: object) -> None:
        """End."""
        _current.reset(self._token)


def read_origin(environ: Mapping[str, Any]) -> Origin:
    """Read what a request belongs to; what cannot be read is None: headers come from anybody."""
    execution = environ.get("HTTP_FUNCTION_EXECUTION_ID", "")
    return Origin(_read_trace(environ), execution if _EXECUTION.fullmatch(execution) else None)


def _read_trace(environ: Mapping[str, Any]) -> Trace | None:
    if found := _W3C.fullmatch(environ.get("HTTP_TRACEPARENT", "").strip().lower()):
        trace, span, flags = found.groups()
        return _named(Trace(trace, span, sampled=bool(int(flags, 16) & 1)))
    if found := _GOOGLE.fullmatch(environ.get("HTTP_X_CLOUD_TRACE_CONTEXT", "").strip().lower()):
        trace, number, option = found.groups()
        span = f"{int(number) & (2**64 - 1):016x}" if number else None
        return _named(Trace(trace, span, sampled=option == "1"))
    return None


def _named(trace: Trace) -> Trace | None:
    return None if trace.id == _NO_TRACE else trace
