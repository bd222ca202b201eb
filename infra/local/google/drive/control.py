"""Drive's control endpoints: what people do to files and shared drives.

| endpoint | body | does |
|---|---|---|
| `POST /sim/drive/files` | `account`, `name`, `mimeType`, `parents`, `drive`, `content` or `size`, `id`, `count` | makes one or, with `count`, many (answered: their ids) |
| `GET /sim/drive/files/{id}` | | the file as its owner sees it |
| `POST /sim/drive/files/{id}/update` | any of `account`, `name`, `content`, `size`, `parents`, `mimeType` | changes it |
| `POST /sim/drive/files/{id}/trash`, `/untrash`, `/remove` | | |
| `POST /sim/drive/files/{id}/view`, `/share`, `/unshare` | `account` | |
| `POST /sim/drive/drives` | `name`, `members`, `id` | makes a shared drive |
| `POST /sim/drive/drives/{id}/rename` | `name` | |
| `POST /sim/drive/drives/{id}/remove` | `lingers` | deletes it; if it lingers its log still tells of that |
| `POST /sim/drive/drives/{id}/join`, `/leave` | `account` | |
| `POST /sim/drive/logs/{account or drive id}/invalidate` | | refuses (410) all page tokens given so far |
"""  # noqa: E501 - a table has long lines

from infra.local.google.call import Call, Route
from infra.local.google.drive.file import File
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json

_NAMES = {"mimeType": "mime_type", "id": "file_id"}


def _create(call: Call) -> Json:
    fields = {_NAMES.get(key, key): value for key, value in call.body.items()}
    account, count = fields.pop("account", None), fields.pop("count", None)
    if not account or not fields.get("name"):
        raise GoogleError("required", "`account` and `name` are required")
    if count is None:
        return _shown(call.world.drive.create(account, **fields))
    name = fields.pop("name")
    files = [call.world.drive.create(account, name=f"{name}-{n}", **fields) for n in range(count)]
    return {"ids": [file.id for file in files]}


def _get(call: Call) -> Json:
    return _shown(call.world.drive.file(call.path["id"]))


def _update(call: Call) -> Json:
    fields = {_NAMES.get(key, key): value for key, value in call.body.items()}
    return _shown(call.world.drive.update(call.path["id"], **fields))


def _act(call: Call) -> Json | None:
    drive, file_id, act = call.world.drive, call.path["id"], call.path["act"]
    match act:
        case "trash":
            return _shown(drive.trash(file_id))
        case "untrash":
            return _shown(drive.untrash(file_id))
        case "remove":
            drive.remove(file_id)
            return None
        case "view":
            return _shown(drive.view(file_id, _account(call)))
        case "share":
            return _shown(drive.share(file_id, _account(call)))
        case "unshare":
            return _shown(drive.unshare(file_id, _account(call)))
    raise GoogleError("notFound")


def _create_drive(call: Call) -> Json:
    body = call.body
    drive = call.world.drive.create_drive(
        body.get("name", "Team"), body.get("members", []), drive_id=body.get("id")
    )
    return drive.resource()


def _act_on_drive(call: Call) -> Json | None:
    drive, drive_id, act = call.world.drive, call.path["id"], call.path["act"]
    match act:
        case "rename":
            return drive.rename_drive(drive_id, str(call.body.get("name"))).resource()
        case "remove":
            drive.remove_drive(drive_id, lingers=bool(call.body.get("lingers")))
            return None
        case "join":
            return drive.join(drive_id, _account(call)).resource()
        case "leave":
            return drive.leave(drive_id, _account(call)).resource()
    raise GoogleError("notFound")


def _invalidate(call: Call) -> None:
    call.world.drive.invalidate(call.path["log"])


def _account(call: Call) -> str:
    if not call.body.get("account"):
        raise GoogleError("required", "`account` is required")
    return str(call.body["account"])


def _shown(file: File) -> Json:
    return file.resource(file.owner or file.modified_by)


ROUTES = (
    Route("POST", "/sim/drive/files", "sim.drive.create", _create),
    Route("GET", "/sim/drive/files/<id>", "sim.drive.get", _get),
    Route("POST", "/sim/drive/files/<id>/update", "sim.drive.update", _update),
    Route("POST", "/sim/drive/files/<id>/<act>", "sim.drive.act", _act),
    Route("POST", "/sim/drive/drives", "sim.drive.drives.create", _create_drive),
    Route("POST", "/sim/drive/drives/<id>/<act>", "sim.drive.drives.act", _act_on_drive),
    Route("POST", "/sim/drive/logs/<log>/invalidate", "sim.drive.invalidate", _invalidate),
)
