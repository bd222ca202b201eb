"""Finds out about a file of Drive what a download must know: where it lies, what it holds.

https://developers.google.com/workspace/drive/api/guides/manage-downloads
https://developers.google.com/workspace/drive/api/guides/shortcuts
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from functions.domain.errors import Invalid, Refused, Unavailable
from functions.domain.model import Verdict
from functions.ports import Google
from functions.sources.call import Call

READ_CONTENT = "https://www.googleapis.com/auth/drive.readonly"
NATIVE = "application/vnd.google-apps."
FOLDER = f"{NATIVE}folder"
SHORTCUT = f"{NATIVE}shortcut"
MOST_FOLDERS = 200
_FIELDS = (
    "id,name,mimeType,parents,trashed,version,modifiedTime,size,md5Checksum,headRevisionId,"
    "shortcutDetails"
)
_OFFICE = "application/vnd.openxmlformats-officedocument."

# https://developers.google.com/workspace/drive/api/guides/ref-export-formats
FORMATS: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "pptx": f"{_OFFICE}presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/x-vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "md": "text/markdown",
    "html": "text/html",
    "epub": "application/epub+zip",
    "zip": "application/zip",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "png": "image/png",
    "jpg": "image/jpeg",
    "svg": "image/svg+xml",
    "json": f"{NATIVE}script+json",
    "mp4": "video/mp4",
}
_DEFAULTS: Final[Mapping[str, str]] = {
    "document": "docx",
    "spreadsheet": "xlsx",
    "presentation": "pptx",
    "drawing": "png",
    "script": "json",
    "vid": "mp4",
}


@dataclass(frozen=True, slots=True)
class Files:
    """Files as a subject sees them."""

    google: Google
    subject: str | None

    def find(self, item: str) -> Mapping[str, Any] | None:
        """Give a file as it is now; None if it is gone, or not to be seen any more."""
        call = _call("files.get", fileId=item, fields=_FIELDS, supportsAllDrives=True)
        try:
            return self.google.call(call, subject=self.subject).body
        except Refused as refusal:
            if refusal.verdict is Verdict.NOT_FOUND:
                return None
            raise

    def lies_in(self, folder: str, file: Mapping[str, Any]) -> bool:
        """Whether a file lies in a folder or below it."""
        if folder == "root":
            root = self.find(folder)
            if root is None:
                raise Unavailable("the folder root is not to be found")
            folder = str(root.get("id"))
        waiting, seen = _parents(file), set[str]()
        while waiting and len(seen) < MOST_FOLDERS:
            parent = waiting.pop()
            if parent == folder:
                return True
            if parent not in seen:
                seen.add(parent)
                waiting += _parents(self.find(parent) or {})
        return False


def content_call(file: Mapping[str, Any], export: str | None) -> Call:
    """Build the call that gives what is in a file, or a document in the format `export`."""
    if export is not None:
        return _call("files.export_media", fileId=file["id"], mimeType=export)
    return _call("files.get_media", fileId=file["id"], supportsAllDrives=True)


def target_of(file: Mapping[str, Any]) -> str | None:
    """Give the id of the file that a shortcut leads to; None for any other file."""
    if file.get("mimeType") != SHORTCUT:
        return None
    details = file.get("shortcutDetails")
    target = details.get("targetId") if isinstance(details, Mapping) else None
    return target if isinstance(target, str) else ""


def export_format(mime: str, wanted: Mapping[str, str]) -> str | None:
    """Give the type a document of Google's is exported to; None if it has no other form.

    Raises:
        Invalid: what is wanted is no format.
    """
    kind = mime.removeprefix(NATIVE)
    name = wanted.get(mime) or wanted.get(kind) or wanted.get("*") or _DEFAULTS.get(kind)
    if kind not in _DEFAULTS or name is None:
        return None
    if "/" in name:
        return name
    if name.lower() not in FORMATS:
        raise Invalid(f"{name!r} is no format to export to: a type, or {', '.join(FORMATS)}")
    return FORMATS[name.lower()]


def extension_of(mime: str) -> str:
    """Give the suffix that a name of this type has."""
    return next((f".{name}" for name, each in FORMATS.items() if each == mime), "")


def size_of(file: Mapping[str, Any]) -> int | None:
    """Give how many bytes a file has; documents of Google's own have none."""
    size = file.get("size")
    return int(size) if isinstance(size, str | int) and str(size).isdecimal() else None


def _parents(file: Mapping[str, Any]) -> list[str]:
    parents = file.get("parents")
    return [each for each in parents if isinstance(each, str)] if isinstance(parents, list) else []


def _call(method: str, **params: object) -> Call:
    return Call(api="drive", version="v3", method=method, params=params, scopes=(READ_CONTENT,))
