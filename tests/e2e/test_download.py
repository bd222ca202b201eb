"""Downloads end to end: `serve` copies what matches from a simulated Drive, and nothing else."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Figures
from tests.e2e.machine import Json, Machine, drive
from tests.e2e.patience import eventually
from tests.e2e.simulated import Simulated

ANA = "ana@example.com"
FOLDER = "application/vnd.google-apps.folder"
MEGABYTE = 1024 * 1024


class Place:
    """A folder tree in Drive, a folder here, and a watch that copies videos over."""

    def __init__(self, machine: Machine, google: Simulated, **wanted: Any) -> None:
        """Make the tree and declare the watch; nothing is served yet."""
        self.google = google
        self.machine = machine
        self.top = google.create(ANA, "Videos", mimeType=FOLDER)["id"]
        self.sub = google.create(ANA, "2026", mimeType=FOLDER, parents=[self.top])["id"]
        self.folder = machine.folder / "copies"
        given = {"mime": "video/*", "folder": self.top, "to": self.folder.as_uri()}
        machine.declare(drive("videos", ANA, handle=[{"download": given | wanted}]))

    def video(self, name: str, **fields: Any) -> Json:
        """Make a video in the tree."""
        given = {"mimeType": "video/mp4", "parents": [self.top], "content": f"video {name}"}
        return self.google.create(ANA, name, **(given | fields))

    def copies(self) -> dict[str, bytes]:
        """Give what has arrived, without what is not whole."""
        if not self.folder.exists():
            return {}
        files = [each for each in self.folder.iterdir() if each.is_file()]
        return {each.name: each.read_bytes() for each in files}

    def arrive(self, count: int, *, within: float = 20.0) -> dict[str, bytes]:
        """Wait for so many copies."""
        return eventually(
            f"{count} copies",
            lambda: self.copies() if len(self.copies()) >= count else {},
            within=within,
        )

    def begin(self, *more: str) -> Any:
        """Serve until the watch is covered."""
        program = self.machine.serve(*more)
        self.machine.confirmed("videos")
        return program


@pytest.fixture
def place_of(machine: Machine, google: Simulated) -> Callable[..., Place]:
    """Make a place."""
    return lambda **wanted: Place(machine, google, **wanted)


def test_only_videos_of_the_tree_arrive(place_of: Callable[..., Place]) -> None:
    """Videos of the folder and its sub-folders arrive byte by byte; nothing else does."""
    place = place_of()
    place.begin()
    place.video("a.mp4", content="one")
    place.video("b.mov", mimeType="video/quicktime", parents=[place.sub], content="two")
    place.video("outside.mp4", parents=["root"])
    place.video("note.txt", mimeType="text/plain")
    place.video("last.mp4", content="three")
    copies = place.arrive(3)
    place.machine.logs("handler skipped", detail="not in the folder")
    place.machine.logs("handler skipped", detail="type text/plain")
    assert copies == {"a.mp4": b"one", "b.mov": b"two", "last.mp4": b"three"}


def test_any_name_is_safe(place_of: Callable[..., Place]) -> None:
    """Names with slashes, dots, emoji or 300 characters stay inside; two of one name are kept."""
    place = place_of()
    place.begin()
    names = ["../../up.mp4", "..", "/etc/passwd", "🎬 été.mp4", "x" * 300 + ".mp4", ".hidden"]
    made = [place.video(name, content=f"{n}") for n, name in enumerate(names)]
    twins = [place.video("twin.mp4", content=f"twin {n}") for n in range(2)]
    copies = place.arrive(len(made) + 2)
    assert sorted(copies.values()) == sorted(
        [f"{n}".encode() for n in range(len(names))] + [b"twin 0", b"twin 1"]
    )
    assert "🎬 été.mp4" in copies
    assert {"twin.mp4", f"twin ~{twins[1]['id']}.mp4"} <= set(copies)
    assert all(len(name.encode()) <= 255 for name in copies)
    outside = {each.name for each in place.machine.folder.iterdir()}
    assert not {"up.mp4", "passwd"} & outside


def test_a_new_version_replaces_the_copy_and_the_same_is_not_fetched(
    place_of: Callable[..., Place],
) -> None:
    """A rename fetches nothing, new content takes the copy's place under its first name."""
    place = place_of()
    place.begin()
    file = place.video("a.mp4", content="old")
    place.arrive(1)
    place.google.change(file["id"], "update", name="b.mp4")
    place.machine.logs("handler skipped", detail="has this version")
    place.google.change(file["id"], "update", content="new")
    eventually("the new version", lambda: place.copies() == {"a.mp4": b"new"})
    fetched = [
        call for call in place.google.calls("drive.files.get") if "alt=media" in call["path"]
    ]
    assert len(fetched) == 2


@pytest.mark.parametrize("option", ["keep", "tombstone", "delete"])
def test_deletions(place_of: Callable[..., Place], option: str) -> None:
    """A deletion is followed as the option says."""
    place = place_of(on_delete=option)
    place.begin()
    gone = place.video("gone.mp4", content="gone")
    place.arrive(1)
    place.google.change(gone["id"], "remove")
    wanted = {"keep": {"gone.mp4"}, "delete": set(), "tombstone": {"gone.mp4.deleted.json"}}[option]
    told = "is kept" if option == "keep" else option
    place.machine.logs(f"handler {'skipped' if option == 'keep' else 'done'}", detail=told)
    copies = place.copies()
    assert set(copies) == wanted
    if option == "tombstone":
        assert json.loads(copies["gone.mp4.deleted.json"])["file"] == gone["id"]


def test_what_google_refuses_is_handled(place_of: Callable[..., Place]) -> None:
    """Malware is left alone, a file that is gone by now is no failure, and the next arrives."""
    place = place_of()
    place.begin()
    place.google.fault(
        "error", method="drive.files.get", target="*bad*", reason="cannotDownloadAbusiveFile",
        status=403,
    )  # fmt: skip
    place.google.fault("error", method="drive.files.get", target="*lost*", reason="notFound")
    place.video("bad.mp4", id="1bad")
    place.video("lost.mp4", id="1lost")
    place.video("good.mp4", content="good")
    assert place.arrive(1) == {"good.mp4": b"good"}


def test_what_cannot_be_downloaded_is_given_up_at_once(place_of: Callable[..., Place]) -> None:
    """A document that is too large to be exported is a dead letter, and the next file arrives."""
    place = place_of(mime=["video/*", "application/vnd.google-apps.*"])
    place.begin()
    place.google.fault(
        "error", method="drive.files.export", reason="exportSizeLimitExceeded", status=403
    )
    place.video("Plan", mimeType="application/vnd.google-apps.document")
    place.video("good.mp4", content="good")
    assert place.arrive(1) == {"good.mp4": b"good"}
    place.machine.logs("handler dead", detail="exportSizeLimitExceeded")


def test_a_document_is_exported(place_of: Callable[..., Place]) -> None:
    """A document of Google's arrives in the format that was declared, with its suffix."""
    place = place_of(mime="application/vnd.google-apps.document", export="pdf")
    place.begin()
    place.video("Plan", mimeType="application/vnd.google-apps.document", content="%PDF")
    assert place.arrive(1) == {"Plan.pdf": b"%PDF"}


def test_a_shortcut_leads_to_its_target(place_of: Callable[..., Place]) -> None:
    """A shortcut in the folder brings what it leads to, though that lies elsewhere."""
    place = place_of()
    target = place.video("far.mp4", parents=["root"], content="far away")
    place.begin()
    place.video(
        "near.mp4",
        mimeType="application/vnd.google-apps.shortcut",
        shortcutDetails={"targetId": target["id"], "targetMimeType": "video/mp4"},
    )
    assert place.arrive(1) == {"near.mp4": b"far away"}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _peak(process: int) -> int:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _expected(size: int) -> str:
    block = bytes(range(256)) * 256
    whole, rest = divmod(size, len(block))
    digest = hashlib.sha256()
    for _ in range(whole):
        digest.update(block)
    digest.update(block[:rest])
    return digest.hexdigest()


@pytest.mark.timeout(120)
def test_a_large_file_after_a_kill(place_of: Callable[..., Place], figures: Figures) -> None:
    """200 MB arrive whole after a `kill -9` in the middle, going on there, in little memory."""
    place = place_of()
    size = 200 * MEGABYTE
    program = place.begin()
    place.video("large.mp4", content=None, size=size)

    def half() -> int:
        parts = [each.stat().st_size for each in (place.folder / ".watchkeeper").glob("*.part")]
        return max(parts, default=0) if max(parts, default=0) > 20 * MEGABYTE else 0

    done = eventually("a part of it", half, within=30)
    program.end(signal.SIGKILL)
    program = place.machine.serve()
    eventually("all of it", (place.folder / "large.mp4").exists, within=60)
    eventually("tidied up", lambda: not list((place.folder / ".watchkeeper").glob("*.part")))
    most = _peak(program.process.pid)
    assert _digest(place.folder / "large.mp4") == _expected(size)
    resumed = [
        call for call in place.google.calls("drive.files.get") if "alt=media" in call["path"]
    ]
    figures(f"killed at {done / MEGABYTE:.0f} MB, {len(resumed)} calls, {most / MEGABYTE:.0f} MB")
    assert most < 150 * MEGABYTE
