"""A Cloud Run service that is pushed change events by Pub/Sub, and greets each new file once."""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import flask

MOST_REMEMBERED = 10_000
_seen: OrderedDict[str, None] = OrderedDict()  # in earnest: your database, by the event's id


def new_file(request: flask.Request) -> tuple[str, int]:
    """Take one message; any answer but a 2xx brings it again."""
    message = request.get_json()["message"]
    event = json.loads(base64.b64decode(message["data"]))
    if event["id"] in _seen:
        return "", 204
    item = event["data"]["item"]
    print(json.dumps({"message": f"new: {item.get('name')}", "watch": event["watch"]}), flush=True)
    _seen[event["id"]] = None
    if len(_seen) > MOST_REMEMBERED:
        _seen.popitem(last=False)
    return "", 204
