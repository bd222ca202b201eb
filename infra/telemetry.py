"""The journal: one line a decision, as JSON for Cloud Logging or as a short line for a person.

A JSON line has `severity`, `time`, `message` (the decision), `component`, the facts as fields of
their own names, and the trace of the request. https://cloud.google.com/logging/docs/structured-logging
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from infra.clock import SystemClock
from infra.facts import Plain, tidy
from infra.trace import current_origin

if TYPE_CHECKING:
    from functions.ports import Clock, Journal

INFO = "INFO"
WARNING = "WARNING"

_OURS = frozenset({"severity", "time", "message", "component"})
_encode = json.JSONEncoder().encode

_DIM, _BOLD, _YELLOW, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[1;33m", "\x1b[0m"

Write = Callable[[str], None]


class JsonJournal:
    """The port `Journal` for machines: one JSON object a line."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        component: str,
        project: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._write = _writer(stream or sys.stderr)
        self._component = component
        self._project = project
        self._clock = clock or SystemClock()

    def note(self, decision: str, /, **facts: object) -> None:
        self._line(INFO, decision, facts)

    def warn(self, decision: str, /, **facts: object) -> None:
        self._line(WARNING, decision, facts)

    def _line(self, severity: str, decision: str, facts: dict[str, object]) -> None:
        line: dict[str, Plain] = {
            "severity": severity,
            "time": self._clock.now().isoformat(),
            "message": decision,
            "component": self._component,
        }
        told = {f"{name}_" if name in _OURS else name: fact for name, fact in tidy(facts).items()}
        line |= self._origin()
        text = _encode(line | told)
        self._write(text if len(text) < _ATOMIC else _encode(line | _fitting(told, line)))

    def _origin(self) -> dict[str, Plain]:
        """Tell what the line belongs to."""
        origin = current_origin()
        fields: dict[str, Plain] = {}
        if trace := origin.trace:
            # The full name makes Cloud Logging show the lines below the request they belong to.
            name = f"projects/{self._project}/traces/{trace.id}" if self._project else trace.id
            fields["logging.googleapis.com/trace"] = name
            fields["logging.googleapis.com/trace_sampled"] = trace.sampled
            if trace.span:
                fields["logging.googleapis.com/spanId"] = trace.span
        if origin.execution:
            # What functions-framework would add to the line, had it not been written past it.
            fields["logging.googleapis.com/labels"] = {"execution_id": origin.execution}
        return fields


class HumanJournal:
    """The port `Journal` for a person at a terminal: time, component, decision, facts."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        component: str,
        colours: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self._write = _writer(stream or sys.stderr)
        self._component = component
        self._colours = colours
        self._clock = clock or SystemClock()

    def note(self, decision: str, /, **facts: object) -> None:
        self._line(_BOLD, decision, facts)

    def warn(self, decision: str, /, **facts: object) -> None:
        self._line(_YELLOW, decision, facts)

    def _line(self, colour: str, decision: str, facts: dict[str, object]) -> None:
        time = self._clock.now().astimezone().strftime("%H:%M:%S")
        told = " ".join(f"{name}={_word(fact)}" for name, fact in tidy(facts).items())
        begun = self._in(_DIM, f"{time} {self._component:8}")
        self._write(f"{begun} {self._in(colour, _printable(decision))} {told}".rstrip())

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._colours else text


def open_journal(
    stream: TextIO | None = None, *, component: str, project: str | None = None
) -> Journal:
    """Give the journal that fits the stream: a person's on a terminal, else a machine's."""
    stream = stream or sys.stderr
    if stream.isatty():
        return HumanJournal(stream, component=component, colours="NO_COLOR" not in os.environ)
    return JsonJournal(stream, component=component, project=project)


def quiet_libraries() -> None:
    """Keep Google's libraries from writing lines of their own: they hold addresses with cursors."""
    for name in ("google", "googleapiclient", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)


_lock = threading.Lock()
_ATOMIC = 4096  # bytes that are written to a pipe in one piece
_CUT = b"..."


def _writer(stream: TextIO) -> Write:
    return _write_through if stream is sys.__stderr__ else _locked(stream)


def _write_through(line: str) -> None:
    """Write to the process's standard error by one call of the system, which needs no lock.

    With one, all requests of a busy process wait for whoever holds it and has let go of the GIL.
    That lines do not mix holds for short ones: https://man7.org/linux/man-pages/man7/pipe.7.html
    """
    text = line.encode(errors="backslashreplace")
    rest = (text if len(text) < _ATOMIC else text[: _ATOMIC - 1 - len(_CUT)] + _CUT) + b"\n"
    # A log that is gone must not take the work with it.
    with suppress(OSError):
        while rest:
            rest = rest[os.write(2, rest) :]


def _fitting(facts: Mapping[str, Plain], line: Mapping[str, Plain]) -> dict[str, Plain]:
    """Give the facts without the longest, and the names of these: so the line is written whole."""
    left = dict(facts)
    cut: list[Plain] = []
    while left:
        longest = max(left, key=lambda name: len(_encode(left[name])))
        del left[longest]
        cut.append(longest)
        if len(_encode({**line, **left, "cut": cut})) < _ATOMIC:
            break
    return {**left, "cut": cut}


def _locked(stream: TextIO) -> Write:
    def write(line: str) -> None:
        # A log that is gone must not take the work with it.
        with _lock, suppress(OSError, ValueError):
            stream.write(line + "\n")
            stream.flush()

    return write


def _word(fact: Plain) -> str:
    text = fact if isinstance(fact, str) else json.dumps(fact)
    return _printable(text) if text and " " not in text else f'"{_printable(text)}"'


def _printable(text: str) -> str:
    """What comes from outside must not move the cursor or colour the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
