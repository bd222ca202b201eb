"""Calendar from end to end: what is told of events, calendars, rules and settings, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.domain.model import ChannelState, Listing, Verdict
from functions.ports import Case
from functions.sources.call import Call
from tests.world.far import FarSystem
from tests.world.system import ANA, SECOND, TICK

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEAM = "team@group.calendar.google.com"
HOLIDAYS = "en.german#holiday@group.v.calendar.google.com"
NOON = {"dateTime": "2026-04-01T12:00:00Z"}
ONE = {"dateTime": "2026-04-01T13:00:00Z"}


def begin(system: FarSystem, source: str = "calendar.events", **more: Any) -> None:
    """Watch Ana's own calendar (or what else) and wait until it is covered."""
    system.watch(source, subject=ANA, **more)
    assert [channel.state for channel in system.channels("it")] == [ChannelState.LIVE]
    assert system.told() == []


def test_events_are_created_updated_and_deleted(system: FarSystem) -> None:
    """The three kinds, with push alone; of what was there before nothing is told."""
    calendar = system.world.calendar
    old = calendar.put_event(ANA, summary="old", start=NOON, end=ONE)
    begin(system, poll="24h")
    new = calendar.put_event(ANA, summary="new", start=NOON, end=ONE)
    system.pass_time(5 * SECOND)
    assert system.told() == [("event.created", new.id)]
    calendar.put_event(ANA, new.id, summary="newer")
    calendar.put_event(ANA, old.id, summary="older")
    system.pass_time(5 * SECOND)
    assert system.told() == [("event.updated", new.id), ("event.updated", old.id)]
    calendar.cancel_event(ANA, new.id)
    calendar.cancel_event(ANA, old.id, bare=True)
    system.pass_time(5 * SECOND)
    assert system.told() == [("event.deleted", new.id), ("event.deleted", old.id)]
    system.pass_time(2 * DAY)
    assert system.told() == []


def test_event_that_returns_is_judged_as_first_seen(system: FarSystem) -> None:
    """After a told deletion it is new again, and may be deleted again."""
    calendar = system.world.calendar
    begin(system)
    event = calendar.put_event(ANA, summary="here", start=NOON, end=ONE)
    for returns in (False, True, False):
        system.pass_time(5 * SECOND)
        if returns:
            calendar.put_event(ANA, event.id, summary="again")
        else:
            calendar.cancel_event(ANA, event.id)
    system.pass_time(5 * SECOND)
    ids = [event.id for event in system.sink.told]
    verbs = [kind.partition(".")[2] for kind, _ in system.told()]
    assert verbs == ["created", "deleted", "created", "deleted"]
    assert len(ids) == len(set(ids))


def test_recurring_events_and_their_cancelled_instances(system: FarSystem) -> None:
    """A series is one event; an exception one of its own, a cancelled instance a deletion."""
    calendar = system.world.calendar
    rule: dict[str, Any] = {"recurrence": ["RRULE:FREQ=DAILY;COUNT=5"], "start": NOON, "end": ONE}
    old = calendar.put_event(ANA, summary="old series", **rule)
    calendar.change_instance(ANA, old.id, NOON, cancelled=True)
    begin(system)
    series = calendar.put_event(ANA, summary="series", **rule)
    system.pass_time(5 * SECOND)
    assert system.told() == [("event.created", series.id)]
    moved = calendar.change_instance(ANA, series.id, NOON, cancelled=False, summary="moved")
    system.pass_time(5 * SECOND)
    assert system.told() == [("event.created", moved.id)]
    gone = calendar.change_instance(
        ANA, series.id, {"dateTime": "2026-04-02T12:00:00Z"}, cancelled=True
    )
    calendar.change_instance(ANA, series.id, NOON, cancelled=True)
    system.pass_time(5 * SECOND)
    assert system.told() == [("event.deleted", gone.id), ("event.deleted", moved.id)]
    # A full listing lists the cancelled instances again, those of the baseline among them.
    void_tokens(system)
    calendar.put_event(ANA, series.id, summary="renamed")
    system.pass_time(2 * HOUR)
    assert system.told() == [("event.updated", series.id)]


def void_tokens(system: FarSystem, calendar: str = ANA) -> None:
    """Have every sync token so far refused."""
    log = system.world.calendar.calendar(calendar).events.log
    log.floor = log.end(system.world.clock.now() + 10**6) + 1
    system.world.calendar.put_event(calendar, "void", summary="after the tokens")
    system.world.calendar.cancel_event(calendar, "void")


def test_token_expires_while_events_were_deleted(system: FarSystem) -> None:
    """410: all is listed anew, deletions are found by absence and verified, nothing twice."""
    calendar = system.world.calendar
    kept, gone, bare = (calendar.put_event(ANA, summary=str(n)) for n in range(3))
    begin(system, poll="1h")
    changed = calendar.put_event(ANA, summary="known")
    system.pass_time(5 * SECOND)
    assert system.told() == [("event.created", changed.id)]
    system.lose_notifications()
    calendar.cancel_event(ANA, gone.id)
    calendar.cancel_event(ANA, bare.id, bare=True)
    calendar.put_event(ANA, changed.id, summary="changed")
    fresh = calendar.put_event(ANA, summary="fresh")
    void_tokens(system)
    system.pass_time(HOUR + TICK)
    told = system.told()
    assert sorted(told) == sorted(
        [
            ("event.updated", changed.id),
            ("event.created", fresh.id),
            ("event.deleted", gone.id),
            ("event.deleted", bare.id),
        ]
    )
    assert system.sink.troubles() == ["resynced"]
    assert system.far.count("calendar.events.get") == 2
    system.pass_time(DAY)
    assert system.told() == []
    assert kept.id not in {item for _, item in told}


def test_deletion_by_absence_has_the_id_of_the_one_by_word(system: FarSystem) -> None:
    """Google may tell later what was found by absence: it is the same event, told once."""
    calendar = system.world.calendar
    begin(system, poll="1h")
    event = calendar.put_event(ANA, summary="x")
    system.pass_time(5 * SECOND)
    calendar.cancel_event(ANA, event.id)
    void_tokens(system)
    system.pass_time(HOUR + TICK)
    assert system.told() == [("event.created", event.id), ("event.deleted", event.id)]


def test_lost_notification_is_found_by_the_poll(system: FarSystem) -> None:
    """No message comes, the poll does; nothing is told twice when it comes after all."""
    begin(system, poll="10m")
    system.world.faults.set("delay", seconds=1800)
    event = system.world.calendar.put_event(ANA, summary="x")
    system.pass_time(5 * TICK)
    assert system.told() == []
    system.pass_time(6 * TICK)
    assert system.told() == [("event.created", event.id)]
    system.pass_time(HOUR)
    assert system.told() == []


def test_channel_is_renewed_without_a_gap(system: FarSystem) -> None:
    """Another channel is there before the first is stopped, and the cursor stays."""
    begin(system, poll="24h")
    (first,) = system.channels("it")
    cursor = system.progress("it").cursor
    system.pass_time(DAY)
    (second,) = system.channels("it")
    assert second.id != first.id
    assert [channel.ask.id for channel in system.far.alive()] == [second.id]
    assert system.progress("it").uncovered_seconds == 0
    assert cursor is not None
    event = system.world.calendar.put_event(ANA, summary="x")
    system.pass_time(5 * SECOND)
    assert system.told() == [("event.created", event.id)]


def test_push_that_lands_during_a_slow_pull_causes_another(system: FarSystem) -> None:
    """What changes after Google has made its answer is read by a pull of its own, at once."""
    calendar = system.world.calendar
    begin(system, poll="24h")
    made: list[str] = []

    def between(call: Call) -> None:
        if call.method == "events.list" and not made:
            made.append(calendar.put_event(ANA, summary="during").id)
            system.deliver()  # the message arrives while the answer is on its way
            system.clock.move(30 * SECOND)

    system.far.between = between
    first = calendar.put_event(ANA, summary="before")
    system.pass_time(40 * SECOND)
    assert system.told() == [("event.created", first.id), ("event.created", made[0])]
    assert system.progress("it").pull_at is not None


def test_push_during_a_full_listing_is_not_lost(system: FarSystem) -> None:
    """The token of a long listing begins where the listing began."""
    calendar = system.world.calendar
    events = [calendar.put_event(ANA, summary=str(n)) for n in range(5)]
    made: list[str] = []

    def between(call: Call) -> None:
        if call.method == "events.list" and not made:
            made.append(calendar.put_event(ANA, events[0].id, summary="changed meanwhile").id)
            made.append(calendar.put_event(ANA, summary="made meanwhile").id)

    system.far.between = between
    system.watch("calendar.events", subject=ANA)
    assert system.told() == [("event.updated", made[0]), ("event.created", made[1])]


@pytest.mark.parametrize("minutes", [3, 7])
def test_holiday_calendar_causes_no_storm(system: FarSystem, minutes: int) -> None:
    """It refuses push and voids its tokens within minutes: polled, fewer and fewer full lists."""
    calendar = system.world.calendar
    calendar.calendar(HOLIDAYS)
    for number in range(20):
        calendar.put_event(HOLIDAYS, summary=str(number))
    calendar.calendars[HOLIDAYS].events.token_life = 60.0 * minutes
    params = {"calendarId": HOLIDAYS}
    system.watch("calendar.events", subject=ANA, params=params, poll="5m")
    assert system.progress("it").verdict is Verdict.UNWATCHABLE
    assert (system.told(), system.sink.troubles()) == ([], [])
    system.far.calls.clear()
    hours = 12
    for hour in range(hours):
        calendar.put_event(HOLIDAYS, f"day{hour}", summary="new")
        system.pass_time(HOUR)
    system.pass_time(HOUR)
    lists = system.far.count("calendar.events.list")
    assert system.far.count("calendar.events.watch") <= 1
    assert lists <= 13 * (hours + 1), f"{lists} calls in {hours} hours"
    told = system.told()
    assert [kind for kind, _ in told] == ["event.created"] * hours
    assert len(set(told)) == hours


def test_revoked_access_parks_and_resumes(system: FarSystem) -> None:
    """One event each, nothing delivered between, and everything after."""
    begin(system, poll="10m")
    system.world.access.revoke(ANA)
    event = system.world.calendar.put_event(ANA, summary="x")
    system.pass_time(HOUR)
    assert system.progress("it").verdict is Verdict.UNAUTHORIZED
    assert system.sink.troubles() == ["parked"]
    calls = len(system.far.calls)
    system.pass_time(2 * HOUR)
    assert len(system.far.calls) - calls <= 6
    system.world.access.restore(ANA)
    system.pass_time(DAY)
    assert system.sink.troubles() == ["parked", "resumed"]
    assert system.told() == [("event.created", event.id)]
    assert [channel.state for channel in system.channels("it")] == [ChannelState.LIVE]


def test_deleted_calendar_parks_its_watch_and_tells_of_no_event(system: FarSystem) -> None:
    """The container is gone: `not_found`; its events are not told as deleted."""
    calendar = system.world.calendar
    calendar.create_calendar(ANA, summary="team", calendar_id=TEAM)
    calendar.put_event(TEAM, summary="x")
    begin(system, params={"calendarId": TEAM}, poll="10m")
    calendar.remove_calendar(TEAM)
    system.pass_time(HOUR)
    assert system.progress("it").verdict is Verdict.NOT_FOUND
    assert (system.told(), system.sink.troubles()) == ([], ["parked"])
    calls = len(system.far.calls)
    system.pass_time(12 * HOUR)
    assert len(system.far.calls) - calls <= 6


def test_410_deleted_is_no_matter_of_the_cursor(system: FarSystem) -> None:
    """It parks as a 404 does, and leads to no full list."""
    begin(system, poll="10m")
    system.world.faults.set("error", method="calendar.events.list", reason="deleted", status=410)
    system.pass_time(HOUR)
    assert system.progress("it").verdict is Verdict.NOT_FOUND
    assert system.sink.troubles() == ["parked"]


def test_refused_page_begins_the_list_again(system: FarSystem) -> None:
    """A page token that Google takes no longer must not hold up a watch for ever."""
    calendar = system.world.calendar
    for number in range(3):
        calendar.put_event(ANA, summary=str(number))
    begin(system, poll="10m")
    progress = system.progress("it")
    events = [calendar.put_event(ANA, summary=f"n{number}") for number in range(2)]
    system.lose_notifications()
    break_page(system, listing=False)
    system.pass_time(HOUR)
    assert system.told() == [("event.created", event.id) for event in events]
    assert progress.verdict is Verdict.OK


def break_page(system: FarSystem, *, listing: bool) -> None:
    """Have the watch stand at a page of a list that Google has forgotten."""

    def decide(case: Case) -> Case:
        assert case.progress is not None
        if listing:
            stand = Listing(mode="resync", round=case.progress.round + 1, page="forgotten")
            return Case(replace(case.progress, listing=stand, round=stand.round), {})
        return Case(replace(case.progress, page="forgotten"), {})

    system.sqlite.change("it", decide)


def test_refused_page_of_a_full_list_begins_it_again(system: FarSystem) -> None:
    """The same for a listing that broke off days ago."""
    begin(system, poll="10m")
    event = system.world.calendar.put_event(ANA, summary="x")
    break_page(system, listing=True)
    system.pass_time(HOUR)
    assert system.told() == [("event.created", event.id)]
    assert system.progress("it").verdict is Verdict.OK


def test_list_of_calendars(system: FarSystem) -> None:
    """`calendar.calendarList`: subscribed, changed, gone; and after a void token by absence."""
    calendar = system.world.calendar
    begin(system, "calendar.calendarList", poll="1h")
    calendar.create_calendar(ANA, summary="team", calendar_id=TEAM)
    system.pass_time(5 * SECOND)
    assert system.told() == [("calendar.created", TEAM)]
    calendar.subscribe(ANA, TEAM, selected=False, colorId="7")
    system.pass_time(5 * SECOND)
    assert system.told() == [("calendar.updated", TEAM)]
    calendar.unsubscribe(ANA, TEAM)
    system.pass_time(5 * SECOND)
    assert system.told() == [("calendar.deleted", TEAM)]
    calendar.subscribe(ANA, TEAM)
    system.pass_time(5 * SECOND)
    assert system.told() == [("calendar.created", TEAM)]
    log = calendar.list_of(ANA).log
    calendar.unsubscribe(ANA, TEAM)
    log.floor = log.end(system.world.clock.now() + 10**6) + 1
    system.pass_time(HOUR + TICK)
    assert system.told() == [("calendar.deleted", TEAM)]
    system.pass_time(DAY)
    assert system.told() == []


def test_access_rules(system: FarSystem) -> None:
    """`calendar.acl`: a rule given, changed, taken away (a rule without a role)."""
    calendar, rule = system.world.calendar, "user:ben@example.com"
    begin(system, "calendar.acl", params={"calendarId": "primary"}, poll="1h")
    for role in ("reader", "writer", "none"):
        calendar.put_rule(ANA, rule, role)
        system.pass_time(5 * SECOND)
    kinds = [("rule.created", rule), ("rule.updated", rule), ("rule.deleted", rule)]
    assert system.told() == kinds
    calendar.put_rule(ANA, rule, "reader")
    system.pass_time(5 * SECOND)
    calendar.put_rule(ANA, rule, "none")
    log = calendar.calendar(ANA).rules.log
    log.floor = log.end(system.world.clock.now() + 10**6) + 1
    system.pass_time(HOUR + TICK)
    assert system.told() == [("rule.created", rule), ("rule.deleted", rule)]


def test_settings(system: FarSystem) -> None:
    """`calendar.settings`: a new one, a change; one that is gone is found by absence alone."""
    calendar = system.world.calendar
    begin(system, "calendar.settings", poll="1h")
    calendar.put_setting(ANA, "locale", "de")
    calendar.put_setting(ANA, "newOne", "1")
    system.pass_time(5 * SECOND)
    assert sorted(system.told()) == [("setting.created", "newOne"), ("setting.updated", "locale")]
    calendar.put_setting(ANA, "newOne", None)
    log = calendar.settings_of(ANA).log
    log.floor = log.end(system.world.clock.now() + 10**6) + 1
    system.pass_time(HOUR + TICK)
    assert system.told() == [("setting.deleted", "newOne")]


def test_many_expired_cursors_start_few_full_lists(system: FarSystem) -> None:
    """Sixteen tokens are refused at once: full lists begin ten at a time, and all are caught up."""
    accounts = [f"u{number}@example.com" for number in range(16)]
    watches = {
        f"w{number}": {"source": "calendar.events", "subject": account, "poll": "10m"}
        for number, account in enumerate(accounts)
    }
    system.declare(**watches)
    system.pass_time(3 * TICK)
    system.lose_notifications()
    for account in accounts:
        system.world.calendar.put_event(account, summary="x")
        void_tokens(system, account)
    full: list[datetime] = []

    def between(call: Call) -> None:
        if call.method == "events.list" and "syncToken" not in call.params:
            full.append(system.clock.now())

    system.far.between = between
    system.sink.told.clear()
    system.pass_time(HOUR)
    at_once = max(
        sum(1 for other in full if timedelta(0) <= other - time < 20 * SECOND) for time in full
    )
    assert len(full) == 16
    assert at_once <= 10
    created = [e for e in system.sink.told if e.type.endswith("event.created")]
    assert len(created) == 16
