"""Secrets as files: the contract, and nobody else's eyes."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.domain.errors import Misconfigured
from infra.local.secret_files import SecretFiles
from tests.contracts.secrets import SecretsContract


class Folder:
    """The operator's side: files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._broken = pytest.MonkeyPatch()

    def put(self, name: str, value: str) -> None:
        self._broken.undo()
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_bytes(value.encode())

    def drop(self, name: str) -> None:
        (self._folder / name).unlink()

    def fail(self, name: str) -> None:
        self.put(name, "unreadable")

        def read(_file: int, _length: int) -> bytes:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        self._broken.setattr("infra.local.private_files.os.read", read)

    def wait(self) -> None:
        """Files are never kept."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make an empty folder of secrets."""
    path = tmp_path / "secrets"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def secrets(folder: Path) -> SecretFiles:
    """Give the adapter."""
    return SecretFiles(folder)


class TestSecretFiles(SecretsContract):
    @pytest.fixture
    def vault(self, folder: Path) -> Iterator[Folder]:
        """Give the operator's side, mended afterwards."""
        vault = Folder(folder)
        yield vault
        vault._broken.undo()


def write(path: Path, value: str = "value", mode: int = 0o600) -> None:
    """Write a secret of this mode."""
    path.write_text(value)
    path.chmod(mode)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o777])
def test_a_file_that_others_may_read_is_refused_with_its_remedy(
    secrets: SecretFiles, folder: Path, mode: int
) -> None:
    """The error has the very command that mends it, and after it the secret is read."""
    write(folder / "forward-key", mode=mode)
    with pytest.raises(Misconfigured, match=f"chmod 600 {folder}/forward-key"):
        secrets.read("forward-key")
    (folder / "forward-key").chmod(0o600)
    assert secrets.read("forward-key") == "value"


def test_a_folder_that_others_may_enter_is_refused_with_its_remedy(
    secrets: SecretFiles, folder: Path
) -> None:
    """Who may write into the folder could put another file in the secret's place."""
    write(folder / "forward-key")
    folder.chmod(0o750)
    with pytest.raises(Misconfigured, match=f"chmod 700 {folder}$"):
        secrets.read("forward-key")


def test_the_remedy_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    """A path with a space is quoted in the command."""
    folder = tmp_path / "my secrets"
    folder.mkdir(mode=0o700)
    write(folder / "forward-key", mode=0o644)
    with pytest.raises(Misconfigured, match=f"chmod 600 '{folder}/forward-key'"):
        SecretFiles(folder).read("forward-key")


def test_without_the_folder_there_are_no_secrets(tmp_path: Path) -> None:
    """Who uses no secrets needs no folder."""
    assert SecretFiles(tmp_path / "none").read("forward-key") is None


def test_no_link_is_followed(secrets: SecretFiles, folder: Path, tmp_path: Path) -> None:
    """A link could show a file of another place under a secret's name."""
    write(tmp_path / "elsewhere")
    (folder / "forward-key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Misconfigured, match="symbolic link"):
        secrets.read("forward-key")


@pytest.mark.timeout(5)
def test_a_pipe_is_refused_without_waiting_for_its_other_end(
    secrets: SecretFiles, folder: Path
) -> None:
    """Only a plain file is a secret; opening a pipe would wait for ever."""
    os.mkfifo(folder / "forward-key", 0o600)
    with pytest.raises(Misconfigured, match="not a plain file"):
        secrets.read("forward-key")


def test_what_is_too_large_is_refused(secrets: SecretFiles, folder: Path) -> None:
    """The limit is Secret Manager's, so that what works here works there."""
    write(folder / "forward-key", "x" * 65536)
    assert secrets.read("forward-key") == "x" * 65536
    write(folder / "forward-key", "x" * 65537)
    with pytest.raises(Misconfigured, match="64 KiB"):
        secrets.read("forward-key")


def test_what_is_no_text_is_refused_without_being_quoted(
    secrets: SecretFiles, folder: Path
) -> None:
    """An error never carries a piece of a secret."""
    (folder / "forward-key").write_bytes(b"hidden\xff")
    (folder / "forward-key").chmod(0o600)
    with pytest.raises(Misconfigured) as refusal:
        secrets.read("forward-key")
    assert "hidden" not in str(refusal.value)
    assert refusal.value.__cause__ is None
