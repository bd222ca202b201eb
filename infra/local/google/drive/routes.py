"""The methods of Drive v3 that are simulated, by the paths of its discovery document."""

from infra.local.google.call import Call, Reply, Route
from infra.local.google.drive import changes, drives, files, search
from infra.local.google.drive.download import export
from infra.local.google.drive.file import DEFAULT_FIELDS
from infra.local.google.watching import stopper

_DRIVE = "kind,id,name"


def _export(call: Call) -> Reply:
    return export(call, files.found(call))


ROUTES = (
    Route(
        "GET",
        "/drive/v3/changes/startPageToken",
        "drive.changes.getStartPageToken",
        changes.get_start_page_token,
    ),
    Route("GET", "/drive/v3/changes", "drive.changes.list", changes.list_changes, changes.LISTED),
    Route("POST", "/drive/v3/changes/watch", "drive.changes.watch", changes.watch_changes),
    Route("GET", "/drive/v3/files", "drive.files.list", search.list_files, search.LISTED),
    Route("POST", "/drive/v3/files", "drive.files.create", files.create_file, DEFAULT_FIELDS),
    Route("GET", "/drive/v3/files/<fileId>", "drive.files.get", files.get_file, DEFAULT_FIELDS),
    Route(
        "PATCH", "/drive/v3/files/<fileId>", "drive.files.update", files.update_file, DEFAULT_FIELDS
    ),
    Route("DELETE", "/drive/v3/files/<fileId>", "drive.files.delete", files.delete_file),
    Route("POST", "/drive/v3/files/<fileId>/watch", "drive.files.watch", files.watch_file),
    Route("GET", "/drive/v3/files/<fileId>/export", "drive.files.export", _export),
    Route("GET", "/drive/v3/drives", "drive.drives.list", drives.list_drives),
    Route("GET", "/drive/v3/drives/<driveId>", "drive.drives.get", drives.get_drive, _DRIVE),
    Route("POST", "/drive/v3/channels/stop", "drive.channels.stop", stopper("drive")),
)
