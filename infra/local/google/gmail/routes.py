"""The methods of Gmail v1 that are simulated, by the paths of its discovery document."""

from infra.local.google.call import Route
from infra.local.google.gmail import users

_USER = "/gmail/v1/users/<userId>"
_MAIL = f"{_USER}/messages/<id>"

ROUTES = (
    Route("GET", f"{_USER}/profile", "gmail.users.getProfile", users.get_profile),
    Route("POST", f"{_USER}/watch", "gmail.users.watch", users.watch),
    Route("POST", f"{_USER}/stop", "gmail.users.stop", users.stop),
    Route("GET", f"{_USER}/history", "gmail.users.history.list", users.list_history),
    Route("GET", f"{_USER}/messages", "gmail.users.messages.list", users.list_messages),
    Route("GET", _MAIL, "gmail.users.messages.get", users.get_message),
    Route("DELETE", _MAIL, "gmail.users.messages.delete", users.delete_message),
    Route("POST", f"{_MAIL}/modify", "gmail.users.messages.modify", users.modify_message),
)
