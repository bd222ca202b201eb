"""Secrets as files: one for each, in a folder that nobody else may look into."""

from __future__ import annotations

from pathlib import Path

from functions.domain.errors import Misconfigured, Unavailable
from infra.local.private_files import read_private
from infra.secret_names import is_secret_name


class SecretFiles:
    """The port `Secrets` on a folder; what it reads is never old, so nothing is kept.

    Raises:
        Misconfigured: the name is none a secret can have, or others may read the file; the text
            has the command that mends it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str | None:
        if not is_secret_name(name):
            raise Misconfigured("a secret's name is 1 to 255 of A-Z a-z 0-9 _ -")
        try:
            return read_private(self._folder / name)
        except FileNotFoundError:
            return None
        except OSError as failure:
            why = failure.strerror or type(failure).__name__
            raise Unavailable(f"the secret {name} cannot be read: {why}") from failure
