"""Drive's files.list: search terms, order, pages.

https://developers.google.com/workspace/drive/api/reference/rest/v3/files/list
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from infra.local.google.call import Call
from infra.local.google.drive.file import FOLDER, File
from infra.local.google.drive.query import parse
from infra.local.google.drive.state import root_id
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json

LISTED = "kind,nextPageToken,incompleteSearch,files(kind,id,name,mimeType,driveId,teamDriveId)"
_ORDER: dict[str, Callable[[File], Any]] = {
    "createdTime": attrgetter("created"),
    "modifiedTime": attrgetter("modified"),
    "modifiedByMeTime": attrgetter("modified"),
    "recency": attrgetter("modified"),
    "name": lambda file: file.name.lower(),
    "name_natural": lambda file: file.name.lower(),
    "folder": lambda file: file.mime_type != FOLDER,
    "quotaBytesUsed": lambda file: file.content.size,
}


def list_files(call: Call) -> Json:
    """Answer drive.files.list."""
    size, start = call.size("pageSize", 100, 1000), _start(call)
    test = parse(call.text("q").replace("'root'", f"'{root_id(call.account)}'"))
    files = [file for file in _corpus(call) if test(file)]
    if not call.text("orderBy"):
        # In the order of creation a page begins after the last file told, whatever came meanwhile.
        left = [file for file in files if file.order > start]
        page, more = left[:size], len(left) > size
        following = page[-1].order if page else start
    else:
        _sort(files, call.text("orderBy"))
        page, more = files[start : start + size], len(files) > start + size
        following = start + size
    answer: Json = {"kind": "drive#fileList", "incompleteSearch": False}
    answer["files"] = [file.resource(call.account) for file in page]
    return answer | ({"nextPageToken": f"~!!~{following}"} if more else {})


def _corpus(call: Call) -> list[File]:
    drive = call.world.drive
    if drive_id := call.text("driveId"):
        if not call.flag("includeItemsFromAllDrives") or not call.flag("supportsAllDrives"):
            text = "includeItemsFromAllDrives and supportsAllDrives must be true with driveId."
            raise GoogleError("invalid", text, status=403, parameter="driveId")
        found = drive.drive_for(drive_id, call.account).id
        return [file for file in drive.files.values() if file.drive == found]
    shared = call.flag("includeItemsFromAllDrives") and call.flag("supportsAllDrives")
    shared = shared and call.text("corpora", "user") in {"allDrives", "user"}
    return [
        file
        for file in drive.files.values()
        if (shared or not file.drive) and drive.sees(call.account, file)
    ]


def _start(call: Call) -> int:
    text = call.text("pageToken", "~!!~0").removeprefix("~!!~")
    if not text.isascii() or not text.isdigit():
        raise GoogleError("invalid", "Invalid Value", parameter="pageToken")
    return int(text)


def _sort(files: list[File], order: str) -> None:
    for part in reversed(order.split(",")):
        name, _, way = part.strip().partition(" ")
        if name not in _ORDER:
            raise GoogleError("invalid", "Invalid Value", parameter="orderBy")
        files.sort(key=_ORDER[name], reverse=way == "desc")
