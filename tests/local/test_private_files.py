"""Files for one pair of eyes: written whole, by one process, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from functions.domain.errors import Misconfigured
from infra.local.private_files import create_private, make_folder, read_private, replace_private


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a file in a folder of ours."""
    folder = tmp_path / "secrets"
    make_folder(folder)
    return folder / "signing-keys"


def test_the_second_writer_leaves_the_firsts_file(path: Path) -> None:
    """Of two processes that found nothing one makes the file; the other uses it."""
    assert create_private(path, "first")
    assert not create_private(path, "second")
    assert read_private(path) == "first"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_replacement_is_whole(path: Path) -> None:
    """A reader who opened the old file reads the old text to its end."""
    create_private(path, "old")
    with path.open() as reader:
        replace_private(path, "new text")
        assert reader.read() == "old"
    assert read_private(path) == "new text"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_failed_write_leaves_all_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk costs neither the old text nor the folder's order."""
    create_private(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_private(path, "new")
    assert read_private(path) == "old"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_folder_is_made_for_us_alone(tmp_path: Path) -> None:
    """With all folders above it."""
    folder = tmp_path / "a" / "b" / "secrets"
    make_folder(folder)
    make_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    """There is no command that mends that."""
    (tmp_path / "secrets").write_text("")
    with pytest.raises(Misconfigured, match="not a folder"):
        make_folder(tmp_path / "secrets")
    with pytest.raises(Misconfigured, match="not a folder"):
        read_private(tmp_path / "secrets" / "signing-keys")
