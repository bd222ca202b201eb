"""The key ring: which keys sign channel tokens, which still verify them.

A ring is a text, newest key first, one key a line: `ID CREATED SECRET`, where ID is 1 to 16 of
`[a-z0-9]`, CREATED is an RFC 3339 time and SECRET has no spaces and at least 32 characters.
Blank lines and lines that begin with `#` do not count. Errors never carry a secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from functions.domain.errors import Invalid

SHORTEST_SECRET = 32
MOST_KEYS = 64
_ID = re.compile(r"[a-z0-9]{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One signing key."""

    id: str
    created: datetime
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys in force, newest first; never empty."""

    keys: tuple[Key, ...]

    def find(self, key_id: str) -> Key | None:
        """Give the key of this id."""
        for key in self.keys:
            if key.id == key_id:
                return key
        return None

    def signing(self, now: datetime, *, settle: timedelta) -> Key:
        """Give the newest key that every receiver knows by now.

        A receiver may keep a ring for minutes, so a new key verifies at once but signs only
        `settle` after its creation. An only key signs at once: there is no other.
        """
        settled = (key for key in self.keys if key.created <= now - settle)
        return next(settled, self.keys[-1])

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys."""
        return frozenset(key.id for key in self.keys)


def parse_ring(text: str) -> Ring:
    """Read a ring; `Invalid` names the line that is wrong and never quotes it."""
    lines = enumerate(text.splitlines(), start=1)
    keys = tuple(
        _parse_key(line, number)
        for number, line in lines
        if line.strip() and not line.lstrip().startswith("#")
    )
    if not keys:
        msg = "the key ring is empty: at least one line `ID CREATED SECRET` is needed"
        raise Invalid(msg)
    if len(keys) > MOST_KEYS or len({key.id for key in keys}) < len(keys):
        msg = f"the key ring has an id twice, or more than {MOST_KEYS} keys"
        raise Invalid(msg)
    return Ring(keys)


def format_ring(ring: Ring) -> str:
    """Give the text that `parse_ring` reads as `ring`."""
    return "".join(
        f"{key.id} {key.created.isoformat()} {key.secret.decode()}\n" for key in ring.keys
    )


def _parse_key(line: str, number: int) -> Key:
    parts = line.split()
    if len(parts) != 3:  # noqa: PLR2004 - the three fields of the format above
        msg = f"key ring, line {number}: expected `ID CREATED SECRET`"
        raise Invalid(msg)
    key_id, created, secret = parts
    if not _ID.fullmatch(key_id):
        msg = f"key ring, line {number}: an id is 1 to 16 of a-z and 0-9"
        raise Invalid(msg)
    return Key(
        id=key_id, created=_parse_time(created, number), secret=_parse_secret(secret, number)
    )


def _parse_secret(text: str, number: int) -> bytes:
    if len(text) < SHORTEST_SECRET:
        msg = f"key ring, line {number}: a secret has at least {SHORTEST_SECRET} characters"
        raise Invalid(msg)
    try:
        return text.encode()
    except UnicodeEncodeError:  # which carries the secret
        msg = f"key ring, line {number}: a secret is text that UTF-8 can write"
        raise Invalid(msg) from None


def _parse_time(text: str, number: int) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        msg = f"key ring, line {number}: the creation is an RFC 3339 time"
        raise Invalid(msg) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
