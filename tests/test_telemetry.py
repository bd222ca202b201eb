"""The journal, for machines and for people, and the trace its lines belong to."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.ports import Journal
from infra.telemetry import HumanJournal, JsonJournal, open_journal, quiet_libraries
from infra.trace import Trace, current_origin, read_origin, tracing
from tests.clocks import HandClock
from tests.contracts.journal import JournalContract, Open

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def environ(headers: Mapping[str, str]) -> dict[str, str]:
    """Give headers as WSGI does."""
    return {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}


def written(act: Callable[[Journal], None], **options: Any) -> dict[str, Any]:
    """Give the JSON line that this leads to."""
    stream = io.StringIO()
    act(JsonJournal(stream, component="sync", clock=HandClock(), **options))
    fields: dict[str, Any] = json.loads(stream.getvalue())
    return fields


class TestJsonJournal(JournalContract):
    @pytest.fixture
    def open_journal(self) -> Open:
        """Make the one for machines."""
        return lambda stream: JsonJournal(stream, component="sync")


class TestHumanJournal(JournalContract):
    @pytest.fixture
    def open_journal(self) -> Open:
        """Make the one for people."""
        return lambda stream: HumanJournal(stream, component="sync", colours=False)


def test_a_line_has_the_fields_that_cloud_logging_reads() -> None:
    """Severity, time and message are found by their names, facts beside them."""
    assert written(lambda journal: journal.note("pulled", watch="ana", changes=3)) == {
        "severity": "INFO",
        "time": "2026-03-01T12:00:00+00:00",
        "message": "pulled",
        "component": "sync",
        "watch": "ana",
        "changes": 3,
    }


def test_a_warning_is_one() -> None:
    """What somebody should look at can be filtered and alarmed on."""
    assert written(lambda journal: journal.warn("parked"))["severity"] == "WARNING"


def test_facts_do_not_take_the_place_of_our_fields() -> None:
    """A fact that is called like a field of ours stands beside it."""
    line = written(lambda journal: journal.note("pulled", severity="ERROR", time=1))
    assert (line["severity"], line["severity_"], line["time_"]) == ("INFO", "ERROR", 1)


def test_values_keep_their_types() -> None:
    """Numbers can be compared, truths be filtered, times be read."""
    line = written(
        lambda journal: journal.note(
            "odd",
            yes=True,
            none=None,
            part=0.5,
            at=datetime(2026, 1, 2, tzinfo=UTC),
            ids=("a", "b"),
        )
    )
    assert (line["yes"], line["none"], line["part"]) == (True, None, 0.5)
    assert (line["at"], line["ids"]) == ("2026-01-02T00:00:00+00:00", ["a", "b"])


def test_a_number_that_floats_cannot_hold_is_a_text() -> None:
    """Message numbers reach 2**63: readers of JSON would round them."""
    line = written(lambda journal: journal.note("odd", number=2**63, small=2**53))
    assert (line["number"], line["small"]) == ("9223372036854775808", 2**53)


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{TRACE}-{SPAN}-01"},
        {"Traceparent": f"01-{TRACE}-{SPAN}-03-later"},
        {"X-Cloud-Trace-Context": f"{TRACE}/{int(SPAN, 16)};o=1"},
    ],
)
def test_a_line_names_its_trace(headers: dict[str, str]) -> None:
    """Cloud Logging shows the line below the request that it belongs to."""

    def act(journal: Journal) -> None:
        with tracing(environ(headers)):
            journal.note("pulled")

    line = written(act, project="ours")
    assert line["logging.googleapis.com/trace"] == f"projects/ours/traces/{TRACE}"
    assert line["logging.googleapis.com/spanId"] == SPAN
    assert line["logging.googleapis.com/trace_sampled"] is True


def test_a_trace_ends_with_its_request() -> None:
    """The next request of the same thread has no part in it."""
    with tracing({"HTTP_TRACEPARENT": f"00-{TRACE}-{SPAN}-01"}):
        assert current_origin().trace == Trace(TRACE, SPAN, sampled=True)
    assert current_origin().trace is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": ""},
        {"traceparent": f"00-{'0' * 32}-{SPAN}-01"},
        {"traceparent": f"00-{TRACE[:-1]}-{SPAN}-01"},
        {"traceparent": f'00-{TRACE}-{SPAN}-01"}}'},
        {"X-Cloud-Trace-Context": "x/1"},
        {"X-Cloud-Trace-Context": f"{TRACE}/{'9' * 21}"},
        {"X-Cloud-Trace-Context": f"{TRACE}/\u0663"},
    ],
)
def test_what_is_no_trace_is_none(headers: dict[str, str]) -> None:
    """Headers come from anybody."""
    assert read_origin(environ(headers)).trace is None


def test_a_short_span_is_filled_up() -> None:
    """Google's older header has it as a number, Cloud Logging wants 16 digits."""
    trace = read_origin({"HTTP_X_CLOUD_TRACE_CONTEXT": f"{TRACE}/255"}).trace
    assert trace == Trace(TRACE, "00000000000000ff", sampled=False)


def test_a_trace_without_a_span_is_enough() -> None:
    """Google's older header may name the trace alone."""
    trace = read_origin({"HTTP_X_CLOUD_TRACE_CONTEXT": TRACE}).trace
    assert trace == Trace(TRACE, None, sampled=False)
    with tracing({"HTTP_X_CLOUD_TRACE_CONTEXT": TRACE}):
        line = written(lambda journal: journal.note("pulled"))
    assert line["logging.googleapis.com/trace"] == TRACE
    assert "logging.googleapis.com/spanId" not in line


def test_a_line_names_the_execution_it_belongs_to() -> None:
    """functions-framework would add it to what goes through its own stream, which ours do not."""
    with tracing({"HTTP_FUNCTION_EXECUTION_ID": "a1B2c3"}):
        line = written(lambda journal: journal.note("pulled"))
    assert line["logging.googleapis.com/labels"] == {"execution_id": "a1B2c3"}
    with tracing({"HTTP_FUNCTION_EXECUTION_ID": 'forged"}'}):
        line = written(lambda journal: journal.note("pulled"))
    assert "logging.googleapis.com/labels" not in line


def test_the_process_s_own_stream_gets_whole_lines(capfd: pytest.CaptureFixture[str]) -> None:
    """They go past whatever stands before it, each by one call of the system."""
    journal = open_journal(sys.__stderr__, component="receive")
    journal.note("queued", watch="\u00e4\ud800")
    journal.note("queued")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["message"] for line in lines] == ["queued", "queued"]
    assert lines[0]["watch"] == "\u00e4\ud800"


def test_threads_do_not_mix_their_lines() -> None:
    """Each line is whole, however many write at once."""
    stream = io.StringIO()
    journals = [JsonJournal(stream, component="sync") for _ in range(4)]

    def act(number: int) -> None:
        journals[number % 4].note("pulled", text="x" * 200, number=number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(400)))
    numbers = [json.loads(line)["number"] for line in stream.getvalue().splitlines()]
    assert sorted(numbers) == list(range(400))


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_short_coloured_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person sees the time, who speaks, what was decided, and the facts."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    open_journal(stream, component="renew").warn("parked", watch="ana", reason="no access")
    line = stream.getvalue()
    assert 'parked\x1b[0m watch=ana reason="no access"\n' in line
    assert "\x1b[1;33m" in line


def test_no_colours_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR is honoured: https://no-color.org/."""
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    open_journal(stream, component="renew").note("opened")
    assert stream.getvalue().removesuffix("\n").isprintable()


def test_everybody_else_gets_json() -> None:
    """A pipe, a file and the cloud are read by machines."""
    stream = io.StringIO()
    open_journal(stream, component="renew").note("opened")
    assert json.loads(stream.getvalue())["message"] == "opened"


def test_without_a_stream_it_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output belongs to the change events."""
    open_journal(component="renew").note("opened")
    written = capsys.readouterr()
    assert "opened" in written.err
    assert written.out == ""


def test_libraries_keep_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their lines are no JSON, and their addresses hold what is nobody's business."""
    names = ("google.auth", "googleapiclient.http", "urllib3.connectionpool")
    for name in ("google", "googleapiclient", "urllib3"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.WARNING)
    quiet_libraries()
    assert not any(logging.getLogger(name).isEnabledFor(logging.WARNING) for name in names)
