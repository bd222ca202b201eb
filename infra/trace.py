"""The trace and the execution that a request belongs to, as its headers tell, for its log lines.

https://www.w3.org/TR/trace-context/#traceparent-header
https://cloud.google.com/trace/docs/trace-context
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_W3C = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?", re.ASCII)
_GOOGLE = re.compile(r"([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;o=([0-9]))?", re.ASCII)
_EXECUTION = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NO_TRACE = "0" * 32
HEADERS = ("traceparent", "x-cloud-trace-context", "function-execution-id")


@dataclass(frozen=True, slots=True)
class Trace:
    """Where in which trace we are."""

    id: str
    span: str | None = None
    sampled: bool = False


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)
_execution: ContextVar[str | None] = ContextVar("execution", default=None)


def current_trace() -> Trace | None:
    """Give the trace of the work at hand."""
    return _current.get()


def current_execution() -> str | None:
    """Give the id under which functions-framework does the work at hand."""
    return _execution.get()


@contextmanager
def tracing(headers: Mapping[str, str]) -> Iterator[None]:
    """Put all that the block does under the trace these headers name, if they name one."""
    lower = {name.lower(): value for name, value in headers.items()}
    execution = lower.get("function-execution-id", "")
    token = _current.set(read_trace(lower))
    other = _execution.set(execution if _EXECUTION.fullmatch(execution) else None)
    try:
        yield
    finally:
        _current.reset(token)
        _execution.reset(other)


def read_trace(headers: Mapping[str, str]) -> Trace | None:
    """Read the trace from headers of any case; None if there is none that can be read."""
    lower = {name.lower(): value.strip().lower() for name, value in headers.items()}
    if found := _W3C.fullmatch(lower.get("traceparent", "")):
        trace, span, flags = found.groups()
        return _named(Trace(trace, span, sampled=bool(int(flags, 16) & 1)))
    if found := _GOOGLE.fullmatch(lower.get("x-cloud-trace-context", "")):
        trace, number, option = found.groups()
        span = f"{int(number) & (2**64 - 1):016x}" if number else None
        return _named(Trace(trace, span, sampled=option == "1"))
    return None


def _named(trace: Trace) -> Trace | None:
    return None if trace.id == _NO_TRACE else trace
