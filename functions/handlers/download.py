"""Downloads files of Drive that match, each version once, and follows their deletion.

A copy keeps the name it was first given. What a change says is only a hint of what to look at:
the file is read anew, as it may be another by now, or gone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from functions.domain.errors import Invalid, Refused
from functions.domain.filename import TOMBSTONE, marked_name, safe_name
from functions.domain.handled import Handled, Outcome, copy_key
from functions.domain.handler import Download, OnDelete
from functions.domain.model import Verdict
from functions.handlers.drive_file import (
    FOLDER,
    NATIVE,
    Files,
    content_call,
    export_format,
    extension_of,
    size_of,
    target_of,
)
from functions.handlers.handling import Handling, Result, Task, skipped
from functions.ports import Copy

COPIED = frozenset({"file.created", "file.updated", "file.untrashed"})
DELETED = frozenset({"file.trashed", "file.removed"})
ABUSIVE = "cannotDownloadAbusiveFile"
# https://developers.google.com/workspace/drive/api/guides/handle-errors
HOPELESS = (
    "exportSizeLimitExceeded",
    "cannotDownloadFile",
    "fileNotDownloadable",
    "cannotExportFile",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """A file that is wanted: its place (a shortcut's own), and where its content is."""

    place: Mapping[str, Any]
    content: Mapping[str, Any]
    export: str | None  # the type to export to


def download(wanted: Download, task: Task, handling: Handling) -> Result:
    """Do with the copy what the change wants.

    Raises:
        Invalid, Refused: no repetition mends it, or only a right that is given.
        Unavailable: it is not done yet.
    """
    told = task.told
    if not task.watch.source.startswith("drive.") or told.kind not in COPIED | DELETED:
        return skipped("no change of a file")
    try:
        return _follow(wanted, task, handling)
    except Refused as refusal:
        if ABUSIVE in refusal.text:
            return skipped("Google says it is malware or spam")
        if refusal.verdict is Verdict.NOT_FOUND:
            return skipped("gone while it was copied")
        if any(reason in refusal.text for reason in HOPELESS):
            raise Invalid(refusal.text) from refusal
        raise


def _follow(wanted: Download, task: Task, handling: Handling) -> Result:
    key = copy_key(watch=task.watch.id, handler=task.name, item=task.told.subject)
    kept = handling.outcomes.outcomes([key]).get(key)
    if task.told.kind in DELETED:
        return _delete(wanted, task, handling, kept)
    found = _match(wanted, task, handling)
    if isinstance(found, Result):
        return found
    copy = _copy(found, task, kept)
    if kept is not None and kept.version == copy.version:
        return skipped(f"{kept.detail} has this version")
    return _fetch(wanted, found, copy, task, handling)


def _match(wanted: Download, task: Task, handling: Handling) -> _Match | Result:
    """Give what to copy, or say why nothing is; what costs no call is looked at first."""
    files = Files(handling.google, task.watch.subject)
    place = files.find(task.told.subject)
    if place is None or place.get("trashed") is True:
        return skipped("gone, or in the trash by now")
    target = target_of(place)
    content = place if target is None else files.find(target)
    if content is None:
        return skipped("the shortcut leads nowhere")
    mime = str(content.get("mimeType", ""))
    if mime == FOLDER or not _fits(mime, wanted.mime):
        return skipped(f"type {mime}")
    if not _fits(str(place.get("name", "")), wanted.name):
        return skipped("name")
    size = size_of(content)
    if wanted.max_size is not None and size is not None and size > wanted.max_size:
        return skipped(f"too large: {size} bytes")
    export = export_format(mime, wanted.export) if mime.startswith(NATIVE) else None
    if mime.startswith(NATIVE) and export is None:
        return skipped(f"type {mime} has no content")
    if wanted.folder is not None and not files.lies_in(wanted.folder, place):
        return skipped("not in the folder")
    return _Match(place=place, content=content, export=export)


def _copy(found: _Match, task: Task, kept: Handled | None) -> Copy:
    file = found.content
    extension = extension_of(found.export) if found.export else ""
    name = safe_name(str(found.place.get("name", "")), extension=extension)
    item = task.told.subject
    exported = found.export is not None
    version = file.get("md5Checksum") or file.get("headRevisionId") or file.get("version")
    return Copy(
        owner=f"{task.watch.id} {task.name}",
        item=item,
        version=f"{file.get('modifiedTime')} {found.export}" if exported else str(version),
        mime=found.export or str(file.get("mimeType", "")),
        names=(name, marked_name(name, item)),
        replaces=kept.detail if kept is not None else None,
        size=None if exported else size_of(file),
        md5=None if exported else file.get("md5Checksum"),
    )


def _fetch(wanted: Download, found: _Match, copy: Copy, task: Task, handling: Handling) -> Result:
    call, subject = content_call(found.content, found.export), task.watch.subject
    shelf = handling.shelves.at(wanted.to)
    try:
        name = shelf.put(
            copy,
            lambda start: handling.media.read(call, subject=subject, start=start),
            until=task.until,
        )
    except Refused:
        shelf.settle(copy)
        raise
    handling.outcomes.note_outcome(
        Handled(
            key=copy_key(watch=task.watch.id, handler=task.name, item=copy.item),
            watch=task.watch.id,
            handler=task.name,
            outcome=Outcome.KEPT,
            at=handling.clock.now(),
            event=task.told.id,
            detail=name,
            version=copy.version,
        )
    )
    shelf.settle(copy)
    return Result(Outcome.DONE, name)


def _delete(wanted: Download, task: Task, handling: Handling, kept: Handled | None) -> Result:
    if kept is None:
        return skipped("there is no copy of it")
    if wanted.on_delete is OnDelete.KEEP:
        return skipped(f"{kept.detail} is kept")
    shelf = handling.shelves.at(wanted.to)
    if wanted.on_delete is OnDelete.TOMBSTONE:
        shelf.mark(f"{kept.detail}{TOMBSTONE}", _tombstone(task, kept))
    shelf.remove(kept.detail)
    handling.outcomes.drop_outcomes([kept.key])
    return Result(Outcome.DONE, f"{kept.detail} {wanted.on_delete}")


def _tombstone(task: Task, kept: Handled) -> bytes:
    told = task.told
    note = {
        "name": kept.detail,
        "file": told.subject,
        "version": kept.version,
        "kind": told.kind,
        "time": told.fields.get("time"),
        "event": told.id,
    }
    return json.dumps(note, ensure_ascii=False, indent=2).encode() + b"\n"


def _fits(text: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(text, glob) for glob in globs)
