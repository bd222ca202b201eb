"""The model of My Drive: files, their log of changes, and single files that are watched."""

from __future__ import annotations

from typing import Any

from functions.domain.errors import CursorExpired, Refused
from functions.domain.model import Verdict
from functions.sources.call import Call
from tests.simulation.google.log import Log
from tests.simulation.google.truth import GONE, Collection, Ground

MOST_FILES = 12


class Drive(Collection):
    """What one account has."""

    def __init__(self, key: str, ground: Ground) -> None:
        super().__init__(key, ground)
        self.files: dict[str, dict[str, Any]] = {}
        self.times: dict[str, str] = {}
        self.log = Log()
        self.floor = 1  # tokens below it are refused
        self.kept: set[str] = set()  # files that are watched themselves are never deleted
        for _ in range(3):
            self.create()

    def create(self) -> str:
        """Make a file."""
        item = f"f{len(self.times)}-{self.key}"
        mark, text = self.ground.mark(), self.ground.text()
        made = {"id": item, "version": "1", "description": mark, "trashed": False}
        self.files[item] = {**made, "createdTime": text, "modifiedTime": text}
        self._logged(item, f"there {mark}", "create")
        return item

    def change(self) -> None:
        draw = self.ground.random
        items = sorted(self.files)
        if not items or (len(items) < MOST_FILES and draw.random() < 0.25):
            self.create()
            return
        item, lot = draw.choice(items), draw.random()
        file = self.files[item]
        if lot < 0.15:
            self._put(item, trashed=not file["trashed"])
        elif lot < 0.25 and item not in self.kept:
            del self.files[item]
            self._logged(item, GONE, "remove")
        elif lot < 0.35:  # a mere view
            self.files[item] = {**file, "version": str(int(file["version"]) + 1)}
            self._logged(item, self.history[item][-1].look, "update")
        else:
            self._put(item, description=self.ground.mark(), modifiedTime=self.ground.text())

    def touch(self) -> None:
        for item in sorted(self.kept) or [self.create()]:
            self._put(item, description=self.ground.mark(), modifiedTime=self.ground.text())

    def _put(self, item: str, **fields: Any) -> None:
        file = self.files[item]
        file = {**file, **fields, "version": str(int(file["version"]) + 2)}
        self.files[item] = file
        state = "trashed" if file["trashed"] else "there"
        self._logged(item, f"{state} {file['description']}", "update")

    def _logged(self, item: str, look: str, state: str) -> None:
        self.times[item] = self.ground.text()
        visible = self.log.shown(self.ground.visible())
        self.became(item, look, visible)
        self.log.add(item, visible)
        self._notify(item, state)

    def _notify(self, item: str, state: str) -> None:
        self.ground.notify(self.key, "change", None)
        self.ground.notify(f"{self.key} {item}", state, None)

    # --- what is answered ------------------------------------------------------------------------

    def answer(self, call: Call) -> dict[str, Any]:
        if call.method == "changes.list":
            return self._changes(int(call.params["pageToken"]))
        if call.method == "files.get":
            return self._get(str(call.params["fileId"]))
        if call.method == "files.list":
            return self._files(str(call.params.get("pageToken", "")))
        assert call.method == "changes.getStartPageToken", call.method
        return {"startPageToken": str(self.log.head(self.ground.timeline.now))}

    def void(self) -> None:
        self.log.add("", self.ground.timeline.now)
        self.log.add("", self.ground.timeline.now)
        self.floor = self.log.head(self.ground.timeline.now)

    def _changes(self, position: int) -> dict[str, Any]:
        if position < self.floor:
            raise CursorExpired("410: the page token is too old")
        now = self.ground.timeline.now
        items, following, more = self.log.page(position, now, self.ground.page)
        name = "nextPageToken" if more else "newStartPageToken"
        return {"changes": [self._entry(each) for each in items if each], name: str(following)}

    def _entry(self, item: str) -> dict[str, Any]:
        entry = {"changeType": "file", "fileId": item, "time": self.times[item]}
        file = self.files.get(item)
        return {**entry, "removed": True} if file is None else {**entry, "file": file}

    def _get(self, item: str) -> dict[str, Any]:
        if item not in self.files:
            raise Refused("404: File not found", Verdict.NOT_FOUND)
        return self.files[item]

    def _files(self, after: str) -> dict[str, Any]:
        items = [item for item in sorted(self.files) if item > after]
        page = items[: self.ground.page]
        more = {"nextPageToken": page[-1]} if len(items) > len(page) else {}
        return {"files": [self.files[item] for item in page], **more}
