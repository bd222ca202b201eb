"""Jobs and pulls: bursts gather, nothing is swallowed, and whoever dies costs one lease."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from functions.domain.errors import Unavailable
from functions.domain.model import Job, Message
from functions.sources.call import Call
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.tripwire import Crash

HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=300)
BUDGET = timedelta(seconds=240)
LISTED = "drive.changes.list"


def notification(system: System, number: int = 2, state: str = "change") -> Job:
    """Make the job of a notification on the channel that covers Ana's watch, queued now."""
    (channel,) = system.channels()
    message = Message(
        channel=channel.id,
        number=number,
        state=state,
        resource_id=channel.resource_id or "",
        resource_uri=channel.resource_uri or "",
        expiration=channel.expiration,
    )
    return Job(
        watch="ana",
        queued_at=system.clock.now(),
        reason="notification",
        key_id="k1",
        message=message,
    )


def poll(system: System) -> Job:
    """Make the job of a poll, queued now."""
    return Job(watch="ana", queued_at=system.clock.now(), reason="due")


@pytest.fixture
def quiet(system: System) -> Iterator[System]:
    """Give a covered watch whose Google sends nothing and whose clock makes no ticks."""
    system.begin()
    system.pass_time(10 * SECOND)
    system.near.world.faults.set("drop")
    system.next_tick = None
    yield system
    assert [text for text, _ in system.journal.warnings if text == "internal error"] == []


# --- acknowledged without work --------------------------------------------------------------------


def test_covered_job_costs_one_read_and_no_write(quiet: System) -> None:
    """A whole pull began at least a second after it was queued: there is nothing left to do."""
    job = notification(quiet)
    quiet.clock.move(SECOND)
    quiet.sync(notification(quiet, 3))
    calls = len(quiet.wire.calls)
    quiet.sync(job)
    assert quiet.wire.calls[calls:] == ["store.progress"]


def test_pull_that_began_too_soon_after_covers_nothing(quiet: System) -> None:
    """Clocks differ: a pull that began less than a second later may not have seen the change."""
    job = notification(quiet)
    quiet.clock.move(SECOND - timedelta(milliseconds=1))
    quiet.sync(poll(quiet))
    before = quiet.near.count(LISTED)
    quiet.sync(job)
    assert quiet.near.count(LISTED) > before


def test_job_of_an_unknown_watch_costs_two_reads(quiet: System) -> None:
    """Nothing is known of it and nothing declared: it leads to nothing."""
    calls = len(quiet.wire.calls)
    quiet.sync(Job(watch="nobody", queued_at=quiet.clock.now(), reason="due"))
    assert quiet.wire.calls[calls:] == ["store.progress", "store.declaration"]


def test_burst_of_a_thousand_jobs_is_a_handful_of_pulls(quiet: System) -> None:
    """They gather: at most five pulls, and every change is told once."""
    for number in range(1000):
        quiet.drive.create(ANA, name=str(number))
        quiet.queue.put(notification(quiet, number + 2))
        quiet.clock.move(timedelta(milliseconds=3))
    before = quiet.near.count(LISTED)
    quiet.work()
    assert quiet.near.count(LISTED) - before <= 5
    assert quiet.sink.kinds() == ["file.created"] * 1000


def test_burst_that_comes_while_jobs_are_done_gathers_too(quiet: System) -> None:
    """Jobs trickle in for ten seconds: no more than about a pull a second."""
    before = quiet.near.count(LISTED)
    end = quiet.clock.now() + 10 * SECOND
    while quiet.clock.now() < end:
        quiet.drive.create(ANA, name="a")
        quiet.queue.put(notification(quiet))
        quiet.work()
        quiet.clock.move(timedelta(milliseconds=20))
    assert quiet.near.count(LISTED) - before <= 14
    assert len(quiet.sink.told) == len({event.subject for event in quiet.sink.told})


def test_pulls_of_one_watch_begin_a_second_apart(quiet: System) -> None:
    """The later job waits, so that a burst gathers."""
    began: list[datetime] = []
    quiet.near.between = lambda _: began.append(quiet.progress().began_at or quiet.clock.now())
    for number in range(5):
        quiet.drive.create(ANA, name=str(number))
        quiet.sync(notification(quiet, number + 2))
    assert len(began) == 5
    gaps = [later - earlier for earlier, later in pairwise(began)]
    assert min(gaps) >= SECOND


def test_first_message_is_kept_in_the_books_even_if_its_job_is_covered(system: System) -> None:
    """A pull began after it was queued: nothing to read, but the channel is confirmed."""
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.pass_time(30 * SECOND)
    system.next_tick = None
    system.clock.move(TICK)
    system.tick()
    assert system.deliver() == 1
    job = system.queue.take()
    assert job is not None
    system.clock.move(2 * SECOND)
    system.sync(poll(system))
    before = system.near.count(LISTED)
    system.sync(job)
    assert system.channels()[0].confirmed_at is not None
    assert system.near.count(LISTED) == before


# --- marks and leases -----------------------------------------------------------------------------


def meanwhile(system: System, act: object) -> None:
    """Have `act` happen once, amid the next list call."""

    def once(call: Call) -> None:
        if call.method == "changes.list":
            system.near.between = None
            assert callable(act)
            act()

    system.near.between = once


def test_notification_during_a_pull_causes_another(quiet: System) -> None:
    """Who meets the lease sets the mark and is done; who holds it pulls again."""
    quiet.drive.create(ANA, name="first")

    def later() -> None:
        quiet.clock.move(2 * SECOND)
        quiet.drive.create(ANA, name="second")
        calls = len(quiet.near.calls)
        quiet.sync(notification(quiet, 3))
        assert len(quiet.near.calls) == calls
        assert quiet.progress().marked

    meanwhile(quiet, later)
    quiet.sync(notification(quiet))
    assert quiet.sink.kinds() == ["file.created", "file.created"]
    assert not quiet.progress().marked
    assert quiet.progress().lease is None


def test_mark_is_set_once_in_a_burst(quiet: System) -> None:
    """The second who meets the lease finds the mark and writes nothing."""
    writes: list[int] = []

    def later() -> None:
        for number in range(3):
            quiet.clock.move(2 * SECOND)
            before = quiet.wire.count("store.change")
            quiet.sync(notification(quiet, number + 3))
            writes.append(quiet.wire.count("store.change") - before)

    meanwhile(quiet, later)
    quiet.sync(notification(quiet))
    assert writes[0] > writes[1] == writes[2]


def test_marked_pull_counts_as_one_after_a_notification(quiet: System) -> None:
    """What came during a poll and is not listed yet is looked for again 2 s later."""
    quiet.near.world.faults.set("lag", seconds=1.5)

    def later() -> None:
        quiet.clock.move(2 * SECOND)
        quiet.drive.create(ANA, name="late")
        quiet.sync(notification(quiet))

    meanwhile(quiet, later)
    quiet.sync(poll(quiet))
    assert quiet.sink.kinds() == ["file.created"]


def test_crash_costs_one_lease_never_a_wake_up(quiet: System) -> None:
    """Dead amid a pull: the watch comes due when the lease ends, and is then pulled."""
    file = quiet.drive.create(ANA, name="a")
    quiet.wire.after("changes.tell")
    died = quiet.clock.now()
    with pytest.raises(Crash):
        quiet.sync(notification(quiet))
    assert quiet.progress().due_at == died + LEASE
    quiet.next_tick = quiet.clock.now() + TICK
    quiet.pass_time(LEASE - SECOND)
    assert len(quiet.sink.told) == 1
    quiet.pass_time(2 * TICK)
    assert [event.subject for event in quiet.sink.told] == [file.id] * 2
    assert quiet.sink.told[0] == quiet.sink.told[1]


def test_job_that_meets_a_dead_lease_marks_it_until_it_ends(quiet: System) -> None:
    """The lease is not broken early; after its end the next job just pulls."""
    quiet.wire.before("google.call")
    with pytest.raises(Crash):
        quiet.sync(notification(quiet))
    quiet.clock.move(2 * SECOND)
    before = len(quiet.near.calls)
    quiet.sync(notification(quiet, 3))
    assert (len(quiet.near.calls), quiet.progress().marked) == (before, True)
    quiet.drive.create(ANA, name="a")
    quiet.clock.move(LEASE)
    quiet.sync(notification(quiet, 4))
    assert quiet.sink.kinds() == ["file.created"]


def test_lost_lease_ends_the_slow_one_quietly(quiet: System) -> None:
    """Thought dead, it finds that another took over: it saves nothing and fails nobody."""
    quiet.drive.create(ANA, name="a")

    def takes_over() -> None:
        quiet.clock.move(LEASE + SECOND)
        quiet.sync(notification(quiet, 3))

    meanwhile(quiet, takes_over)
    quiet.sync(notification(quiet))
    assert "lease lost" in quiet.journal.decisions()
    assert {event.id for event in quiet.sink.told} == {quiet.sink.told[0].id}
    quiet.drive.create(ANA, name="b")
    quiet.clock.move(SECOND)
    quiet.sync(notification(quiet, 4))
    assert quiet.sink.kinds()[-1] == "file.created"
    assert len({event.id for event in quiet.sink.told}) == 2


def test_cursor_of_a_lost_lease_is_not_saved(quiet: System) -> None:
    """What the slow one read last must not set the cursor back."""

    def takes_over() -> None:
        quiet.clock.move(LEASE + SECOND)
        quiet.drive.create(ANA, name="a")
        quiet.sync(notification(quiet, 3))

    meanwhile(quiet, takes_over)
    quiet.sync(notification(quiet))
    cursor = quiet.progress().cursor
    quiet.sync(notification(quiet, 4))
    assert quiet.progress().cursor == cursor
    assert quiet.sink.kinds() == ["file.created"]


# --- what Google refuses and what fails -----------------------------------------------------------


def test_failed_pull_is_written_down_and_its_job_done(quiet: System) -> None:
    """A 5xx of ours would slow every watch: failures, verdict and due_at are stored instead."""
    quiet.near.refuse(LISTED, Unavailable("503 backendError"))
    quiet.sync(notification(quiet))
    progress = quiet.progress()
    assert (progress.failures, progress.verdict, progress.lease) == (1, "ok", None)
    assert progress.retry_at is not None
    assert progress.due_at == progress.retry_at <= quiet.clock.now() + 2 * SECOND


def test_job_during_a_back_off_marks_and_is_done(quiet: System) -> None:
    """Google is left alone until the back-off ends; then everything is found."""
    for _ in range(4):
        quiet.near.refuse(LISTED, Unavailable("503 backendError"))
        quiet.clock.move(timedelta(minutes=20))
        quiet.sync(notification(quiet))
    calls = len(quiet.near.calls)
    quiet.drive.create(ANA, name="a")
    quiet.clock.move(SECOND)
    quiet.sync(notification(quiet, 3))
    assert (len(quiet.near.calls), quiet.progress().marked) == (calls, True)
    quiet.next_tick = quiet.clock.now()
    quiet.pass_time(2 * TICK)
    assert quiet.sink.kinds() == ["file.created"]
    assert (quiet.progress().failures, quiet.progress().retry_at) == (0, None)


def test_back_off_grows_and_is_bounded(quiet: System) -> None:
    """From seconds to a quarter of an hour, kept in the store and nowhere else."""
    waits: list[timedelta] = []
    for _ in range(20):
        quiet.near.refuse(LISTED, Unavailable("503 backendError"))
        quiet.sync(poll(quiet))
        due = quiet.progress().retry_at
        assert due is not None
        waits.append(due - quiet.clock.now())
        quiet.clock.move(due - quiet.clock.now())
    assert waits[0] <= 2 * SECOND
    assert timedelta(minutes=11) < waits[-1] <= timedelta(minutes=15)


@pytest.mark.parametrize("port", ["store.change", "changes.tell", "store.progress"])
def test_only_store_and_queue_failures_bring_the_job_again(quiet: System, port: str) -> None:
    """Then, and only then, sync fails, and a repetition mends it."""
    file = quiet.drive.create(ANA, name="a")

    def fail() -> None:
        raise Unavailable("the store cannot be reached")

    quiet.queue.put(notification(quiet))
    quiet.wire.before(port, fail)
    quiet.work()
    assert len(quiet.queue.waiting) == 1
    quiet.next_tick = quiet.clock.now() + TICK
    quiet.pass_time(LEASE + 2 * TICK)
    assert quiet.queue.waiting == []
    assert set(quiet.sink.kinds(file.id)) == {"file.created"}


def test_failed_queue_of_changes_keeps_the_cursor(quiet: System) -> None:
    """What is not confirmed is not passed: the cursor stays, and all is told later."""
    quiet.drive.create(ANA, name="a")
    cursor = quiet.progress().cursor
    quiet.sink.fails = True
    with pytest.raises(Unavailable):
        quiet.sync(notification(quiet))
    assert (quiet.progress().cursor, quiet.progress().lease) == (cursor, None)
    quiet.sink.fails = False
    quiet.clock.move(SECOND)
    quiet.sync(notification(quiet))
    assert quiet.sink.kinds() == ["file.created"]


# --- when a pull is due ---------------------------------------------------------------------------


def test_due_at_is_the_earlier_of_pull_and_look(system: System) -> None:
    """At every moment of a busy day, in the very write that sets either."""

    def check() -> None:
        for progress in system.sqlite.all_progress():
            times = [time for time in (progress.pull_at, progress.look_at) if time]
            assert progress.due_at == min(times, default=None)

    system.watching = check
    system.near.world.options.max_life = 1200
    system.begin()
    for number in range(60):
        system.drive.create(ANA, name=str(number))
        if number % 7 == 0:
            system.near.refuse("*", Unavailable("503"))
        system.pass_time(TICK)
    system.declare()
    system.pass_time(5 * TICK)
    assert system.progress().due_at is None


def test_queueing_a_pull_moves_it_on_by_a_lease(quiet: System) -> None:
    """Of two ticks one queues it; if the job were lost, the next comes after a lease."""
    quiet.clock.move(2 * HOUR)
    quiet.tick()
    quiet.tick()
    assert len(quiet.queue.waiting) == 1
    assert quiet.progress().pull_at == quiet.clock.now() + LEASE
    quiet.queue.waiting.clear()
    quiet.clock.move(LEASE)
    quiet.tick()
    assert len(quiet.queue.waiting) == 1


# --- long pulls -----------------------------------------------------------------------------------


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Drive's lists come in pages of ten."""
    monkeypatch.setattr("functions.sources.drive.PAGE_SIZE", 10)


def test_long_pull_goes_on_by_itself(quiet: System, small_pages: None) -> None:
    """After 240 s it queues its rest and ends; each page is told and saved before the next."""
    for number in range(95):
        quiet.drive.create(ANA, name=str(number))
    quiet.near.cost = timedelta(seconds=100)
    quiet.queue.put(notification(quiet))
    lengths: list[timedelta] = []
    while job := quiet.queue.take():
        began, told = quiet.clock.now(), len(quiet.sink.told)
        quiet.sync(job)
        lengths.append(quiet.clock.now() - began)
        assert len(quiet.sink.told) > told
    assert len(lengths) == 4
    assert max(lengths) <= BUDGET + quiet.near.cost
    assert quiet.sink.kinds() == ["file.created"] * 95
    assert [job.reason for job in quiet.queue.put_so_far[-3:]] == ["continued"] * 3


def test_long_pull_that_dies_goes_on_at_its_page(quiet: System, small_pages: None) -> None:
    """What was told and saved is not read again."""
    for number in range(45):
        quiet.drive.create(ANA, name=str(number))
    quiet.near.refuse(LISTED, None)
    quiet.near.refuse(LISTED, None)
    quiet.near.refuse(LISTED, Unavailable("503 backendError"))
    quiet.sync(notification(quiet))
    assert len(quiet.sink.told) == 20
    quiet.clock.move(TICK)
    quiet.sync(notification(quiet))
    assert len(quiet.sink.told) == len({event.id for event in quiet.sink.told}) == 45


def test_continued_pull_covers_no_job_queued_amid_it(quiet: System, small_pages: None) -> None:
    """A pull that goes on at a page did not begin there: what was queued since is still owed."""
    for number in range(45):
        quiet.drive.create(ANA, name=str(number))
    quiet.near.refuse(LISTED, None)
    quiet.near.refuse(LISTED, Unavailable("503 backendError"))
    quiet.sync(notification(quiet))
    quiet.clock.move(3 * SECOND)
    job = notification(quiet)
    quiet.clock.move(3 * SECOND)
    quiet.sync(poll(quiet))
    before = quiet.near.count(LISTED)
    quiet.sync(job)
    assert quiet.near.count(LISTED) > before


# --- lists that lag -------------------------------------------------------------------------------


def test_change_listed_a_moment_late_is_found_two_seconds_later(quiet: System) -> None:
    """A pull after a notification that finds nothing is repeated at once."""
    quiet.near.world.faults.set("lag", seconds=1.5)
    quiet.drive.create(ANA, name="a")
    quiet.sync(notification(quiet))
    assert quiet.sink.kinds() == ["file.created"]


def test_change_listed_later_is_found_at_the_next_tick(quiet: System) -> None:
    """Still nothing after 2 s: the watch is due at once, and the next tick queues its pull."""
    quiet.near.world.faults.set("lag", seconds=20)
    quiet.drive.create(ANA, name="a")
    quiet.sync(notification(quiet))
    due = quiet.progress().pull_at
    assert due is not None
    assert due <= quiet.clock.now()
    quiet.next_tick = quiet.clock.now() + 30 * SECOND
    quiet.pass_time(TICK)
    assert quiet.sink.kinds() == ["file.created"]


def test_empty_pull_is_repeated_once_a_minute_at_most(quiet: System) -> None:
    """Messages without a change, every three seconds, do not double the calls."""
    before = quiet.near.count(LISTED)
    for number in range(20):
        quiet.sync(notification(quiet, number + 2))
        quiet.clock.move(3 * SECOND)
    assert quiet.near.count(LISTED) - before in {21, 22}


@pytest.mark.parametrize("job", ["sync message", "poll"])
def test_pull_without_word_of_a_change_is_not_repeated(quiet: System, job: str) -> None:
    """A `sync` message or a poll that finds nothing has no reason to look again."""
    before = quiet.near.count(LISTED)
    quiet.sync(poll(quiet) if job == "poll" else notification(quiet, 1, "sync"))
    assert quiet.near.count(LISTED) - before == 1


# --- numbers decide nothing -----------------------------------------------------------------------


def test_message_numbers_never_decide_whether_to_pull(quiet: System) -> None:
    """Repeated, reordered, or starting anew: each message that is not covered is a pull."""
    quiet.near.world.faults.remove()
    for number in (900, 900, 5, 1):
        quiet.clock.move(TICK)
        quiet.drive.create(ANA, name=str(number))
        quiet.sync(notification(quiet, number))
    assert quiet.sink.kinds() == ["file.created"] * 4


def test_repeated_messages_repeat_no_event(system: System) -> None:
    """Every message comes twice: every change is told once."""
    system.near.world.faults.set("duplicate")
    system.begin()
    for number in range(5):
        system.drive.create(ANA, name=str(number))
        system.pass_time(10 * SECOND)
    assert system.sink.kinds() == ["file.created"] * 5


# --- ticks ----------------------------------------------------------------------------------------


def test_tick_works_45_seconds_and_leaves_the_rest_due(system: System) -> None:
    """Slow calls: what is not reached stays due for the next tick, soonest expiry first."""
    watch = {"source": "drive.changes", "subject": ANA}
    for number in range(10):
        system.near.world.options.max_life = 3600 + 50 * ((number * 7) % 10)
        system.declare(**{f"w{9 - n}": watch for n in range(number + 1)})
        system.pass_time(3 * TICK)
    ends = {p.watch: p.covered_until for p in system.sqlite.all_progress()}
    system.next_tick = None
    system.clock.move(2 * HOUR - 3 * TICK)
    asked: list[str] = []
    system.near.cost = timedelta(seconds=10)
    system.near.between = lambda call: asked.append(_owner(system, call)) if call.once else None
    tick = system.tick()
    assert tick.due == 10
    assert tick.attended < 10
    assert 4 <= len(asked) <= 5
    order = sorted(ends, key=lambda name: (ends[name] or system.clock.now(), name))
    assert asked == order[: len(asked)]
    system.clock.move(TICK)
    assert system.tick().due >= 10 - len(asked)


def _owner(system: System, call: Call) -> str:
    channel = system.sqlite.channel(str((call.body or {})["id"]))
    assert channel is not None
    return channel.watch


def test_one_failing_watch_holds_up_no_other(system: System) -> None:
    """Whatever goes wrong with one, even in our own code, the others are attended and pulled."""
    watch = {"source": "drive.changes", "subject": ANA}
    other = {"source": "drive.changes", "subject": "ben@example.com"}
    system.declare(ana=watch, ben=other)
    system.near.world.faults.set("garbage", account=ANA)
    system.pass_time(3 * TICK)
    system.drive.create("ben@example.com", name="b")
    system.pass_time(5 * SECOND)
    assert [(event.watch, event.data["kind"]) for event in system.sink.told] == [
        ("ben", "file.created")
    ]
    assert system.progress("ana").failures > 0
