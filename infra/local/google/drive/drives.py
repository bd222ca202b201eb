"""Drive's shared drives and its stop method.

https://developers.google.com/workspace/drive/api/reference/rest/v3/drives
"""

from infra.local.google.call import Call
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json


def get_drive(call: Call) -> Json:
    """Answer drive.drives.get."""
    drive = call.world.drive.drive_for(call.path["driveId"], call.account)
    if drive.removed:
        raise GoogleError("notFound", f"Shared drive not found: {drive.id}", parameter="driveId")
    return drive.resource()


def list_drives(call: Call) -> Json:
    """Answer drive.drives.list."""
    size, text = call.size("pageSize", 10, 100), call.text("pageToken", "0")
    if not text.isascii() or not text.isdigit():
        raise GoogleError("invalid", "Invalid Value", parameter="pageToken")
    start = int(text)
    drives = [
        drive.resource()
        for drive in call.world.drive.drives.values()
        if call.account in drive.members and not drive.removed
    ]
    answer: Json = {"kind": "drive#driveList", "drives": drives[start : start + size]}
    more = len(drives) > start + size
    return answer | ({"nextPageToken": str(start + size)} if more else {})
