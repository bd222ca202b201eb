"""Keeps downloads in a bucket of Cloud Storage: in parts, composed when all are there.

A request may end before a large file does: its parts wait under `.watchkeeper/` for the next try.
https://docs.cloud.google.com/storage/docs/composing-objects
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import requests
from google.api_core.exceptions import GoogleAPIError, NotFound, PreconditionFailed
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Blob, Client

from functions.domain.errors import Invalid, Unavailable
from functions.domain.filename import OURS, file_mark
from functions.ports import Clock, Copy, Read

PART = 8 * 1024 * 1024  # bytes in memory at a time; each upload is checked by its CRC
MOST_SOURCES = 32  # of one composition
TIMEOUT = 60.0
_OWNER, _VERSION = "watchkeeper-owner", "watchkeeper-version"


@lru_cache(maxsize=1)
def connect() -> Client:
    """Make the client; `STORAGE_EMULATOR_HOST` leads it to an emulator."""
    return Client()


class BucketShelf:
    """The port `Shelf` on a bucket and a prefix."""

    def __init__(
        self, bucket: str, prefix: Sequence[str], *, clock: Clock, client: Client | None = None
    ) -> None:
        """Keep where it is; nothing is asked yet."""
        self._name = bucket
        self._prefix = "".join(f"{each.strip('/')}/" for each in prefix if each.strip("/"))
        self._clock = clock
        self._client = client

    def put(self, copy: Copy, read: Read, *, until: datetime) -> str:
        with self._translated():
            parts = self._parts(copy)
            if copy.size is None:
                parts = self._cleared(parts)
            parts = self._fill(copy, read, parts, until)
            return self._place(copy, self._merged(copy, parts))

    def settle(self, copy: Copy) -> None:
        with self._translated():
            self._cleared(list(self._listed(f"{OURS}/{_owner(copy)}/")))

    def remove(self, name: str) -> None:
        with self._translated():
            self._delete(self._blob(_plain(name)))

    def mark(self, name: str, text: bytes) -> None:
        with self._translated():
            self._blob(_plain(name)).upload_from_string(
                text, content_type="application/json", timeout=TIMEOUT
            )

    def _parts(self, copy: Copy) -> list[Blob]:
        """Give the parts that are there, in order; those of other versions go."""
        ours = f"{self._prefix}{_drafts(copy)}part-"
        found = list(self._listed(f"{OURS}/{_owner(copy)}/"))
        self._cleared([each for each in found if not str(each.name).startswith(ours)])
        return [each for each in found if str(each.name).startswith(ours)]

    def _fill(self, copy: Copy, read: Read, parts: list[Blob], until: datetime) -> list[Blob]:
        done = sum(int(part.size or 0) for part in parts)
        digest = hashlib.md5(usedforsecurity=False) if not done else None
        if parts and done == copy.size:
            return parts
        with read(done) as pieces:
            for data in _blocks(pieces):
                part = self._blob(f"{_drafts(copy)}part-{len(parts):06d}")
                part.upload_from_string(data, timeout=TIMEOUT, checksum="crc32c")
                parts.append(part)
                done += len(data)
                if digest is not None:
                    digest.update(data)
                if self._clock.now() >= until and done != copy.size:
                    raise Unavailable(f"{done} of {copy.size} bytes are copied, more the next time")
        wrong = digest is not None and copy.md5 is not None and digest.hexdigest() != copy.md5
        if wrong or (copy.size is not None and done > copy.size):
            self._cleared(parts)
            raise Unavailable("what came is not what Google described: the file may have changed")
        if copy.size is not None and done < copy.size:
            raise Unavailable(f"only {done} of {copy.size} bytes came")
        return parts

    def _merged(self, copy: Copy, parts: list[Blob]) -> list[Blob]:
        """Compose until so few are left that one composition takes them all."""
        level = 0
        while len(parts) > MOST_SOURCES:
            groups = [parts[at : at + MOST_SOURCES] for at in range(0, len(parts), MOST_SOURCES)]
            parts = []
            for number, group in enumerate(groups):
                whole = self._blob(f"{_drafts(copy)}level-{level}-{number:06d}")
                whole.compose(group, timeout=TIMEOUT)
                parts.append(whole)
            level += 1
        return parts

    def _place(self, copy: Copy, parts: list[Blob]) -> str:
        if copy.replaces is not None:
            self._compose(_plain(copy.replaces), copy, parts, generation=None)
            return copy.replaces
        for name in copy.names:
            try:
                self._compose(_plain(name), copy, parts, generation=0)
            except PreconditionFailed:
                if not self._is_of(name, copy):
                    continue
            return name
        self._compose(copy.names[-1], copy, parts, generation=None)  # of this very file, by its id
        return copy.names[-1]

    def _compose(self, name: str, copy: Copy, parts: list[Blob], *, generation: int | None) -> None:
        target = self._blob(name)
        target.content_type = copy.mime or "application/octet-stream"
        target.metadata = {_OWNER: _owner(copy), _VERSION: _digest(copy.version)}
        target.compose(parts, timeout=TIMEOUT, if_generation_match=generation)

    def _is_of(self, name: str, copy: Copy) -> bool:
        """Whether an object was made by a try that died before its name was written down."""
        found = self._bucket().get_blob(f"{self._prefix}{name}", timeout=TIMEOUT)
        known = (found.metadata or {}) if found is not None else {}
        return known == {_OWNER: _owner(copy), _VERSION: _digest(copy.version)}

    def _listed(self, folder: str) -> Iterator[Blob]:
        prefix = f"{self._prefix}{folder}"
        yield from self._connected().list_blobs(self._name, prefix=prefix, timeout=TIMEOUT)

    def _cleared(self, blobs: list[Blob]) -> list[Blob]:
        for blob in blobs:
            self._delete(blob)
        return []

    def _delete(self, blob: Blob) -> None:
        try:
            blob.delete(timeout=TIMEOUT)
        except NotFound:
            return

    def _blob(self, name: str) -> Blob:
        return self._bucket().blob(f"{self._prefix}{name}")

    def _bucket(self) -> Any:  # the library has no types
        return self._connected().bucket(self._name)

    def _connected(self) -> Client:
        if self._client is None:
            self._client = connect()
        return self._client

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (GoogleAPIError, GoogleAuthError, requests.RequestException) as error:
            text = getattr(error, "message", "") or ""
            name = type(error).__name__
            raise Unavailable(f"the bucket {self._name}: {name} {text[:120]}".rstrip()) from None


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Gather pieces into parts; at least one, for a file may be empty."""
    block, gave = bytearray(), False
    for piece in pieces:
        block += piece
        while len(block) >= PART:
            yield bytes(block[:PART])
            gave = True
            del block[:PART]
    if block or not gave:
        yield bytes(block)


def _plain(name: str) -> str:
    if not name or "/" in name or name in {".", "..", OURS}:
        raise Invalid("a copy has a plain name")
    return name


def _drafts(copy: Copy) -> str:
    return f"{OURS}/{_owner(copy)}/{_digest(copy.version)}/"


def _owner(copy: Copy) -> str:
    return f"{file_mark(copy.item)}-{_digest(copy.owner)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
