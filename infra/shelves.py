"""Finds the shelf that an address of a `download` handler names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from functions.domain.errors import Invalid
from functions.ports import Clock, Shelf


class OpenShelves:
    """The port `Shelves`: buckets, and on one machine folders, too."""

    def __init__(self, *, folders: bool, clock: Clock) -> None:
        """Keep whether this machine's folders last."""
        self._folders = folders
        self._clock = clock

    def at(self, to: str) -> Shelf:
        parts = urlsplit(to)
        if parts.scheme == "gs" and parts.netloc:
            from infra.cloud.bucket_shelf import BucketShelf

            return BucketShelf(parts.netloc, to.split("/", 3)[3:], clock=self._clock)
        if parts.scheme != "file" or parts.netloc not in {"", "localhost"} or not parts.path:
            raise Invalid(f"{to[:80]!r} is neither gs://BUCKET/PREFIX nor file:///FOLDER")
        if not self._folders:
            raise Invalid("file:// is for one machine: in the cloud no folder lasts; use gs://")
        from infra.local.folder_shelf import FolderShelf

        return FolderShelf(Path(unquote(parts.path)), clock=self._clock)
