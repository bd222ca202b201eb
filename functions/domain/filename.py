"""Makes names that are safe in any folder or bucket of names that people gave in Drive.

There a name may hold slashes, be `..`, be longer than a file system takes, or be given twice.
https://docs.cloud.google.com/storage/docs/objects#naming
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 200  # bytes: file systems take 255, and a mark may have to follow
_LONGEST_SUFFIX = 20
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028\u2029\ud800-\udfff]')
_ID = re.compile(r"[^A-Za-z0-9_-]")
OURS = ".watchkeeper"  # the folder in which unfinished copies are
TOMBSTONE = ".deleted.json"


def safe_name(name: str, *, extension: str = "") -> str:
    """Give a name that is one plain entry of a folder, as near to `name` as can be."""
    text = unicodedata.normalize("NFC", _UNSAFE.sub("_", name)).strip()
    if extension and not text.lower().endswith(extension):
        text += extension
    text = text.rstrip(". ")
    if text.startswith("."):
        text = f"_{text.lstrip('.')}"
    return _cut(text or "_")


def marked_name(name: str, item: str) -> str:
    """Give the name for a file whose own is taken: with its id before the suffix."""
    stem, suffix = _split(name)
    return f"{stem} ~{file_mark(item)}{suffix}"


def file_mark(item: str) -> str:
    """Give the id of a file as part of a name; what is no id of Drive's is hashed."""
    if _ID.search(item) or not 0 < len(item) <= 48:  # noqa: PLR2004 - Drive's have 33 to 44
        return hashlib.sha256(item.encode(errors="surrogatepass")).hexdigest()[:32]
    return item


def _cut(text: str) -> str:
    if len(text.encode()) <= LONGEST:
        return text
    stem, suffix = _split(text)
    room = LONGEST - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + suffix


def _split(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > _LONGEST_SUFFIX:
        return name, ""
    return stem, dot + suffix
