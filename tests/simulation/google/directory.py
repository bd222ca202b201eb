"""The model of a domain's users: a list that may be older than the answer of a get."""

from __future__ import annotations

from typing import Any

from functions.domain.errors import Refused
from functions.domain.model import Verdict
from functions.sources.call import Call
from tests.simulation.google.truth import GONE, Collection, Ground

MOST_USERS = 12
LATER = 20.0  # lists of users lag so many times longer than those of changes


class Directory(Collection):
    """The users of one customer."""

    def __init__(self, key: str, ground: Ground) -> None:
        super().__init__(key, ground)
        self.users: dict[str, dict[str, Any]] = {}
        self.listed: dict[str, tuple[float, dict[str, Any] | None]] = {}  # older, until then
        self.made = 0
        for _ in range(3):
            self.create()

    def create(self) -> None:
        """Make a user."""
        self.made += 1
        item = f"u{self.made}"
        text = self.ground.text()
        user = {"id": item, "primaryEmail": f"{item}@example.com", "creationTime": text}
        self._put(item, {**user, "description": self.ground.mark()}, "add")

    def change(self) -> None:
        draw = self.ground.random
        items = sorted(self.users)
        lot = draw.random()
        if not items or (len(items) < MOST_USERS and lot < 0.2):
            self.create()
            return
        item = draw.choice(items)
        user = self.users[item]
        if lot < 0.3:
            self._put(item, None, "delete")
        elif lot < 0.4 + self.ground.flips and len(self.history[item]) > 1:  # a value flips back
            look = self.history[item][-2].look
            if look != GONE:
                self._put(item, {**user, "description": look.split()[1]}, "update")
        else:
            self._put(item, {**user, "description": self.ground.mark()}, "update")

    def touch(self) -> None:
        self.create()

    def _put(self, item: str, user: dict[str, Any] | None, event: str) -> None:
        before = self.users.get(item)
        if user is None:
            del self.users[item]
        else:
            self.users[item] = user
        state = self.became(
            item, GONE if user is None else f"there {user['description']}", self._visible()
        )
        if state.visible > state.at:
            until, older = self.listed.get(item, (0.0, None))
            self.listed[item] = (state.visible, older if until > state.at else before)
        else:
            self.listed.pop(item, None)
        body = {"kind": "admin#directory#user", "id": item, "etag": '"x"'}
        self.ground.notify(self.key, event, body)

    def _visible(self) -> float:
        now = self.ground.timeline.now
        return now + (self.ground.visible() - now) * LATER

    # --- what is answered ------------------------------------------------------------------------

    def answer(self, call: Call) -> dict[str, Any]:
        if call.method == "users.get":
            item = str(call.params["userKey"])
            if item not in self.users:
                raise Refused("404: Resource Not Found: userKey", Verdict.NOT_FOUND)
            return self.users[item]
        assert call.method == "users.list", call.method
        after = str(call.params.get("pageToken", ""))
        users = [user for user in self._list() if user["id"] > after]
        page = users[: self.ground.page]
        answer: dict[str, Any] = {"users": page} if page else {}
        if len(users) > len(page):
            answer["nextPageToken"] = page[-1]["id"]
        return answer

    def void(self) -> None:
        """Nothing: there is no token."""

    def _list(self) -> list[dict[str, Any]]:
        now = self.ground.timeline.now
        shown: dict[str, dict[str, Any] | None] = dict(self.users)
        for item, (until, older) in list(self.listed.items()):
            if until > now:
                shown[item] = older
            else:
                del self.listed[item]
        return [user for _, user in sorted(shown.items()) if user is not None]
