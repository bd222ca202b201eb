"""Items that can be listed whole, or since a sync token: events, calendars, rules, settings.

https://developers.google.com/workspace/calendar/api/guides/sync
"""

from dataclasses import dataclass

from infra.local.google.changelog import ChangeLog
from infra.local.google.ground import Ground
from infra.local.google.shape import Json


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """An item and what it was changed to last; a deleted one is kept, so that syncs can tell."""

    id: str
    fields: Json
    order: int  # of creation, for paging
    etag: str
    updated: float
    visible_at: float
    created: float
    deleted: bool = False


class Collection:
    """Items by id, and the log of their changes."""

    def __init__(self, name: str, *, method: str, account: str, ground: Ground) -> None:
        self.name = name
        self.account = account
        self.items: dict[str, Item] = {}
        self.log = ChangeLog(ground.random.randint(100, 1_000_000))
        self.token_life: float | None = None  # none: the option `sync_token_life`
        self._method = method
        self._ground = ground
        self._order = 0

    def put(self, item_id: str, fields: Json, *, deleted: bool = False) -> Item:
        """Make an item, or change it."""
        now = self._ground.clock.now()
        visible_at = self._ground.visible_at(self._method, self.account)
        old = self.items.get(item_id)
        self._order += 1
        item = Item(
            id=item_id,
            fields=fields,
            order=old.order if old else self._order,
            etag=f'"{self._order + round(now * 1000) * 2}"',
            updated=now,
            visible_at=old.visible_at if old else visible_at,
            created=old.created if old else now,
            deleted=deleted,
        )
        self.items[item_id] = item
        self.log.record(("item", item_id), at=now, visible_at=visible_at)
        return item

    def forget(self, item_id: str) -> None:
        """Take an item away so that no sync tells of it."""
        self.items.pop(item_id, None)

    def after(self, order: int, now: float) -> list[Item]:
        """List all visible items that were made after one."""
        found = [
            each for each in self.items.values() if each.order > order and each.visible_at <= now
        ]
        return sorted(found, key=lambda each: each.order)

    def life(self) -> float | None:
        """Tell how long sync tokens last."""
        return self.token_life or self._ground.options.sync_token_life
