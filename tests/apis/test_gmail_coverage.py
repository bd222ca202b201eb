"""What the one watch of a mailbox covers reaches the account of each watch that shares it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from functions.channels.announcement import Announcement, announce
from functions.domain.mailbox import mailbox_name
from functions.domain.model import Channel, ChannelState, Progress
from functions.ports import Case
from functions.sources.call import Call
from tests.world.far import FarSystem
from tests.world.system import ANA, SECOND, TICK
from tests.world.tripwire import Crash

MAILBOX = mailbox_name(ANA)
CALLS = 11  # of the store, in a tick that renews a mailbox of two watches
SHARED = {"source": "gmail.mailbox", "subject": ANA, "poll": "7d"}


def share(system: FarSystem) -> None:
    """Have two watches share Ana's mailbox, and wait until both are covered."""
    system.declare(one=SHARED, two=SHARED)
    system.pass_time(3 * TICK)
    check_accounts(system)


def shared(system: FarSystem) -> Channel:
    """Give the one channel of the mailbox."""
    (channel,) = system.sqlite.channels(MAILBOX)
    return channel


def check_accounts(system: FarSystem, *names: str) -> None:
    """These are covered for as long as their channel lives, and never were without it."""
    for progress in map(system.progress, names or ("one", "two")):
        assert progress.covered_until == shared(system).ends_at
        assert progress.uncovered_seconds == 0


def tell(system: FarSystem) -> None:
    """Have a message of Gmail's come."""
    announce(
        Announcement(address=ANA, history_id="1"),
        store=system.store,
        jobs=system.jobs,
        clock=system.clock,
        journal=system.journal,
        terms=system.terms,
    )


def forget_confirmation(system: FarSystem) -> None:
    """Have the channel as it was before Gmail's first message."""

    def unconfirm(case: Case) -> Case:
        assert case.progress is not None
        (channel,) = case.channels.values()
        return Case(
            replace(case.progress, known=()), {channel.id: replace(channel, confirmed_at=None)}
        )

    def uncover(case: Case) -> Case:
        assert case.progress is not None
        return Case(replace(case.progress, covered_until=None), {})

    system.sqlite.change(MAILBOX, unconfirm, channels=None)
    system.sqlite.change("one", uncover)
    system.sqlite.change("two", uncover)


def progress_of(system: FarSystem) -> Progress:
    """Give the mailbox's own progress."""
    found = system.sqlite.progress(MAILBOX)
    assert found is not None
    return found


def test_crash_around_a_renewal_leaves_no_account_behind(system: FarSystem) -> None:
    """Wherever the tick dies after Google's answer, the next one brings every account up to date.

    The mailbox itself is looked at again a day later only, and its watches when they are polled.
    """
    share(system)
    for number in range(CALLS):
        look_at = progress_of(system).look_at
        assert look_at is not None
        system.pass_time(look_at - system.clock.now() - SECOND)
        system.wire.after("google.call", partial(system.wire.at, number))
        system.pass_time(TICK + SECOND)
        system.wire.clear()
        system.pass_time(2 * TICK)
        check_accounts(system)
    assert system.crashes == CALLS


@pytest.mark.parametrize("number", range(8))
def test_crash_around_a_confirmation_is_mended_by_the_repetition(
    system: FarSystem, number: int
) -> None:
    """A message of Gmail's that comes again finds what the first one left undone."""
    share(system)

    forget_confirmation(system)
    system.wire.at(number)
    for _ in range(2):
        with suppress(Crash):
            tell(system)
    for name in ("one", "two"):
        assert system.progress(name).covered_until == shared(system).ends_at
    assert shared(system).confirmed_at is not None
    assert progress_of(system).known == (shared(system).id,)


def test_renewal_beside_a_confirmation_keeps_the_accounts(system: FarSystem) -> None:
    """A message that confirms the channel while its accounts are settled is not written over."""
    system.world.faults.set("drop")
    system.declare(one=SHARED)

    def between(call: Call) -> None:
        if call.method == "users.watch":
            system.wire.after("store.channels", partial(tell, system))

    system.far.between = between
    system.pass_time(4 * TICK)
    assert system.far.count("gmail.users.watch") == 1
    check_accounts(system, "one")


def test_channel_that_ends_while_it_is_confirmed_is_looked_after(system: FarSystem) -> None:
    """What a message noted of a channel that is gone is put right by the next tick."""
    share(system)
    forget_confirmation(system)

    def end(case: Case) -> Case:
        (channel,) = case.channels.values()
        return Case(case.progress, {channel.id: replace(channel, state=ChannelState.CLOSED)})

    system.wire.after("store.channels", lambda: system.sqlite.change(MAILBOX, end, channels=None))
    tell(system)
    assert system.sqlite.channels(MAILBOX) == []
    system.pass_time(TICK)
    for name in ("one", "two"):
        assert system.progress(name).covered_until == shared(system).ends_at
