"""How a watch begins: baseline, channel, first message; and what it tells from then on."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.errors import CursorExpired
from functions.domain.model import ChannelState
from tests.world.ports import START
from tests.world.system import ANA, SECOND, TICK, System


def test_order_at_a_start(system: System) -> None:
    """First the baseline by `sync`, then the channel with its cursor, then its message pulls."""
    system.begin()
    methods = [name for name, _ in system.near.calls]
    assert methods == [
        "drive.changes.getStartPageToken",
        "drive.changes.watch",
        "drive.changes.list",
    ]
    assert [job.reason for job in system.queue.put_so_far] == ["due", "notification"]
    (channel,) = system.channels()
    assert (channel.state, channel.confirmed_at is not None) == (ChannelState.LIVE, True)


def test_nothing_is_told_of_what_was_there_before(system: System) -> None:
    """A baseline tells nothing, however much there is."""
    old = [system.drive.create(ANA, name=str(number)) for number in range(5)]
    system.pass_time(2 * SECOND)
    system.begin()
    assert system.sink.told == []
    system.drive.update(old[0].id, name="now")
    system.pass_time(SECOND)
    (event,) = system.sink.told
    assert (event.data["kind"], event.data["seen_before"]) == ("file.updated", False)


def test_change_between_baseline_and_channel_is_told(system: System) -> None:
    """The channel's first message pulls what fell between."""
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.pass_time(30 * SECOND)
    assert system.progress().cursor is not None
    assert system.channels() == []
    file = system.drive.create(ANA, name="between")
    system.pass_time(TICK)
    assert system.sink.kinds(file.id) == ["file.created"]


def test_each_kind_of_change_is_told_once(system: System) -> None:
    """Created, updated, trashed, untrashed, removed: each is one event with Google's resource."""
    system.begin()
    file = system.drive.create(ANA, name="a")
    times = [system.clock.now()]
    for act in (
        lambda: system.drive.update(file.id, name="b"),
        lambda: system.drive.trash(file.id),
        lambda: system.drive.untrash(file.id),
        lambda: system.drive.remove(file.id),
    ):
        system.pass_time(5 * SECOND)
        times.append(system.clock.now())
        act()
    system.pass_time(timedelta(hours=2))
    verbs = ["created", "updated", "trashed", "untrashed", "removed"]
    assert system.sink.kinds() == [f"file.{verb}" for verb in verbs]
    assert [event.data["seen_before"] for event in system.sink.told] == [False] + [True] * 4
    assert [event.time for event in system.sink.told] == times
    assert len({event.id for event in system.sink.told}) == 5
    first = system.sink.told[0]
    assert (first.source, first.type, first.subject, first.watch, first.account) == (
        "/watches/ana",
        "watchkeeper.drive.changes.file.created",
        file.id,
        "ana",
        ANA,
    )
    assert first.data["item"]["name"] == "a"


def test_steps_between_two_pulls_are_one_event(system: System) -> None:
    """Of a file that changed several times one event is enough; `trashed` wins over `updated`."""
    system.begin()
    file = system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    system.drive.update(file.id, name="b")
    system.drive.update(file.id, name="c")
    system.drive.trash(file.id)
    system.pass_time(5 * SECOND)
    assert system.sink.kinds(file.id) == ["file.created", "file.trashed"]


def test_mere_view_is_no_change(system: System) -> None:
    """Google lists views with a higher version and nothing else new: nothing need be told."""
    system.begin()
    file = system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    version = system.drive.file(file.id).version
    system.drive.view(file.id, ANA)
    system.pass_time(5 * SECOND)
    assert system.drive.file(file.id).version > version
    assert system.sink.kinds(file.id) == ["file.created"]


def test_age_is_by_googles_clock_in_whole_seconds(system: System) -> None:
    """With our clock hours off, `created` is still what is not older than the watch."""
    system.near.skew = timedelta(hours=-3, milliseconds=700)
    earlier = system.drive.create(ANA, name="earlier", created=system.near.now().timestamp() - 1)
    system.begin()
    assert system.progress().baseline_at == (START - timedelta(hours=3)).replace(microsecond=0)
    later = system.drive.create(ANA, name="later")
    system.drive.update(earlier.id, name="touched")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds(later.id) == ["file.created"]
    assert system.sink.kinds(earlier.id) == ["file.updated"]


def test_channel_refused_for_its_cursor_has_the_watch_pulled(system: System) -> None:
    """`changes.watch` wants a page token: where Google calls it void, a pull mends it at once."""
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.near.refuse("drive.changes.watch", CursorExpired("410 fullSyncRequired"))
    system.pass_time(TICK + 30 * SECOND)
    assert system.near.count("drive.changes.list") == 1
    system.pass_time(5 * TICK)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]
