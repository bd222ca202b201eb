"""Packs what is remembered of many items into few documents: which part holds a key, as bytes.

The order of all keys (hash, then key) does not depend on the number of parts: each part is a range
of hashes, and doubling their number halves each range.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from functions.domain.change import Seen, Step, known_state

# A part is read and written whole for one change, but a document holds 1 MiB and costs the same.
PART_GROWS_TO = 128 * 1024  # bytes, some 3,000 entries; then the number of parts is doubled

Row: TypeAlias = list[Any]  # an entry as it is in the JSON; most are never looked at
Part: TypeAlias = dict[str, Row]

_HASH_BITS = 32
_LEVEL = 3  # of compression; 6 is twice as slow and a tenth smaller


def place(key: str) -> tuple[int, str]:
    """Give the place of a key in the order of all keys."""
    digest = hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=_HASH_BITS // 8)
    return int.from_bytes(digest.digest()), key


def part_of(key: str, parts: int) -> int:
    """Give the index of the part that holds a key; `parts` is a power of two."""
    return place(key)[0] * parts >> _HASH_BITS


def pack(part: Mapping[str, Row]) -> bytes:
    """Write a part as compressed JSON."""
    return zlib.compress(json.dumps(part, separators=(",", ":")).encode(), _LEVEL)


def unpack(packed: bytes) -> Part:
    """Read what `pack` wrote.

    Raises:
        ValueError: these bytes are not of ours.
    """
    try:
        part: Part = json.loads(zlib.decompress(packed))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not isinstance(part, dict):
        raise ValueError("no map of entries")  # noqa: TRY004  # whatever is wrong is one error
    return part


def to_row(seen: Seen) -> Row:
    """Give an entry as a row; fields that a later version adds come at its end."""
    row: Row = [seen.version, str(seen.state), seen.stamp, seen.ordinal, seen.round]
    if seen.step:
        row += [seen.step.mark, seen.step.ordinal, seen.step.at.isoformat()]
    return row


def from_row(row: Row) -> Seen:
    """Read an entry."""
    version, state, stamp, ordinal, round_, *step = row
    known, stamp = known_state(state, stamp)
    return Seen(
        version=version,
        state=known,
        stamp=stamp,
        ordinal=ordinal,
        round=round_,
        step=_step(*step[:3]) if step else None,
    )


def _step(mark: str, ordinal: int, at: str) -> Step:
    return Step(mark=mark, ordinal=ordinal, at=datetime.fromisoformat(at))
