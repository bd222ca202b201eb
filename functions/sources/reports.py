"""Reports: the activities of an application's users, read from a time, overlapping, deduplicated.

Google lists some activities hours late, so a pull overlaps by minutes, and once an hour the whole
lag of the application is read again. What was told is remembered that long.
https://developers.google.com/workspace/admin/reports/v1/guides/push
https://support.google.com/a/answer/7061566 (data retention and lag times)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.domain.change import Found, State
from functions.domain.event import rfc3339
from functions.sources.call import Answer, Call
from functions.sources.source import (
    Moment,
    Page,
    Params,
    Profile,
    Untargeted,
    next_page,
    optional_list,
    read_entries,
    read_time,
)

SCOPE = "https://www.googleapis.com/auth/admin.reports.audit.readonly"
API = "admin"
VERSION = "reports_v1"
PAGE_SIZE = 1000
LIFE = timedelta(hours=6)
OVERLAP = timedelta(minutes=10)
SWEEP_EVERY = timedelta(hours=1)

# As far as Google says that an application's activities may lag, and some more: "a couple of
# minutes" are an hour here, "a few hours" half a day. Of what it says nothing (or once said "one
# to two days", as of logins), three days.
SOON, HOURS, LONGEST_LAG = timedelta(hours=1), timedelta(hours=12), timedelta(hours=72)
LAG: Mapping[str, timedelta] = {
    "access_evaluation": SOON,
    "access_transparency": SOON,
    "admin": SOON,
    "admin_data_action": SOON,
    "assignments": SOON,
    "chat": SOON,
    "chrome": SOON,
    "classroom": SOON,
    "context_aware_access": SOON,
    "data_migration": SOON,
    "mobile": SOON,
    "calendar": HOURS,
    "cloud_search": HOURS,
    "drive": HOURS,
    "groups": HOURS,
    "groups_enterprise": HOURS,
    "saml": HOURS,
    "token": HOURS,
    "user_accounts": HOURS,
    "login": timedelta(hours=48),
}


class ReportsActivities(Untargeted):
    """`reports.activities`: what an application's users did."""

    profile = Profile(
        name="reports.activities",
        api=API,
        version=VERSION,
        scopes=(SCOPE,),
        kinds=("activity.recorded",),
        default_life=LIFE,
        longest_life=LIFE,
        cursor="time of the last pull",
        params={
            "applicationName": {"type": "string", "pattern": "^[a-z_]{1,64}$"},
            "userKey": {"type": "string", "minLength": 1, "maxLength": 320},
            "eventName": {"type": "string", "minLength": 1, "maxLength": 256},
        },
        required=("applicationName",),
        needs_subject=True,
        lists_at_baseline=False,
        remembers=50_000,
    )

    def normal(self, params: Params) -> Params:
        """Fill in all users."""
        return {"userKey": "all", **params}

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call:
        """Build activities.watch; the payload is a hint as any other, but costs nothing."""
        del cursor
        return self.profile.call(
            "activities.watch", params, body={**body, "payload": True}, once=True
        )

    def stop(self, *, channel: str, resource_id: str) -> Call:
        """Build channels.stop."""
        body = {"id": channel, "resourceId": resource_id}
        return self.profile.call("channels.stop", {}, body=body)

    def start(self, params: Params) -> Call:
        """Build the smallest list: its time, by Google's clock, is the cursor."""
        return self.profile.call("activities.list", {**params, "maxResults": 1})

    def read_start(self, answer: Answer) -> str:
        """Take the time of the answer."""
        return str(Reading(read_to=answer.date, swept_at=answer.date))

    def changes(self, params: Params, moment: Moment) -> Call:
        """Build activities.list from where this pull begins."""
        asked = _asked(params, moment)
        wanted = {**params, "maxResults": PAGE_SIZE, "startTime": asked.start}
        if asked.token:
            wanted["pageToken"] = asked.token
        return self.profile.call("activities.list", wanted)

    def read_changes(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page; after the last one all is read up to the first answer's time."""
        activities = optional_list(answer, "items")
        found, unreadable = read_entries(activities, lambda entry: [_read(entry)])
        asked = _asked(params, moment)
        began = asked.began or answer.date
        token = next_page(answer)
        if token:
            page = json.dumps([token, asked.start, rfc3339(began), asked.sweeps])
            return Page(found=found, page=page, unreadable=unreadable)
        before = Reading.read(moment)
        after = Reading(read_to=began, swept_at=began if asked.sweeps else before.swept_at)
        return Page(found=found, cursor=str(after), unreadable=unreadable)

    def listing(self, params: Params, moment: Moment) -> Call:
        """Build the same list: there is no fuller one."""
        return self.changes(params, moment)

    def read_listing(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of it."""
        return self.read_changes(params, moment, answer)

    def get(self, params: Params, *, item: str) -> Call:
        """Build the list: an activity has no get, and is never gone."""
        del item
        return self.start(params)

    def read_get(self, params: Params, answer: Answer, *, item: str) -> Found:
        """An activity that was recorded stays recorded."""
        del params, answer
        return Found(noun="activity", item=item, state=State.PRESENT, resource={}, once=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The cursor: up to when all was read, and when the whole lag was last read again."""

    read_to: datetime
    swept_at: datetime

    def __str__(self) -> str:
        """Give the cursor as it is stored."""
        return f"{rfc3339(self.read_to)} {rfc3339(self.swept_at)}"

    @classmethod
    def read(cls, moment: Moment) -> Reading:
        """Read the stored cursor; an unreadable one begins at the baseline."""
        read_to, _, swept_at = moment.cursor.partition(" ")
        oldest = moment.baseline_at or moment.now - LONGEST_LAG
        return cls(read_to=read_time(read_to) or oldest, swept_at=read_time(swept_at) or oldest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the pages of one pull have in common."""

    start: str
    sweeps: bool
    token: str | None = None
    began: datetime | None = None  # of the first answer, by Google's clock


def _asked(params: Params, moment: Moment) -> Asked:
    """Give where a pull begins: the overlap before the cursor, once an hour the whole lag."""
    if moment.page:
        token, start, began, sweeps = json.loads(moment.page)
        return Asked(start=start, sweeps=sweeps, token=token, began=read_time(began))
    reading = Reading.read(moment)
    since = reading.read_to - OVERLAP
    sweeps = abs(moment.now - reading.swept_at) >= SWEEP_EVERY  # Google's clock may be ahead
    if sweeps:
        # What was not listed yet when the lag was last read may be older than that by a whole lag.
        lag = LAG.get(params["applicationName"], LONGEST_LAG)
        since = min(since, min(moment.now, reading.swept_at) - lag)
    if moment.baseline_at is not None:
        since = max(since, moment.baseline_at)  # nothing older is told
    return Asked(start=rfc3339(since.replace(microsecond=0)), sweeps=sweeps)


def _read(activity: Mapping[str, Any]) -> Found:
    identity = activity.get("id")
    if not isinstance(identity, Mapping):
        msg = "an activity without id"
        raise TypeError(msg)
    qualifier = str(identity.get("uniqueQualifier") or "")
    time = str(identity.get("time") or "")
    if not qualifier or not time:
        msg = "an activity without time or uniqueQualifier"
        raise ValueError(msg)
    return Found(
        noun="activity",
        item=qualifier,
        state=State.PRESENT,
        resource=activity,
        version=f"{time} {qualifier}",
        stamp=time,
        changed=read_time(time),
        kind="activity.recorded",
        once=True,
        apart=time,  # the qualifier is unique among activities of one time
    )
