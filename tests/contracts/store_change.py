"""What `change` of every store promises: decided on the newest, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from hypothesis import given

from functions.domain.errors import Conflict
from functions.domain.model import Channel, ChannelState, Progress
from functions.ports import Case
from tests.contracts.store_examples import (
    EXAMPLES,
    MINUTE,
    NOW,
    ODD_IDS,
    FullStore,
    becomes,
    channel,
    channels,
    progress,
    progresses,
)


def _counted(case: Case) -> Case:
    before = case.progress or progress()
    return Case(progress=replace(before, failures=before.failures + 1), channels={})


class ChangeContract:
    """Of `change`, `progress`, `channels` and `channel`."""

    def test_nothing_is_known_at_first(self, store: FullStore) -> None:
        """A new store has no progress and no channel."""
        assert store.progress("ana-drive") is None
        assert store.channel("c1") is None
        assert store.channels("ana-drive") == []

    def test_progress_is_written(self, store: FullStore) -> None:
        """What a decision gives is what is read afterwards, and what is returned."""
        after = store.change("ana-drive", becomes(progress(cursor="7", due_at=NOW)))
        assert after == Case(progress=progress(cursor="7", due_at=NOW), channels={})
        assert store.progress("ana-drive") == progress(cursor="7", due_at=NOW)

    def test_decision_sees_what_is_there(self, store: FullStore) -> None:
        """A decision is given the progress and the channels it asked for, and no others."""
        store.change("ana-drive", becomes(progress(cursor="7"), channel("c1"), channel("c2")))
        cases: list[Case] = []
        store.change("ana-drive", cases.append, channels=["c2", "c3"])
        assert cases == [Case(progress=progress(cursor="7"), channels={"c2": channel("c2")})]

    def test_decision_sees_no_channels_unasked(self, store: FullStore) -> None:
        """Without asking, a decision gets no channels."""
        store.change("ana-drive", becomes(progress(), channel()))
        cases: list[Case] = []
        store.change("ana-drive", cases.append)
        assert cases == [Case(progress=progress(), channels={})]

    def test_decision_sees_open_channels(self, store: FullStore) -> None:
        """Asked for all channels, a decision gets those of its watch that are not closed."""
        opening = channel("c1", state=ChannelState.OPENING)
        retiring = channel("c2", state=ChannelState.RETIRING)
        closed = channel("c3", state=ChannelState.CLOSED)
        store.change("ana-drive", becomes(progress(), opening, retiring, closed))
        store.change("other", becomes(progress("other"), channel("c4", "other")))
        cases: list[Case] = []
        store.change("ana-drive", cases.append, channels=None)
        assert cases[0].channels == {"c1": opening, "c2": retiring}

    def test_none_writes_nothing(self, store: FullStore) -> None:
        """A decision of None leaves all as it is, its memory included."""
        store.change("ana-drive", becomes(progress(cursor="7")))
        assert store.change("ana-drive", lambda _: None, channels=None) is None
        assert store.progress("ana-drive") == progress(cursor="7")

    def test_progress_of_none_stays_unwritten(self, store: FullStore) -> None:
        """Channels can be kept of a watch of which nothing else is known."""
        store.change("ana-drive", becomes(None, channel()))
        assert store.progress("ana-drive") is None
        assert store.channel("c1") == channel()

    def test_channels_are_written_with_progress(self, store: FullStore) -> None:
        """A channel is added and another changed in the same decision as the progress."""
        store.change("ana-drive", becomes(progress(), channel("c1")))
        retiring = replace(channel("c1"), state=ChannelState.RETIRING, confirmed_at=NOW)
        store.change(
            "ana-drive", becomes(progress(opening="c2"), retiring, channel("c2")), channels=None
        )
        assert store.progress("ana-drive") == progress(opening="c2")
        assert sorted(store.channels("ana-drive"), key=lambda each: each.id) == [
            retiring,
            channel("c2"),
        ]

    def test_channels_that_are_left_out_stay(self, store: FullStore) -> None:
        """A decision that does not name a channel it was given does not touch it."""
        store.change("ana-drive", becomes(progress(), channel("c1")))
        store.change("ana-drive", becomes(progress(cursor="8")), channels=None)
        assert store.channel("c1") == channel("c1")

    def test_closed_channel_is_hidden_but_given_by_id(self, store: FullStore) -> None:
        """A closed channel is none of the watch's any more, yet its record is there."""
        store.change("ana-drive", becomes(progress(), channel()))
        closed = channel(state=ChannelState.CLOSED, delete_at=NOW)
        store.change("ana-drive", becomes(progress(failures=1), closed), channels=["c1"])
        assert store.channels("ana-drive") == []
        assert store.channel("c1") == closed

    def test_another_channel_of_that_id_is_a_conflict(
        self, store: FullStore, soon_lost: None
    ) -> None:
        """A channel that was not read cannot be written over, nor the progress with it."""
        store.change("ana-drive", becomes(progress(), channel(address="first")))
        with pytest.raises(Conflict):
            store.change("ana-drive", becomes(progress(cursor="8"), channel(address="second")))
        assert store.channel("c1") == channel(address="first")
        assert store.progress("ana-drive") == progress()

    def test_racing_changes_all_count(self, store: FullStore) -> None:
        """Of decisions at the same time none is lost: each sees those written before."""
        threads, each = 4, 8
        together = Barrier(threads)

        def count(_: int) -> None:
            together.wait()
            for _ in range(each):
                store.change("ana-drive", _counted)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(count, range(threads)))
        found = store.progress("ana-drive")
        assert found is not None
        assert found.failures == threads * each

    def test_racing_changes_of_a_channel_alone_all_count(self, store: FullStore) -> None:
        """Decisions on a channel of a watch of which nothing else is known are not lost either."""
        store.change("ana-drive", becomes(None, channel()))

        def count(case: Case) -> Case:
            one = case.channels["c1"]
            return Case(
                progress=None, channels={"c1": replace(one, last_number=one.last_number + 1)}
            )

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: store.change("ana-drive", count, channels=["c1"]), range(12)))
        found = store.channel("c1")
        assert found is not None
        assert found.last_number == 12

    def test_of_two_openings_one_wins(self, store: FullStore) -> None:
        """Two decisions to open a channel where none is being opened lead to one channel."""
        store.change("ana-drive", becomes(progress()))
        together = Barrier(2)

        def opening(id_: str) -> Callable[[Case], Case | None]:
            def decide(case: Case) -> Case | None:
                if case.progress is None or case.progress.opening:
                    return None
                return Case(
                    progress=replace(case.progress, opening=id_),
                    channels={id_: channel(id_, state=ChannelState.OPENING)},
                )

            return decide

        def run(id_: str) -> bool:
            together.wait()
            return store.change("ana-drive", opening(id_), channels=None) is not None

        with ThreadPoolExecutor(2) as pool:
            won = list(pool.map(run, ["c1", "c2"]))
        assert sorted(won) == [False, True]
        assert len(store.channels("ana-drive")) == 1

    @pytest.mark.parametrize("watch", ODD_IDS, ids=range(len(ODD_IDS)))
    def test_any_id_of_a_watch_will_do(self, store: FullStore, watch: str) -> None:
        """Whatever a watch is called, its state is its own and names it as it is called."""
        store.change("slash", becomes(progress("slash")))
        store.change(watch, becomes(progress(watch, short="s", due_at=NOW), channel(watch=watch)))
        assert store.progress(watch) == progress(watch, short="s", due_at=NOW)
        assert [each.watch for each in store.due(NOW, 9)] == [watch]
        assert store.channels(watch) == [channel(watch=watch)]

    def test_half_characters_are_no_obstacle(self, store: FullStore) -> None:
        """A text that no store can keep, as Google's answers may have, stops nothing else."""
        reason, notices = "half \ud83d", ({"names": ["half \ud83d"]},)
        store.change("ana-drive", becomes(progress(cursor="7", reason=reason, notices=notices)))
        found = store.progress("ana-drive")
        assert found is not None
        assert found.cursor == "7"
        assert found.reason.startswith("half ")

    def test_times_come_back_equal_and_aware(self, store: FullStore) -> None:
        """A time keeps its microseconds and its zone, inside of free-form values, too."""
        store.change("ana-drive", becomes(progress(due_at=NOW, notices=({"at": NOW},))))
        found = store.progress("ana-drive")
        assert found is not None
        assert (found.due_at, found.notices) == (NOW, ({"at": NOW},))
        assert found.due_at is not None
        assert found.due_at.utcoffset() == 0 * MINUTE

    @EXAMPLES
    @given(progresses)
    def test_every_progress_comes_back(self, store: FullStore, value: Progress) -> None:
        """Any progress is read as it was written."""
        store.change(value.watch, becomes(value))
        assert store.progress(value.watch) == value

    @EXAMPLES
    @given(channels)
    def test_every_channel_comes_back(self, store: FullStore, value: Channel) -> None:
        """Any channel is read as it was written."""
        store.change(value.watch, becomes(None, value), channels=[value.id])
        assert store.channel(value.id) == value
