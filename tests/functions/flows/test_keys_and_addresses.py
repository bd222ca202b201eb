"""Channels stand on keys and an address: what becomes of them when these change."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.keyring import Ring
from functions.domain.model import ChannelState
from functions.terms import Terms
from tests.world.ports import START, key, older
from tests.world.system import ANA, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE, RETIRING = ChannelState.LIVE, ChannelState.RETIRING


def test_channel_of_a_withdrawn_key_is_replaced_at_once(system: System) -> None:
    """Its messages verify no more, so it covers nothing: within a tick another is opened."""
    system.begin()
    (first,) = system.channels()
    system.ring.held = Ring((key("k2"),))
    system.pass_time(TICK)
    (second,) = system.channels()
    assert (second.key_id, second.state) == ("k2", LIVE)
    assert [channel.ask.id for channel in system.near.alive()] == [second.id] != [first.id]
    assert 0 <= system.progress().uncovered_seconds <= 60


def test_rotation_refuses_no_live_channel(system: System) -> None:
    """A new key in front replaces nothing: channels of the older key live on until their time."""
    system.begin()
    (first,) = system.channels()
    system.ring.held = Ring((key("k2"), key("k1")))
    system.pass_time(HOUR)
    assert [channel.id for channel in system.channels()] == [first.id]
    system.pass_time(DAY)
    assert [channel.key_id for channel in system.channels()] == ["k2"]


def test_new_key_signs_ten_minutes_after_its_creation(system: System) -> None:
    """Receivers keep a ring for minutes: until then the older key signs; an only key at once."""
    system.ring.held = Ring((key("k2", created=START), key("k1")))
    watch = {"source": "drive.changes", "subject": ANA}
    system.declare(ana=watch)
    system.pass_time(3 * TICK)
    system.declare(ana=watch, late=watch)
    system.pass_time(10 * TICK)
    system.declare(ana=watch, late=watch, later=watch)
    system.pass_time(3 * TICK)
    signers = {name: system.channels(name)[0].key_id for name in ("ana", "late", "later")}
    assert signers == {"ana": "k1", "late": "k1", "later": "k2"}


def test_only_key_signs_at_once(system: System) -> None:
    """There is no other."""
    system.ring.held = Ring((key("new", created=START + DAY),))
    system.begin()
    assert [channel.key_id for channel in system.channels()] == ["new"]


def test_unreadable_ring_judges_no_channel(system: System) -> None:
    """An outage of the ring replaces nothing and opens nothing; pulls go on."""
    system.begin(poll="1m")
    (first,) = system.channels()
    system.ring.held = None
    system.pass_time(10 * TICK)
    assert [channel.id for channel in system.channels()] == [first.id]
    system.near.world.faults.set("drop")
    system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    assert system.sink.kinds() == ["file.created"]
    system.ring.held = Ring((older(key("k1"), DAY),))
    system.pass_time(2 * TICK)
    assert [channel.id for channel in system.channels()] == [first.id]


def test_watch_declared_during_an_outage_of_the_ring_is_opened_after_it(system: System) -> None:
    """Without a key no token can be made: the channel waits, the watch is polled meanwhile."""
    system.ring.held = None
    system.begin(poll="1m")
    system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    assert (system.sink.kinds(), system.channels()) == (["file.created"], [])
    system.ring.held = Ring((key("k1"),))
    system.pass_time(2 * TICK)
    assert system.states() == [LIVE]


def test_changed_address_replaces_every_channel_at_once(system: System) -> None:
    """A tunnel's new URL: channels for the old one cover nothing and are stopped."""
    system.begin()
    (first,) = system.channels()
    system.terms = Terms(address="https://new.example.com/receive", short_polls=True)
    system.pass_time(TICK)
    (second,) = system.channels()
    assert (second.address, second.state) == ("https://new.example.com/receive", LIVE)
    assert second.confirmed_at is not None
    assert [channel.ask.id for channel in system.near.alive()] == [second.id] != [first.id]
