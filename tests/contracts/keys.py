"""What every adapter of the port `Keys` promises, wherever the ring lies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from functions.domain.errors import Unavailable
from functions.domain.keyring import Key, Ring, format_ring
from functions.ports import Keys
from tests.clocks import START, HandClock

MINUTE = timedelta(minutes=1)


def key(key_id: str) -> Key:
    """Make a key."""
    return Key(id=key_id, created=START, secret=key_id.encode() * 40)


def ring(*key_ids: str) -> str:
    """Make the text of a ring."""
    return format_ring(Ring(tuple(key(key_id) for key_id in key_ids)))


class KeysContract:
    """Fixtures to give: `path`, of the ring's file with mode 0600, and `keys`, the adapter."""

    def test_the_ring_is_read(self, keys: Keys, path: Path) -> None:
        """All keys come, newest first."""
        path.write_text(ring("b", "a"))
        assert keys.ring() == Ring((key("b"), key("a")))

    def test_a_rotation_is_seen_in_five_minutes(
        self, keys: Keys, path: Path, clock: HandClock
    ) -> None:
        """A ring is at most five minutes old, so that no key is trusted for longer."""
        path.write_text(ring("a"))
        keys.ring()
        path.write_text(ring("b"))
        clock.sleep(5 * MINUTE)
        assert keys.ring().ids == {"b"}

    def test_an_unknown_key_is_looked_for_at_once(self, keys: Keys, path: Path) -> None:
        """A new key verifies before the five minutes are over."""
        path.write_text(ring("a"))
        keys.ring()
        path.write_text(ring("b", "a"))
        assert keys.ring(wanted="b").ids == {"a", "b"}

    def test_a_key_that_does_not_exist_costs_one_look_in_ten_seconds(
        self, keys: Keys, path: Path, reads: Callable[[], int], clock: HandClock
    ) -> None:
        """Strangers may name any key: that must not keep us reading."""
        path.write_text(ring("a"))
        keys.ring()
        before = reads()
        for _ in range(19):
            assert keys.ring(wanted="forged").ids == {"a"}
            clock.sleep(timedelta(seconds=1))
        assert reads() - before == 2

    def test_a_known_key_costs_no_look(
        self, keys: Keys, path: Path, reads: Callable[[], int]
    ) -> None:
        """Notifications of live channels are verified from memory."""
        path.write_text(ring("a"))
        keys.ring()
        before = reads()
        keys.ring(wanted="a")
        assert reads() == before

    @pytest.mark.parametrize(
        "text", ["", "\n# none\n", "a 2026-03-01T12:00:00Z short\n", "hidden" * 10]
    )
    def test_an_empty_or_broken_ring_is_an_outage(self, keys: Keys, path: Path, text: str) -> None:
        """Without any key each notification would be refused for good; an outage is retried."""
        path.write_text(text)
        with pytest.raises(Unavailable) as outage:
            keys.ring()
        assert "hidden" not in str(outage.value)

    def test_no_file_is_an_outage(self, keys: Keys, path: Path) -> None:
        """The same where there is nothing to read."""
        path.unlink()
        with pytest.raises(Unavailable):
            keys.ring()

    def test_what_is_no_text_is_an_outage(self, keys: Keys, path: Path) -> None:
        """The same for bytes that are no text."""
        path.write_bytes(b"\xff\xfe")
        with pytest.raises(Unavailable):
            keys.ring()

    def test_an_outage_ends(self, keys: Keys, path: Path) -> None:
        """As soon as the ring can be read it is used."""
        path.write_text("")
        with pytest.raises(Unavailable):
            keys.ring()
        path.write_text(ring("a"))
        assert keys.ring().ids == {"a"}

    def test_an_old_ring_does_not_outlive_an_outage(
        self, keys: Keys, path: Path, clock: HandClock
    ) -> None:
        """A ring older than five minutes may have lost a key that must not be trusted."""
        path.write_text(ring("a"))
        keys.ring()
        path.write_text("")
        clock.sleep(5 * MINUTE)
        with pytest.raises(Unavailable):
            keys.ring()

    def test_a_clock_set_back_makes_nothing_young(
        self, keys: Keys, path: Path, clock: HandClock
    ) -> None:
        """What was read "in the future" is read again."""
        path.write_text(ring("a"))
        keys.ring()
        path.write_text(ring("b"))
        clock.sleep(-MINUTE)
        assert keys.ring().ids == {"b"}
