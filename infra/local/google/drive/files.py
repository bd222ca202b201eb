"""Drive's files: get, list, watch, and the calls that change them.

https://developers.google.com/workspace/drive/api/reference/rest/v3/files
"""

from infra.local.google.call import Call, Reply
from infra.local.google.drive.changes import ROOT
from infra.local.google.drive.download import download
from infra.local.google.drive.file import File
from infra.local.google.drive.telling import file_resource
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json
from infra.local.google.watching import opened

# Fields that the caller may set and that are kept as they come.
KEPT = ("description", "properties", "appProperties", "starred", "folderColorRgb")


def get_file(call: Call) -> Reply | Json:
    """Answer drive.files.get, also with `alt=media`."""
    file = found(call)
    if call.text("alt") == "media":
        return download(call, file)
    return file.resource(call.account)


def create_file(call: Call) -> Json:
    """Answer drive.files.create (without content)."""
    body = call.body
    parents = body.get("parents")
    return call.world.drive.create(
        call.account,
        name=body.get("name", "Untitled"),
        mime_type=body.get("mimeType", "application/octet-stream"),
        parents=parents,
        content="",
        file_id=body.get("id"),
        **{key: body[key] for key in KEPT if key in body},
    ).resource(call.account)


def update_file(call: Call) -> Json:
    """Answer drive.files.update: metadata, parents, trash."""
    file, body, drive = found(call), call.body, call.world.drive
    trashed = body.get("trashed")
    if trashed is not None and trashed != file.trashed:
        (drive.trash if trashed else drive.untrash)(file.id)
    rest = {key: body[key] for key in KEPT if key in body}
    parents = _moved(call, file)
    if rest or parents is not None or "name" in body or "mimeType" in body:
        drive.update(
            file.id,
            account=call.account,
            name=body.get("name"),
            mime_type=body.get("mimeType"),
            parents=parents,
            **rest,
        )
    return file.resource(call.account)


def delete_file(call: Call) -> None:
    """Answer drive.files.delete."""
    call.world.drive.remove(found(call).id)


def watch_file(call: Call) -> Reply:
    """Answer drive.files.watch."""
    file = found(call)
    uri = f"{ROOT}/files/{file.id}?acknowledgeAbuse=false&alt=json"
    return opened(call, resource=file_resource(call.account, file.id), uri=uri)


def found(call: Call) -> File:
    """Find the file of a call; one that the account may not see does not exist."""
    file = call.world.drive.file(call.path["fileId"])
    visible = call.world.drive.sees(call.account, file)
    if file.drive and not (call.flag("supportsAllDrives") or call.flag("supportsTeamDrives")):
        visible = False
    if not visible:
        raise GoogleError("notFound", f"File not found: {file.id}.", parameter="fileId")
    return file


def _moved(call: Call, file: File) -> list[str] | None:
    added = [each for each in call.text("addParents").split(",") if each]
    gone = [each for each in call.text("removeParents").split(",") if each]
    if not added and not gone:
        return None
    return [each for each in file.parents if each not in gone] + added
