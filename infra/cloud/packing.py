"""Packs what is remembered of many items into few documents: which part holds a key, as bytes.

The order of all keys (hash, then key) does not depend on the number of parts: each part is a range
of hashes, and doubling their number halves each range. Pure.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import datetime

from functions.domain.change import Seen, State, Step

LARGEST_PART = 900 * 1024  # a document holds 1 MiB
PART_GROWS_TO = 256 * 1024  # then the parts are doubled: a pull of one change moves little

Memory = dict[str, Seen]

_HASH_BITS = 32
_LEVEL = 3  # 6 is twice as slow and a tenth smaller


def place(key: str) -> tuple[int, str]:
    """Give the place of a key in the order of all keys."""
    digest = hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=_HASH_BITS // 8)
    return int.from_bytes(digest.digest()), key


def part_of(key: str, parts: int) -> int:
    """Give the index of the part that holds a key; `parts` is a power of two."""
    return place(key)[0] * parts >> _HASH_BITS


def pack(memory: Mapping[str, Seen]) -> bytes:
    """Write entries as compressed JSON."""
    rows = {key: _row(seen) for key, seen in memory.items()}
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), _LEVEL)


def unpack(packed: bytes) -> Memory:
    """Read what `pack` wrote.

    Raises:
        ValueError: these bytes are not of ours.
    """
    try:
        rows = json.loads(zlib.decompress(packed))
        return {key: _seen(*row) for key, row in rows.items()}
    except (zlib.error, TypeError, AttributeError) as error:
        raise ValueError(f"packed memory is unreadable: {error}") from error


def _row(seen: Seen) -> list[str | int]:
    """Give an entry as a short list; what is left out at the end is at its default."""
    row: list[str | int] = [
        seen.version, str(seen.state), seen.stamp, seen.ordinal, seen.round
    ]  # fmt: skip
    if seen.step:
        row += [seen.step.mark, seen.step.ordinal, seen.step.at.isoformat()]
    return row


def _seen(
    version: str, state: str, stamp: str, ordinal: int, round_: int, *step: str | int
) -> Seen:
    return Seen(
        version=version,
        state=State(state),
        stamp=stamp,
        ordinal=ordinal,
        round=round_,
        step=_step(*step) if step else None,  # type: ignore[arg-type]  # checked by its making
    )


def _step(mark: str, ordinal: int, at: str) -> Step:
    return Step(mark=mark, ordinal=ordinal, at=datetime.fromisoformat(at))
