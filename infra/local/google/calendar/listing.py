"""Lists a collection as all of Calendar's list methods do: whole or since a token, in pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from infra.local.google.calendar.collection import Collection, Item
from infra.local.google.calendar.token import fingerprint, seal, unseal
from infra.local.google.call import Call
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json

Show = Callable[[Item], Iterable[Json]]


@dataclass(slots=True, frozen=True, kw_only=True)
class Shape:
    """What differs between the lists: kind, how items look, what a full list leaves out."""

    kind: str
    show: Show
    full: Callable[[Item], bool] = lambda item: not item.deleted
    page: tuple[int, int] = (100, 250)  # default and most
    extra: Json = field(default_factory=dict)
    not_with_sync: frozenset[str] = frozenset()
    no_token_with: frozenset[str] = frozenset()


def answer_list(call: Call, collection: Collection, shape: Shape) -> Json:
    """Answer a list method."""
    size = call.size("maxResults", *shape.page)
    state = _state(call, collection, shape)
    now = call.world.clock.now()
    if state["mode"] == "since":
        entries, following, more = collection.log.page(state["from"], size, now)
        items = [item for each in entries if (item := collection.items.get(each.key[1]))]
        state["from"] = following
    else:
        left = [each for each in collection.after(state["after"], now) if shape.full(each)]
        items, more = left[:size], len(left) > size
        state["after"] = items[-1].order if items else 0
    shown = [each for item in items for each in shape.show(item)]
    answer = {"kind": shape.kind, "etag": f'"p{state["from"]}"', **shape.extra, "items": shown}
    if more:
        return answer | {"nextPageToken": seal(state)}
    if shape.no_token_with & call.query.keys():
        return answer
    return answer | {"nextSyncToken": _sync_token(call, collection, shape, state["from"])}


def _state(call: Call, collection: Collection, shape: Shape) -> Json:
    asked = fingerprint(call) + call.text("syncToken")[-12:]
    if token := call.text("pageToken"):
        state = unseal(token, "pageToken")
        if state.get("asked") != asked or "mode" not in state:
            raise GoogleError("invalid", "Invalid page token value.", parameter="pageToken")
        return state
    if token := call.text("syncToken"):
        return {"mode": "since", "asked": asked, "from": _since(call, collection, shape, token)}
    now = call.world.clock.now()
    # The token at the end continues from the beginning of the listing: nothing falls between.
    return {"mode": "full", "asked": asked, "after": 0, "from": collection.log.end(now)}


def _since(call: Call, collection: Collection, shape: Shape, text: str) -> int:
    if wrong := shape.not_with_sync & call.query.keys():
        names = ", ".join(sorted(wrong))
        text = f"The syncToken parameter cannot be used with {names}."
        raise GoogleError("invalid", text, parameter="syncToken")
    if not call.flag("showDeleted", default=True) or not call.flag("showHidden", default=True):
        text = "Sync token cannot be used with showDeleted or showHidden false."
        raise GoogleError("invalid", text, parameter="syncToken")
    token = unseal(text, "syncToken")
    life, now = collection.life(), call.world.clock.now()
    stale = token.get("list") != collection.name or token.get("from", 0) < collection.log.floor
    if stale or (life is not None and now - token["at"] > life):
        raise GoogleError("fullSyncRequired", parameter="syncToken")
    if token["asked"] != _bound(call, shape):
        text = "The parameters differ from those that the sync token was made with."
        raise GoogleError("invalid", text, parameter="syncToken")
    return int(token["from"])


def _sync_token(call: Call, collection: Collection, shape: Shape, position: int) -> str:
    content = {"list": collection.name, "from": position, "at": round(call.world.clock.now(), 3)}
    return seal({**content, "asked": _bound(call, shape)})


def _bound(call: Call, shape: Shape) -> str:
    # What a sync must or may leave out is no difference.
    return fingerprint(call, but=shape.not_with_sync | {"showDeleted", "showHidden"})
