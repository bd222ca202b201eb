"""What a file holds: given bytes, or as many made-up ones as wanted without keeping them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_MADE_UP = bytes(range(256)) * 256


@dataclass(frozen=True)
class Content:
    """`size` bytes: `data`, repeated and cut."""

    data: bytes
    size: int

    @classmethod
    def of(cls, data: bytes | str | None, size: int | None) -> "Content":
        """Make a content of given bytes, or of so many made-up ones."""
        if isinstance(data, str):
            data = data.encode()
        if data is not None:
            return cls(data, len(data))
        return cls(_MADE_UP, size or 0)

    @cached_property
    def md5(self) -> str:
        """Tell the MD5 sum in hexadecimal digits."""
        digest = hashlib.md5(usedforsecurity=False)
        for piece in self.pieces(0, self.size):
            digest.update(piece)
        return digest.hexdigest()

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """Read the bytes from `start` up to, not including, `end`."""
        whole = max(len(self.data), 1)
        while start < end:
            at = start % whole
            piece = self.data[at : at + min(end - start, whole - at)]
            yield piece
            start += len(piece)
