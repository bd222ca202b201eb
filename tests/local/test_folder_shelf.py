"""A folder of this machine keeps what every shelf promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.domain.errors import Invalid, Unavailable
from infra.local.folder_shelf import FolderShelf
from infra.shelves import OpenShelves
from tests.contracts.shelf import LATER, ShelfContract, Source, copy_of
from tests.world.ports import WorldClock


class FolderRig:
    """A shelf in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = WorldClock()
        self.shelf = FolderShelf(folder, clock=self.clock)

    def kept(self) -> dict[str, bytes]:
        if not self.folder.exists():
            return {}
        return {each.name: each.read_bytes() for each in self.folder.iterdir() if each.is_file()}

    def drafts(self) -> int:
        return len(list((self.folder / ".watchkeeper").iterdir()))

    def add(self, name: str, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(data)


class TestFolderShelf(ShelfContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> FolderRig:
        """Give a shelf in a folder that is not there yet."""
        return FolderRig(tmp_path / "not" / "there" / "yet")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A symbolic link in the folder is a name that is taken: what it leads to stays as it is."""
    rig = FolderRig(tmp_path / "copies")
    rig.add("other", b"")
    (tmp_path / "secret").write_bytes(b"secret")
    (rig.folder / "a.mp4").symlink_to(tmp_path / "secret")
    assert rig.shelf.put(copy_of(b"x"), Source(b"x"), until=LATER) == "a ~1File.mp4"
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_a_folder_that_cannot_be_used_is_waited_for(tmp_path: Path) -> None:
    """A disk that is full or a folder that is a file may be mended."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be used"):
        FolderRig(tmp_path / "file").shelf.put(copy_of(b"x"), Source(b"x"), until=LATER)


@pytest.mark.parametrize("to", ["file://host/a", "file://", "gs://", "ftp://a/b", "/tmp", ""])
def test_what_is_no_shelf(to: str) -> None:
    """An address that is neither a folder's nor a bucket's is named as such."""
    with pytest.raises(Invalid):
        OpenShelves(folders=True, clock=WorldClock()).at(to)


def test_no_folder_in_the_cloud() -> None:
    """Where no folder lasts none is taken."""
    with pytest.raises(Invalid, match="gs://"):
        OpenShelves(folders=False, clock=WorldClock()).at("file:///copies")
