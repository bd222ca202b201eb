"""Answers of Drive as its reference gives them, and how they are read here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from functions.domain.change import Found
from functions.sources.call import Answer
from functions.sources.drive import DriveChanges, DriveFiles
from functions.sources.source import Moment, Page

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENT = Moment(now=NOW, cursor="100")
MINE = {"spaces": "drive"}
SHARED = {"spaces": "drive", "driveId": "0AD"}
FILE: dict[str, Any] = {
    "kind": "drive#file",
    "id": "1abc",
    "name": "a.txt",
    "mimeType": "text/plain",
    "version": "7",
    "trashed": False,
    "createdTime": "2026-02-01T08:00:00.000Z",
    "modifiedTime": "2026-03-01T11:00:00.000Z",
}
CHANGED: dict[str, Any] = {
    "kind": "drive#change",
    "changeType": "file",
    "type": "file",
    "time": "2026-03-01T11:59:00.000Z",
    "removed": False,
    "fileId": "1abc",
    "file": FILE,
}
REMOVED = {
    "kind": "drive#change",
    "changeType": "file",
    "time": "2026-03-01T11:59:00.000Z",
    "removed": True,
    "fileId": "1abc",
}
DRIVE = {
    "kind": "drive#change",
    "changeType": "drive",
    "time": "2026-03-01T11:59:00.000Z",
    "removed": False,
    "driveId": "0AD",
    "drive": {"kind": "drive#drive", "id": "0AD", "name": "Team"},
}
NO_VERSIONS: list[object] = [None, "", True, 7.5, []]
LOG = DriveChanges()
ONE = DriveFiles()


def answer(**body: Any) -> Answer:
    """Give an answer of Google's."""
    return Answer(body=body, date=NOW)


def log(*entries: Any, params: dict[str, Any] = MINE, **more: Any) -> Page:
    """Read the last page of a log."""
    body = {"changes": list(entries), "newStartPageToken": "101", **more}
    return LOG.read_changes(params, MOMENT, answer(**body))


def only(page: Page) -> Found:
    """Expect one thing found, and nothing that could not be read."""
    assert page.unreadable == ()
    (one,) = page.found
    return one
