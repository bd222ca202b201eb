"""Work side by side: bounded, taken as it comes, and each failure alone."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator

import pytest

from functions.domain.errors import Refused, Unavailable
from infra.crew import ThreadCrew
from infra.telemetry import JsonJournal
from infra.trace import current_origin, tracing

pytestmark = pytest.mark.timeout(10)


@pytest.fixture
def log() -> io.StringIO:
    """Give what is logged."""
    return io.StringIO()


@pytest.fixture
def crew(log: io.StringIO) -> ThreadCrew:
    """Give a crew of three."""
    return ThreadCrew(3, JsonJournal(log, component="test"))


def test_every_item_is_worked_on_once(crew: ThreadCrew) -> None:
    """Nothing is left out, nothing done twice."""
    done: list[int] = []
    crew.each(done.append, range(1000))
    assert sorted(done) == list(range(1000))


def test_no_items_no_work(crew: ThreadCrew) -> None:
    """An empty tick ends at once."""
    crew.each(lambda _: pytest.fail("nothing to do"), [])


def test_so_many_at_once_and_no_more(crew: ThreadCrew) -> None:
    """All hands work at the same time; a fourth never joins them."""
    together = threading.Barrier(3)
    busy: set[int | None] = set()

    def work(_: int) -> None:
        together.wait(5)  # breaks if fewer than three ever work at once
        busy.add(threading.current_thread().ident)

    crew.each(work, range(9))
    assert len(busy) == 3


def test_items_are_taken_as_hands_get_free(crew: ThreadCrew) -> None:
    """A long source is never read ahead: what is far down the list may be done by others."""
    taken = 0
    done = 0
    most = 0

    def source() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    def work(_: int) -> None:
        nonlocal done, most
        most = max(most, taken - done)
        done += 1

    crew.each(work, source())
    assert most <= 4


def test_a_failure_stops_no_other(crew: ThreadCrew, log: io.StringIO) -> None:
    """One failing watch never holds up another; it is logged."""
    done: list[int] = []

    def work(number: int) -> None:
        if number % 2:
            raise Refused("403 forbidden: no access")
        done.append(number)

    crew.each(work, range(10))
    assert sorted(done) == [0, 2, 4, 6, 8]
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {(line["message"], line["error"], line["text"]) for line in lines} == {
        ("item_failed", "Refused", "403 forbidden: no access")
    }
    assert len(lines) == 5


def test_a_foreign_failure_is_told_without_its_text(crew: ThreadCrew, log: io.StringIO) -> None:
    """Its text may carry a secret; its type and place are enough to find it."""

    def work(_: int) -> None:
        raise ValueError("sEcReT")

    crew.each(work, [1])
    line = json.loads(log.getvalue())
    assert line["error"] == "ValueError"
    assert "test_crew.py:" in line["at"]
    assert "sEcReT" not in log.getvalue()


def test_a_failing_source_is_the_callers_trouble(crew: ThreadCrew) -> None:
    """What was given before the failure is done, then the caller hears of it, once."""
    done: list[int] = []

    def source() -> Iterator[int]:
        yield from range(5)
        raise Unavailable("the store cannot be reached")

    with pytest.raises(Unavailable, match="store"):
        crew.each(done.append, source())
    assert sorted(done) == list(range(5))


def test_a_source_that_failed_is_not_asked_again(crew: ThreadCrew) -> None:
    """What it would give then belongs to the caller's next attempt."""
    done: list[int] = []

    class Failing(Iterator[int]):
        def __init__(self) -> None:
            self.asked = 0

        def __next__(self) -> int:
            self.asked += 1
            if self.asked > 9:
                raise StopIteration
            if self.asked == 3:
                raise Unavailable("the store cannot be reached")
            return self.asked

    source = Failing()
    with pytest.raises(Unavailable):
        crew.each(done.append, source)
    assert sorted(done) == [1, 2]
    assert source.asked == 3


def test_no_thread_is_left(crew: ThreadCrew) -> None:
    """A function has its processor only while a request runs."""
    before = threading.active_count()
    crew.each(lambda _: None, range(50))
    assert threading.active_count() == before


def test_work_belongs_to_the_callers_trace(crew: ThreadCrew) -> None:
    """Lines logged by the hands are found with the request that set them to work."""
    traces = []
    with tracing({"HTTP_X_CLOUD_TRACE_CONTEXT": "a" * 32}):
        crew.each(lambda _: traces.append(current_origin().trace), range(3))
    assert [trace.id for trace in traces if trace] == ["a" * 32] * 3


def test_an_interrupt_is_not_swallowed(crew: ThreadCrew) -> None:
    """Who wants it all to end is heard."""

    def work(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crew.each(work, range(3))


def test_a_crew_of_nobody_is_refused(log: io.StringIO) -> None:
    """It would do nothing and say nothing."""
    with pytest.raises(ValueError, match="at least one"):
        ThreadCrew(0, JsonJournal(log, component="test"))
