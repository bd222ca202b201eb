"""Drive: the change log of My Drive or of one shared drive, and single files.

https://developers.google.com/workspace/drive/api/guides/about-changes: one entry a file, a new
change replaces the old entry, so what changed is found by comparing with what was told before.
https://developers.google.com/workspace/drive/api/guides/push
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.domain.change import Found, State, fingerprint
from functions.domain.errors import Unavailable
from functions.sources.call import Answer, Call
from functions.sources.source import (
    Moment,
    Page,
    Params,
    Profile,
    Unlogged,
    Untargeted,
    need_list,
    need_text,
    next_page,
    read_entries,
    read_time,
    readable,
)

READ_FILES = "https://www.googleapis.com/auth/drive.metadata.readonly"
PAGE_SIZE = 1000

# What varies with who looks, and when: not a change of the file.
VIEWS = frozenset(
    {
        "version",
        "viewedByMe",
        "viewedByMeTime",
        "thumbnailLink",
        "thumbnailVersion",
        "hasThumbnail",
        "iconLink",
        "webViewLink",
        "webContentLink",
        "exportLinks",
    }
)


def found_file(resource: Mapping[str, Any], *, changed: object = None) -> Found:
    """Read a file resource; `changed` is when, if the change log says so."""
    item = resource.get("id")
    version = resource.get("version")
    # Without a version it would be told anew each time.
    versioned = isinstance(version, str | int) and not isinstance(version, bool) and version != ""
    if not isinstance(item, str) or not item or not versioned:
        msg = "a file without id or version"
        raise ValueError(msg)
    return Found(
        noun="file",
        item=item,
        state=State.TRASHED if resource.get("trashed") is True else State.PRESENT,
        resource=resource,
        version=str(version),
        stamp=fingerprint(resource, VIEWS),
        born=read_time(resource.get("createdTime")),
        changed=read_time(changed) or read_time(resource.get("modifiedTime")),
        gone_verb="removed",
    )


def found_gone(item: str, *, changed: object = None, record: Mapping[str, Any] | None) -> Found:
    """Read that a file is gone, or that access to it was lost: Google does not say which."""
    return Found(
        noun="file",
        item=item,
        state=State.GONE,
        resource=record or {"id": item, "removed": True},
        changed=read_time(changed),
        gone_verb="removed",
    )


class DriveChanges(Untargeted):
    """`drive.changes`: everything in My Drive, or in one shared drive (`driveId`)."""

    profile = Profile(
        name="drive.changes",
        api="drive",
        version="v3",
        scopes=(READ_FILES,),
        kinds=(
            "file.created",
            "file.updated",
            "file.trashed",
            "file.untrashed",
            "file.removed",
            "drive.updated",
            "drive.removed",
        ),
        default_life=timedelta(hours=1),
        longest_life=timedelta(days=7),
        cursor="page token of the change log",
        # Drive can hold millions of files: what is there before the watch is not read.
        lists_at_baseline=False,
        params={
            "driveId": {"type": "string", "minLength": 1, "maxLength": 128},
            "spaces": {"type": "string", "minLength": 1, "maxLength": 64},
        },
    )

    def normal(self, params: Params) -> Params:
        """Fill in the space that Google takes by default."""
        return {"spaces": "drive", **params}

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call:
        """Build changes.watch, which wants a page token: it moves no cursor."""
        listed = {name: value for name, value in self._list(params).items() if name != "fields"}
        return self.profile.call(
            "changes.watch", {**listed, "pageToken": cursor}, body=body, once=True
        )

    def stop(self, *, channel: str, resource_id: str) -> Call:
        """Build channels.stop."""
        body = {"id": channel, "resourceId": resource_id}
        return self.profile.call("channels.stop", {}, body=body)

    def start(self, params: Params) -> Call:
        """Build changes.getStartPageToken, for the log of that drive."""
        return self.profile.call(
            "changes.getStartPageToken", {"supportsAllDrives": True, **_drive(params)}
        )

    def read_start(self, answer: Answer) -> str:
        """Read the page token of "from now on"."""
        return need_text(answer, "startPageToken")

    def changes(self, params: Params, moment: Moment) -> Call:
        """Build changes.list; its pages follow each other by the same parameter as cursors."""
        token = moment.page or moment.cursor
        return self.profile.call("changes.list", {**self._list(params), "pageToken": token})

    def read_changes(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of the log; the new start token is on the last one only."""
        del moment
        page = next_page(answer)
        cursor = None if page else need_text(answer, "newStartPageToken")
        entries = need_list(answer, "changes")
        found, unreadable = read_entries(entries, lambda entry: _entry(entry, params))
        return Page(found=found, page=page, cursor=cursor, unreadable=unreadable)

    def listing(self, params: Params, moment: Moment) -> Call:
        """Build files.list of the same space: needed only when Google refuses the cursor."""
        drive = params.get("driveId")
        wanted: dict[str, Any] = {
            "pageSize": PAGE_SIZE,
            "spaces": params["spaces"],
            "fields": "*",
            "supportsAllDrives": True,
        }
        if drive:
            wanted |= {"corpora": "drive", "driveId": drive, "includeItemsFromAllDrives": True}
        if moment.page:
            wanted["pageToken"] = moment.page
        return self.profile.call("files.list", wanted)

    def read_listing(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of the files there are."""
        del params, moment
        if answer.body.get("incompleteSearch") is True:
            msg = "Google's list of files is incomplete"
            raise Unavailable(msg)
        files = need_list(answer, "files")
        found, unreadable = read_entries(files, lambda resource: [found_file(resource)])
        return Page(found=found, page=next_page(answer), unreadable=unreadable)

    def get(self, params: Params, *, item: str) -> Call:
        """Build files.get."""
        del params
        return self.profile.call(
            "files.get", {"fileId": item, "fields": "*", "supportsAllDrives": True}
        )

    def read_get(self, params: Params, answer: Answer, *, item: str) -> Found:
        """Read one file."""
        del params, item
        return readable(answer, found_file)

    def _list(self, params: Params) -> dict[str, Any]:
        return {
            "pageSize": PAGE_SIZE,
            "spaces": params["spaces"],
            "includeRemoved": True,
            "fields": "*",
            "supportsAllDrives": True,
            # A shared drive has a log of its own; the user's log is no substitute for it.
            "includeItemsFromAllDrives": bool(params.get("driveId")),
            **_drive(params),
        }


class DriveFiles(Unlogged, Untargeted):
    """`drive.files`: one file, compared with what was seen of it."""

    profile = Profile(
        name="drive.files",
        api="drive",
        version="v3",
        scopes=(READ_FILES,),
        kinds=("file.updated", "file.trashed", "file.untrashed", "file.removed"),
        default_life=timedelta(hours=1),
        longest_life=timedelta(days=1),
        cursor="the version seen",
        params={"fileId": {"type": "string", "minLength": 1, "maxLength": 128}},
        required=("fileId",),
        one_item=True,
    )

    def normal(self, params: Params) -> Params:
        """Nothing to fill in."""
        return dict(params)

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call:
        """Build files.watch."""
        del cursor
        wanted = {"fileId": params["fileId"], "supportsAllDrives": True}
        return self.profile.call("files.watch", wanted, body=body, once=True)

    def stop(self, *, channel: str, resource_id: str) -> Call:
        """Build channels.stop."""
        body = {"id": channel, "resourceId": resource_id}
        return self.profile.call("channels.stop", {}, body=body)

    def listing(self, params: Params, moment: Moment) -> Call:
        """Build files.get: the full list of one."""
        del moment
        return self.get(params, item=params["fileId"])

    def read_listing(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read the file as a list of one."""
        del moment
        return Page(found=(self.read_get(params, answer, item=params["fileId"]),))

    def get(self, params: Params, *, item: str) -> Call:
        """Build files.get."""
        del params
        return self.profile.call(
            "files.get", {"fileId": item, "fields": "*", "supportsAllDrives": True}
        )

    def read_get(self, params: Params, answer: Answer, *, item: str) -> Found:
        """Read the file; it was there before it was watched, so it is never told as created."""
        del params, item
        return replace(readable(answer, found_file), tells_created=False)


def _entry(entry: Mapping[str, Any], params: Params) -> list[Found]:
    """Read one entry of the log; an empty list for what this watch leaves out."""
    if entry.get("changeType", entry.get("type")) == "drive" or "teamDriveId" in entry:
        return _drive_entry(entry, params)
    item = entry.get("fileId")
    if not isinstance(item, str) or not item:
        msg = "an entry of the change log without fileId"
        raise ValueError(msg)
    resource = entry.get("file")
    # Without a file it is gone, whatever `removed` says: nothing else can be told of it.
    if entry.get("removed") is True or not isinstance(resource, Mapping):
        record = {"id": item, **entry}
        return [found_gone(item, changed=entry.get("time"), record=record)]
    return [found_file({"id": item, **resource}, changed=entry.get("time"))]


def _drive_entry(entry: Mapping[str, Any], params: Params) -> list[Found]:
    drive = entry.get("driveId")
    if not params.get("driveId") or drive != params["driveId"]:
        return []  # news of other drives: their own watches tell them
    resource = entry.get("drive")
    gone = entry.get("removed") is True
    if gone or not isinstance(resource, Mapping):
        resource = {"id": drive, **entry}
    return [
        Found(
            noun="drive",
            item=drive,
            state=State.GONE if gone else State.PRESENT,
            resource=resource,
            stamp=fingerprint(resource),
            changed=read_time(entry.get("time")),
            gone_verb="removed",
            tells_created=False,
        )
    ]


def _drive(params: Params) -> dict[str, Any]:
    return {"driveId": params["driveId"]} if params.get("driveId") else {}
