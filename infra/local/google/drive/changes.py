"""Drive's changes: start token, list, watch.

https://developers.google.com/workspace/drive/api/reference/rest/v3/changes
"""

from urllib.parse import urlencode

from infra.local.google.call import Call, Reply
from infra.local.google.changelog import ChangeLog, Entry
from infra.local.google.clock import rfc3339
from infra.local.google.drive.telling import log_resource
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json
from infra.local.google.watching import opened

ROOT = "https://www.googleapis.com/drive/v3"
# What Google tells if no fields are asked for.
LISTED = (
    "kind,newStartPageToken,nextPageToken,changes(kind,type,changeType,time,removed,fileId,"
    "driveId,teamDriveId,file(kind,id,name,mimeType,driveId,teamDriveId),drive(kind,id,name))"
)


def get_start_page_token(call: Call) -> Json:
    """Answer drive.changes.getStartPageToken."""
    log = call.world.drive.log(_log(call))
    token = log.end(call.world.clock.now())
    return {"kind": "drive#startPageToken", "startPageToken": str(token)}


def list_changes(call: Call) -> Json:
    """Answer drive.changes.list; only the last page has `newStartPageToken`."""
    drive, name = call.world.drive, _log(call)
    token, size = _token(call, drive.log(name)), call.size("pageSize", 100, 1000)
    entries, following, more = drive.log(name).page(token, size, call.world.clock.now())
    changes = [change for each in entries if (change := _change(call, each, name))]
    answer: Json = {"kind": "drive#changeList", "changes": changes}
    return answer | {"nextPageToken" if more else "newStartPageToken": str(following)}


def watch_changes(call: Call) -> Reply:
    """Answer drive.changes.watch."""
    name = _log(call)
    token = _token(call, call.world.drive.log(name))
    asked = {"alt": "json", "pageToken": str(token)}
    asked |= {key: call.text(key) for key in ("driveId", "supportsAllDrives") if call.text(key)}
    uri = f"{ROOT}/changes?{urlencode(asked)}"
    return opened(call, resource=log_resource(call.account, name), uri=uri)


def _log(call: Call) -> str:
    drive_id = call.text("driveId") or call.text("teamDriveId")
    if not drive_id:
        return call.account
    if not (call.flag("supportsAllDrives") or call.flag("supportsTeamDrives")):
        text = "The supportsAllDrives parameter must be set to true if driveId is used."
        raise GoogleError("invalid", text, status=403, parameter="supportsAllDrives")
    return call.world.drive.drive_for(drive_id, call.account).id


def _token(call: Call, log: ChangeLog) -> int:
    text = call.required("pageToken")
    if not text.isascii() or not text.isdigit() or not log.knows(int(text)):
        raise GoogleError("invalid", "Invalid Value", parameter="pageToken")
    if int(text) < log.floor:
        text = "The page token is no longer valid."
        raise GoogleError("fullSyncRequired", text, parameter="pageToken")
    return int(text)


def _change(call: Call, entry: Entry, log: str) -> Json | None:
    kind, key = entry.key
    answer: Json = {"kind": "drive#change", "type": kind, "changeType": kind}
    answer["time"] = rfc3339(entry.at)
    if kind == "drive":
        told = _drive_change(call, key, log)
        return answer | told if told else None
    file = call.world.drive.files.get(key)
    gone = file is None or not call.world.drive.sees(call.account, file)
    if gone and not call.flag("includeRemoved", default=True):
        return None
    answer |= {"fileId": key, "removed": gone}
    if file and not gone:
        answer["file"] = file.resource(call.account)
    return answer


def _drive_change(call: Call, key: str, log: str) -> Json | None:
    if log != key and not call.flag("includeItemsFromAllDrives"):
        return None  # the user's own log tells of shared drives only if asked to
    drive = call.world.drive.drives[key]
    gone = drive.removed or call.account not in drive.members
    answer: Json = {"driveId": key, "teamDriveId": key, "type": "teamDrive", "removed": gone}
    return answer if gone else answer | {"drive": drive.resource()}
