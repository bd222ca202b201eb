"""Makes signing keys on this machine: the first on first use, a new one when asked for."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from functions.domain.errors import Misconfigured
from functions.domain.keyring import MOST_KEYS, Key, Ring, format_ring, parse_ring
from functions.ports import Clock
from infra.key_file import FileKeys
from infra.local.private_files import (
    check_folder,
    check_mode,
    create_private,
    make_folder,
    read_private,
    replace_private,
)
from infra.secret_names import SIGNING_KEYS

_SECRET_BYTES = 32
_ID_BYTES = 4


def open_keys(folder: Path, *, clock: Clock) -> FileKeys:
    """Give the keys in this folder of secrets, made now if there are none yet.

    Raises:
        Misconfigured: others may read them; the text has the command that mends it.
    """
    make_folder(folder)
    path = folder / SIGNING_KEYS
    if not path.exists():
        # Two processes may come here at once: one writes the file, both use it.
        create_private(path, format_ring(Ring((new_key(clock.now()),))))
    read_private(path)
    return FileKeys(path, clock=clock, look=_look)


def rotate(folder: Path, *, now: datetime) -> Key:
    """Add a new newest key; the older ones go on verifying."""
    make_folder(folder)
    path = folder / SIGNING_KEYS
    with _alone(folder):
        older = parse_ring(read_private(path)).keys if path.exists() else ()
        if len(older) >= MOST_KEYS:
            raise Misconfigured(f"{path} has {MOST_KEYS} keys: remove its last lines first")
        key = new_key(now, taken=frozenset(key.id for key in older))
        replace_private(path, format_ring(Ring((key, *older))))
    return key


def retire(folder: Path, key: str) -> None:
    """Take a key out of the ring; the last one stays.

    Raises:
        Misconfigured: there is no such key, or it is the only one.
    """
    path = folder / SIGNING_KEYS
    with _alone(folder):
        keys = parse_ring(read_private(path)).keys
        rest = tuple(one for one in keys if one.id != key)
        if not rest or len(rest) == len(keys):
            raise Misconfigured(f"{path} has no key {key!r}, or no other")
        replace_private(path, format_ring(Ring(rest)))


def new_key(now: datetime, *, taken: frozenset[str] = frozenset()) -> Key:
    """Make a key that nobody can guess, of an id that is not taken."""
    ids = iter(lambda: secrets.token_hex(_ID_BYTES), "")
    key_id = next(key_id for key_id in ids if key_id not in taken)
    secret = secrets.token_urlsafe(_SECRET_BYTES).encode()
    return Key(id=key_id, created=now.replace(microsecond=0), secret=secret)


def _look(path: Path) -> object:
    check_folder(path.parent)
    status = path.lstat()
    check_mode(path, status)
    return status.st_ino, status.st_mtime_ns, status.st_size


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold off other processes that change the ring."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
