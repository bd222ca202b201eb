"""What every shelf of downloads promises: run on a folder and on a simulated Cloud Storage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest

from functions.domain.errors import Invalid, Unavailable
from functions.ports import Copy, Read, Shelf
from tests.world.ports import START, WorldClock

PIECE = 1024 * 1024
LATER = START + timedelta(seconds=240)


class Rig(Protocol):
    """A shelf, and a look at what is on it."""

    shelf: Shelf
    clock: WorldClock

    def kept(self) -> dict[str, bytes]: ...
    def drafts(self) -> int: ...
    def add(self, name: str, data: bytes) -> None: ...


def copy_of(data: bytes, name: str = "a.mp4", item: str = "1File", **given: object) -> Copy:
    """Make the wish to copy a file with this content."""
    whole = Copy(
        owner="ana download-1",
        item=item,
        version=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        mime="video/mp4",
        names=(name, f"a ~{item}.mp4"),
        size=len(data),
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
    )
    return replace(whole, **given)  # type: ignore[arg-type]


class Source:
    """What is read: where each reading began, and what happens after so many bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts: list[int] = []
        self.breaks_at: int | None = None
        self.after: Callable[[], object] = lambda: None

    @contextmanager
    def __call__(self, start: int) -> Iterator[Iterator[bytes]]:
        self.starts.append(start)
        yield self._pieces(start)

    def _pieces(self, start: int) -> Iterator[bytes]:
        for at in range(start, len(self.data), PIECE):
            if self.breaks_at is not None and at >= self.breaks_at:
                raise Unavailable("the content does not come")
            yield self.data[at : at + PIECE]
            self.after()


def large(megabytes: int) -> bytes:
    """Give bytes of which no two blocks are alike."""
    return b"".join(bytes([n % 251]) * PIECE for n in range(megabytes))


class ShelfContract:
    """All promises; a subclass has a fixture `rig`."""

    def put(self, rig: Rig, copy: Copy, read: Read) -> str:
        """Copy, and settle as whoever has written down the name."""
        name = rig.shelf.put(copy, read, until=LATER)
        rig.shelf.settle(copy)
        return name

    def test_a_file_arrives_whole(self, rig: Rig) -> None:
        """The copy has the first name and the very bytes; nothing else is left."""
        data = large(20) + b"end"
        assert self.put(rig, copy_of(data), Source(data)) == "a.mp4"
        assert rig.kept() == {"a.mp4": data}
        assert rig.drafts() == 0

    @pytest.mark.parametrize("size", [None, 0])
    def test_an_empty_file(self, rig: Rig, size: int | None) -> None:
        """A file without bytes is a file."""
        self.put(rig, copy_of(b"", size=size), Source(b""))
        assert rig.kept() == {"a.mp4": b""}

    def test_of_unknown_size(self, rig: Rig) -> None:
        """An export, whose size nobody knows before, is copied from its beginning each time."""
        source = Source(large(10))
        copy = copy_of(source.data, size=None, md5=None)
        source.breaks_at = 9 * PIECE
        with pytest.raises(Unavailable):
            rig.shelf.put(copy, source, until=LATER)
        source.breaks_at = None
        self.put(rig, copy, source)
        assert source.starts == [0, 0]
        assert rig.kept() == {"a.mp4": source.data}

    def test_it_goes_on_where_it_broke_off(self, rig: Rig) -> None:
        """What has come is not fetched again, and nothing is to be seen before all is there."""
        source = Source(large(20))
        source.breaks_at = 17 * PIECE
        with pytest.raises(Unavailable):
            rig.shelf.put(copy_of(source.data), source, until=LATER)
        assert rig.kept() == {}
        source.breaks_at = None
        self.put(rig, copy_of(source.data), source)
        assert source.starts[1] >= 16 * PIECE
        assert rig.kept() == {"a.mp4": source.data}

    def test_it_ends_in_time(self, rig: Rig) -> None:
        """When the time is up what came is kept, and the rest is for the next try."""
        source = Source(large(24))
        source.after = lambda: rig.clock.move(timedelta(seconds=20))
        with pytest.raises(Unavailable, match="more the next time"):
            rig.shelf.put(copy_of(source.data), source, until=LATER)
        source.after = lambda: None
        rig.shelf.put(copy_of(source.data), source, until=LATER + timedelta(hours=1))
        assert source.starts[1] > 0
        assert rig.kept() == {"a.mp4": source.data}

    def test_another_version_is_not_mixed_in(self, rig: Rig) -> None:
        """What came of an older version is dropped."""
        old, new = Source(large(20)), Source(large(20)[::-1])
        old.breaks_at = 17 * PIECE
        with pytest.raises(Unavailable):
            rig.shelf.put(copy_of(old.data), old, until=LATER)
        self.put(rig, copy_of(new.data), new)
        assert new.starts == [0]
        assert rig.kept() == {"a.mp4": new.data}
        assert rig.drafts() == 0

    def test_a_changed_file_is_noticed(self, rig: Rig) -> None:
        """Bytes that are not those Google described never get a name."""
        copy = copy_of(b"x" * 10)
        for wrong in (b"y" * 10, b"x" * 9, b"x" * 11):
            with pytest.raises(Unavailable):
                rig.shelf.put(copy, Source(wrong), until=LATER)
        assert rig.kept() == {}
        self.put(rig, copy, Source(b"x" * 10))
        assert rig.kept() == {"a.mp4": b"x" * 10}

    def test_half_a_file_gets_no_name(self, rig: Rig) -> None:
        """What ends too soon is not all of it, also where only the size tells."""
        copy = copy_of(b"x" * 10, md5=None)
        with pytest.raises(Unavailable):
            rig.shelf.put(copy, Source(b"x" * 9), until=LATER)
        assert rig.kept() == {}
        self.put(rig, copy, Source(b"x" * 10))
        assert rig.kept() == {"a.mp4": b"x" * 10}

    def test_no_other_file_is_overwritten(self, rig: Rig) -> None:
        """Of a name that is taken the copy gets its own, with its id; also of an equal file."""
        rig.add("a.mp4", b"mine")
        for item in ("1", "2"):
            self.put(rig, copy_of(b"one", item=item), Source(b"one"))
        assert rig.kept() == {"a.mp4": b"mine", "a ~1.mp4": b"one", "a ~2.mp4": b"one"}

    def test_a_crash_before_the_name_was_written_down(self, rig: Rig) -> None:
        """The next try finds its own copy, and makes no second one."""
        copy = copy_of(b"one")
        assert rig.shelf.put(copy, Source(b"one"), until=LATER) == "a.mp4"
        assert self.put(rig, copy, Source(b"one")) == "a.mp4"
        assert rig.kept() == {"a.mp4": b"one"}
        assert rig.drafts() == 0

    def test_a_new_version_takes_the_place_of_the_old(self, rig: Rig) -> None:
        """The copy keeps its name."""
        self.put(rig, copy_of(b"one"), Source(b"one"))
        copy = copy_of(b"two", name="b.mp4", replaces="a.mp4")
        assert self.put(rig, copy, Source(b"two")) == "a.mp4"
        assert rig.kept() == {"a.mp4": b"two"}

    def test_removing_and_marking(self, rig: Rig) -> None:
        """A copy goes, gone or not, and a note may be put in its place."""
        self.put(rig, copy_of(b"one"), Source(b"one"))
        for _ in range(2):
            rig.shelf.mark("a.mp4.deleted.json", b"{}")
            rig.shelf.remove("a.mp4")
        assert rig.kept() == {"a.mp4.deleted.json": b"{}"}

    @pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/etc/passwd", ".watchkeeper"])
    def test_no_name_leads_out(self, rig: Rig, name: str) -> None:
        """A name that is not plain is refused, wherever it comes from."""
        with pytest.raises(Invalid):
            rig.shelf.remove(name)
        with pytest.raises(Invalid):
            self.put(rig, copy_of(b"x", names=(name,)), Source(b"x"))
