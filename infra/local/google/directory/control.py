"""Directory's control endpoints: what administrators do to users and aliases.

| endpoint | body | does |
|---|---|---|
| `POST /sim/directory/users` | `email`, `id`, any field of a user | makes a user |
| `POST /sim/directory/users/{key}/update` | `email`, `suspended`, `archived`, ... | changes it |
| `POST /sim/directory/users/{key}/delete` | | deletes it |
| `POST /sim/directory/users/{id}/undelete` | | brings it back |
| `POST /sim/directory/users/{key}/alias` | `alias` | adds an alias |
| `POST /sim/directory/users/{key}/unalias` | `alias` | removes it |

As soon as one user `isAdmin`, only such users may read the directory and the reports.
"""

from infra.local.google.call import Call, Route
from infra.local.google.directory.user import User
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json


def _create(call: Call) -> Json:
    fields = dict(call.body)
    if not fields.get("email"):
        raise GoogleError("required", "`email` is required")
    email, user_id = fields.pop("email"), fields.pop("id", None)
    return _shown(call.world.directory.create(email, user_id=user_id, **fields))


def _act(call: Call) -> Json | None:
    directory, key = call.world.directory, call.path["key"]
    match call.path["act"]:
        case "update":
            return _shown(directory.update(key, **call.body))
        case "delete":
            directory.delete(key)
            return None
        case "undelete":
            return _shown(directory.undelete(key))
        case "alias":
            return _shown(directory.add_alias(key, str(call.body.get("alias"))))
        case "unalias":
            return _shown(directory.remove_alias(key, str(call.body.get("alias"))))
    raise GoogleError("notFound")


def _shown(user: User) -> Json:
    return user.show(user.profile.now())


ROUTES = (
    Route("POST", "/sim/directory/users", "sim.directory.create", _create),
    Route("POST", "/sim/directory/users/<key>/<act>", "sim.directory.act", _act),
)
