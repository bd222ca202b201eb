"""The methods of directory_v1 that are simulated, by the paths of its discovery document."""

from infra.local.google.call import Route
from infra.local.google.directory import users
from infra.local.google.watching import stopper

_USERS = "/admin/directory/v1/users"
_ALIASES = f"{_USERS}/<userKey>/aliases"

ROUTES = (
    Route("GET", _USERS, "directory.users.list", users.list_users),
    Route("POST", f"{_USERS}/watch", "directory.users.watch", users.watch_users),
    Route("GET", f"{_USERS}/<userKey>", "directory.users.get", users.get_user),
    Route("GET", _ALIASES, "directory.users.aliases.list", users.list_aliases),
    Route("POST", f"{_ALIASES}/watch", "directory.users.aliases.watch", users.watch_aliases),
    # The path has an underscore where the others have a slash: it is what Google has.
    Route("POST", "/admin/directory_v1/channels/stop", "admin.channels.stop", stopper("directory")),
)
