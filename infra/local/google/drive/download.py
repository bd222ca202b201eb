"""What is in a file: downloads, parts of them, exports of documents.

https://developers.google.com/workspace/drive/api/guides/manage-downloads
"""

import re

from infra.local.google.call import Call, Reply
from infra.local.google.drive.content import Content
from infra.local.google.drive.file import File
from infra.local.google.errors import GoogleError

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def download(call: Call, file: File) -> Reply:
    """Answer drive.files.get with `alt=media`."""
    if file.native:
        raise GoogleError("fileNotDownloadable", parameter="alt")
    return _part(call, file.content, file.mime_type)


def export(call: Call, file: File) -> Reply:
    """Answer drive.files.export: what the document holds, in the type asked for."""
    mime_type = call.required("mimeType")
    if not file.native:
        text = "Export only supports Docs Editors files."
        raise GoogleError("fileNotExportable", text, status=403)
    return _part(call, file.content, mime_type)


def _part(call: Call, content: Content, mime_type: str) -> Reply:
    headers = {"Content-Type": mime_type, "Accept-Ranges": "bytes"}
    start, end, status = 0, content.size, 200
    asked = call.headers.get("Range")
    if asked and (match := _RANGE.fullmatch(asked.strip())):
        start, end = _bounds(match[1], match[2], content.size)
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{content.size}"
        if start >= end:
            headers = {"Content-Range": f"bytes */{content.size}"}
            return Reply(416, GoogleError("requestedRangeNotSatisfiable").body(), headers)
    return Reply(status, content.pieces(start, end), headers, length=end - start)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(size - int(last or 0), 0), size
    return int(first), min(int(last) + 1 if last else size, size)
