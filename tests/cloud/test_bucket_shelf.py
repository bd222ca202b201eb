"""A bucket keeps what every shelf promises, in requests of bounded size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from functions.domain.errors import Unavailable
from infra.cloud import bucket_shelf
from infra.cloud.bucket_shelf import PART, BucketShelf
from tests.cloud.storage import Storage, Thing, storing
from tests.contracts.shelf import LATER, ShelfContract, Source, copy_of, large
from tests.world.ports import WorldClock

PREFIX = "videos/2026/"


class BucketRig:
    """A shelf in a bucket."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.clock = WorldClock()
        self.client = Client(
            project="test",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": storage.url},
        )
        self.shelf = BucketShelf("bucket", [PREFIX], clock=self.clock, client=self.client)

    def kept(self) -> dict[str, bytes]:
        things = self.storage.things.values()
        names = {thing.name.removeprefix(PREFIX): thing.data for thing in things}
        return {name: data for name, data in names.items() if "/" not in name}

    def drafts(self) -> int:
        return sum("/.watchkeeper/" in name for name in self.storage.things)

    def add(self, name: str, data: bytes) -> None:
        self.storage.things[PREFIX + name] = Thing(PREFIX + name, data, {})


@pytest.fixture
def rig() -> Iterator[BucketRig]:
    """Give a shelf in a simulated bucket."""
    with storing() as storage:
        rig = BucketRig(storage)
        yield rig
        rig.client.close()


class TestBucketShelf(ShelfContract):
    @pytest.fixture
    def rig(self, rig: BucketRig) -> BucketRig:
        """Give the shelf under test."""
        return rig


def test_many_parts(rig: BucketRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """More parts than one composition takes are composed in levels."""
    monkeypatch.setattr(bucket_shelf, "PART", 64 * 1024)
    source = Source(large(5))
    rig.shelf.put(copy_of(source.data), source, until=LATER)
    assert rig.kept() == {"a.mp4": source.data}


def test_requests_are_small(rig: BucketRig) -> None:
    """However large a file is, no request holds more than one part."""
    source = Source(large(40))
    rig.shelf.put(copy_of(source.data), source, until=LATER)
    assert rig.storage.largest < PART + 10_000


def test_a_copy_has_its_type(rig: BucketRig) -> None:
    """The object has the file's type."""
    rig.shelf.put(copy_of(b"x"), Source(b"x"), until=LATER)
    assert rig.storage.things[f"{PREFIX}a.mp4"].fields["contentType"] == "video/mp4"


def test_a_bucket_that_is_not_there(rig: BucketRig) -> None:
    """A storage that fails is tried again later."""
    rig.storage.answer = lambda *_: (403, {"error": {"message": "no"}})  # type: ignore[method-assign]
    with pytest.raises(Unavailable, match="bucket"):
        rig.shelf.put(copy_of(b"x"), Source(b"x"), until=LATER)
