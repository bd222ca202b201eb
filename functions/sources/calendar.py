"""Calendar: events, the list of calendars, access rules and settings, all read by sync tokens.

https://developers.google.com/workspace/calendar/api/guides/sync: a full list ends with a token, the
token lists what changed since; 410 voids it. The parameters have to stay those of the first list.
https://developers.google.com/workspace/calendar/api/guides/push
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from functions.domain.change import Found, State, fingerprint
from functions.sources.call import Answer, Call
from functions.sources.source import (
    Moment,
    Page,
    Params,
    Profile,
    Untargeted,
    need_id,
    need_list,
    need_text,
    next_page,
    read_entries,
    read_time,
    readable,
)

SCOPE = "https://www.googleapis.com/auth/calendar."
LIFE = timedelta(days=7)  # the default; more is not documented
CALENDAR_ID = {"type": "string", "minLength": 1, "maxLength": 1024}


class Calendar(Untargeted):
    """What the four lists of Calendar have in common."""

    profile: ClassVar[Profile]
    collection: ClassVar[str]  # the API's own name of the resource: events, acl ...
    noun: ClassVar[str]
    item_key: ClassVar[str]  # the parameter of its get
    page_size: ClassVar[int] = 250

    def normal(self, params: Params) -> Params:
        """Fill in the calendar that Google takes for one's own."""
        return {"calendarId": "primary", **params} if "calendarId" in self.profile.params else {}

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call:
        """Build the watch. It gets no `eventTypes`: with them a channel may stay silent."""
        del cursor
        return self._call("watch", params, body=body, once=True)

    def stop(self, *, channel: str, resource_id: str) -> Call:
        """Build channels.stop."""
        body = {"id": channel, "resourceId": resource_id}
        return self.profile.call("channels.stop", {}, body=body)

    def start(self, params: Params) -> None:
        """The first list gives the token."""
        del params

    def read_start(self, answer: Answer) -> str:
        """Without a start there is nothing to read."""
        del answer
        return ""

    def changes(self, params: Params, moment: Moment) -> Call:
        """Build the list since the token; its pages need both tokens."""
        wanted = {**params, **self._paged(moment), "syncToken": moment.cursor}
        return self._call("list", wanted)

    def read_changes(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page: what is gone is listed as cancelled or deleted."""
        del moment
        return self._read_page(params, answer)

    def listing(self, params: Params, moment: Moment) -> Call:
        """Build the full list."""
        return self._call("list", {**params, **self._paged(moment)})

    def read_listing(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of the full list; the last one has the token."""
        del moment
        return self._read_page(params, answer)

    def get(self, params: Params, *, item: str) -> Call:
        """Build the get of one item."""
        return self._call("get", {**params, self.item_key: item})

    def read_get(self, params: Params, answer: Answer, *, item: str) -> Found:
        """Read one item."""
        del params, item
        return readable(answer, self.read_item)

    def read_item(self, resource: Mapping[str, Any]) -> Found:
        """Read one resource; `etag` is its version."""
        etag = resource.get("etag")
        gone = self.is_gone(resource)
        if not gone and not isinstance(etag, str):
            msg = f"{self.noun} without etag"
            raise ValueError(msg)
        return Found(
            noun=self.noun,
            item=need_id(resource, self.noun),
            state=State.GONE if gone else State.PRESENT,
            resource=resource,
            version=None if gone else etag,
            stamp=fingerprint(etag),
            born=read_time(resource.get("created")),
            changed=read_time(resource.get("updated")),
            known_at_baseline="created" not in resource,
        )

    def is_gone(self, resource: Mapping[str, Any]) -> bool:
        """Tell whether the resource is the record of a deletion."""
        return resource.get("deleted") is True

    def _read_page(self, params: Params, answer: Answer) -> Page:
        del params
        page = next_page(answer)
        cursor = None if page else need_text(answer, "nextSyncToken")
        items = need_list(answer, "items")
        found, unreadable = read_entries(items, lambda item: [self.read_item(item)])
        return Page(found=found, page=page, cursor=cursor, unreadable=unreadable)

    def _paged(self, moment: Moment) -> dict[str, Any]:
        paged: dict[str, Any] = {"maxResults": self.page_size}
        return {**paged, "pageToken": moment.page} if moment.page else paged

    def _call(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        body: Mapping[str, Any] | None = None,
        once: bool = False,
    ) -> Call:
        return self.profile.call(f"{self.collection}.{method}", params, body=body, once=once)


class CalendarEvents(Calendar):
    """`calendar.events`: the events of one calendar, recurring ones and their exceptions."""

    collection = "events"
    noun = "event"
    item_key = "eventId"
    page_size = 2500
    profile = Profile(
        name="calendar.events",
        api="calendar",
        version="v3",
        scopes=(f"{SCOPE}events.readonly",),
        kinds=("event.created", "event.updated", "event.deleted"),
        default_life=LIFE,
        longest_life=LIFE,
        cursor="sync token",
        params={"calendarId": CALENDAR_ID},
    )

    def is_gone(self, resource: Mapping[str, Any]) -> bool:
        """Tell whether it is cancelled: an instance of a recurring event, too."""
        return resource.get("status") == "cancelled"


class CalendarList(Calendar):
    """`calendar.calendarList`: the calendars in a user's list."""

    collection = "calendarList"
    noun = "calendar"
    item_key = "calendarId"
    profile = Profile(
        name="calendar.calendarList",
        api="calendar",
        version="v3",
        scopes=(f"{SCOPE}calendarlist.readonly",),
        kinds=("calendar.created", "calendar.updated", "calendar.deleted"),
        default_life=LIFE,
        longest_life=LIFE,
        cursor="sync token",
        params={},
        needs_subject=True,
    )


class CalendarAcl(Calendar):
    """`calendar.acl`: who may do what in one calendar."""

    collection = "acl"
    noun = "rule"
    item_key = "ruleId"
    profile = Profile(
        name="calendar.acl",
        api="calendar",
        version="v3",
        scopes=(f"{SCOPE}acls.readonly",),
        kinds=("rule.created", "rule.updated", "rule.deleted"),
        default_life=LIFE,
        longest_life=LIFE,
        cursor="sync token",
        params={"calendarId": CALENDAR_ID},
    )

    def is_gone(self, resource: Mapping[str, Any]) -> bool:
        """Tell whether it is a deletion: a rule that gives no role.

        https://developers.google.com/workspace/calendar/api/v3/reference/acl/list#showDeleted
        """
        return resource.get("role") == "none" or resource.get("deleted") is True


class CalendarSettings(Calendar):
    """`calendar.settings`: a user's settings."""

    collection = "settings"
    noun = "setting"
    item_key = "setting"
    profile = Profile(
        name="calendar.settings",
        api="calendar",
        version="v3",
        scopes=(f"{SCOPE}settings.readonly",),
        kinds=("setting.created", "setting.updated", "setting.deleted"),
        default_life=LIFE,
        longest_life=LIFE,
        cursor="sync token",
        params={},
        needs_subject=True,
    )
