"""A wrong watches file is refused in sentences that say where and what, and nothing moves."""

from __future__ import annotations

import os

import pytest

from tests.e2e.machine import Machine

FILES = {
    "empty": ("", "a key `watches` with a list"),
    "without the key": ("other: []\n", "unknown key 'other'; allowed: watches"),
    "without a list": ("watches:\n", "`watches: []` for none"),
    "cut off": ("watches:\n  - {id: ana-drive, sou", "line 2: not readable as YAML"),
    "cut off in a watch": (
        "watches:\n  - id: ana-drive\n    source: dri",
        "line 3: watches[0].source: 'dri' is not one of: ",
    ),
    "not YAML": ("watches: [}\n", "line 1: not readable as YAML"),
    "not text": (b"watches: \xff\xfe\x00", "not UTF-8 text"),
    "an unknown key": (
        "watches:\n  - id: ana-drive\n    source: drive.changes\n    colour: red\n",
        "watches[0]: unknown key 'colour'; allowed: id, source, ",
    ),
    "two of one id": (
        "watches:\n  - {id: a, source: drive.changes}\n  - {id: a, source: drive.changes}\n",
        "line 3: watches[1].id: 'a' is declared twice",
    ),
    "a key twice": (
        "watches:\n  - id: a\n    source: drive.changes\n    id: b\n",
        "line 4: watches[0].id: is given twice",
    ),
    "a wrong length of time": (
        "watches:\n  - id: a\n    source: drive.changes\n    poll: soon\n",
        "line 4: watches[0].poll: 'soon' is not a positive length of time such as 45s",
    ),
    "a parameter missing": (
        "watches:\n  - {id: a, source: drive.files}\n",
        "line 2: watches[0].params.fileId: is missing",
    ),
    "an entry of Python": ("watches: !!python/object:os.system []\n", "not readable as YAML"),
    "full of itself": ("watches: [&a [*a]]\n", "not readable as YAML"),
}


@pytest.mark.parametrize(("text", "told"), FILES.values(), ids=FILES.keys())
def test_a_wrong_watches_file_is_refused(place: Machine, text: str | bytes, told: str) -> None:
    """With the line, what is wrong and what is allowed; nothing is made."""
    place.watches.write_bytes(text if isinstance(text, bytes) else text.encode())
    place.refuses(told)
    assert [path.name for path in place.folder.iterdir()] == ["watches.yaml"]


def test_a_watches_file_that_cannot_be_read_is_refused(place: Machine) -> None:
    """Missing, a folder, leading nowhere, or not for us: each said in its own words."""
    place.refuses("none.yaml: there is no such file; name one with", "--watches", "none.yaml")
    place.refuses("is a directory", "--watches", ".")
    loop = place.folder / "loop.yaml"
    loop.symlink_to(loop)
    place.refuses("loop.yaml: cannot be read: Too many levels", "--watches", "loop.yaml")
    if os.geteuid() != 0:  # root may read everything
        place.watches.chmod(0)
        place.refuses("watches.yaml: cannot be read: Permission denied")


def test_a_refusal_leaves_what_was_declared(place: Machine) -> None:
    """A start with a wrong file changes nothing of what the last good one declared."""
    assert place.refusal("--for", "1ms").status == 0
    before = place.status()
    place.watches.write_text("")
    assert place.refusal().status == 2
    after = place.status()
    assert [row["id"] for row in after["watches"]] == ["ana-drive"]
    assert after["revision"] == before["revision"]
