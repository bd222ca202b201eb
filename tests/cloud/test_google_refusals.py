"""What Google's refusals mean: each row of its guides and of the field as one case."""

from __future__ import annotations

import traceback
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.domain import errors
from functions.domain.model import Verdict
from functions.sources.call import Call
from infra.cloud.google_api import GoogleApi
from tests.clocks import HandClock
from tests.scripted import Reply, Script

pytestmark = pytest.mark.usefixtures("no_pauses")

NOON = "Sun, 01 Mar 2026 12:00:00 GMT"
TOKEN = "channel-token-of-some-length"
LIST = Call(
    api="calendar", version="v3", method="events.list", params={"calendarId": "c", "syncToken": "s"}
)
WATCH = Call(
    api="calendar",
    version="v3",
    method="events.watch",
    params={"calendarId": "c"},
    body={"id": "c1", "token": TOKEN},
    once=True,
)


def refusal(status: int, reason: str, message: str = "why", **headers: str) -> Reply:
    """Make an error answer as the Workspace APIs give it."""
    error = {"domain": "global", "reason": reason, "message": message}
    body = {"error": {"code": status, "message": message, "errors": [error]}}
    return Reply(status=status, body=body, headers={"Date": NOON, **headers})


def trouble(api: GoogleApi, call: Call) -> errors.Trouble:
    """Give the error that a call ends with."""
    with pytest.raises(errors.Trouble) as raised:
        api.call(call, subject="ana@example.com")
    return raised.value


@pytest.mark.parametrize(
    ("status", "reason", "meaning"),
    [
        (400, "channelIdNotUnique", errors.ChannelExists),
        (400, "pushNotSupportedForRequestedResource", errors.Unwatchable),
        (403, "pushNotSupportedForRequestedResource", errors.Unwatchable),
        (400, "pushInvalidTtl", errors.Refused),
        (400, "push.webhookUrlNotHttps", errors.BadAddress),
        (400, "push.webhookUrlNoHostOrAddress", errors.BadAddress),
        (401, "push.webhookUrlUnauthorized", errors.BadAddress),
        (403, "push.webhookUrlUnauthorized", errors.BadAddress),
        (400, "required", errors.Refused),
        (403, "subscriptionRateLimitExceeded", errors.RateLimited),
        (403, "userRateLimitExceeded", errors.RateLimited),
        (403, "rateLimitExceeded", errors.RateLimited),
        (429, "rateLimitExceeded", errors.RateLimited),
        (429, "unheardOf", errors.RateLimited),
        (403, "quotaExceeded", errors.RateLimited),
        (403, "dailyLimitExceeded", errors.RateLimited),
        (403, "watchDenied", errors.Refused),
        (404, "notFound", errors.Refused),
        (401, "authError", errors.Refused),
        (403, "forbidden", errors.Refused),
        (410, "fullSyncRequired", errors.CursorExpired),
        (410, "updatedMinTooLongAgo", errors.CursorExpired),
        (410, "deleted", errors.Refused),
        (500, "backendError", errors.Unavailable),
        (502, "badGateway", errors.Unavailable),
        (503, "backendError", errors.Unavailable),
        (504, "timeout", errors.Unavailable),
    ],
)
@pytest.mark.parametrize("call", [LIST, WATCH], ids=["list", "watch"])
def test_each_refusal_has_its_meaning(
    api: GoogleApi, script: Script, call: Call, status: int, reason: str, meaning: type
) -> None:
    """Never, not now, not for this resource, not to this address: each leads elsewhere."""
    script.answer(refusal(status, reason, "why it is so"))
    found = trouble(api, call)
    assert type(found) is meaning
    assert str(found) == f"{status} {reason}: why it is so"


@pytest.mark.parametrize(
    ("status", "reason", "verdict"),
    [
        (401, "authError", Verdict.UNAUTHORIZED),
        (403, "insufficientPermissions", Verdict.UNAUTHORIZED),
        (404, "notFound", Verdict.NOT_FOUND),
        (410, "deleted", Verdict.NOT_FOUND),
        (400, "pushInvalidTtl", Verdict.INVALID),
        (400, "required", Verdict.INVALID),
    ],
)
def test_a_refusal_for_good_parks_under_its_verdict(
    api: GoogleApi, script: Script, status: int, reason: str, verdict: Verdict
) -> None:
    """The verdict tells the owner what to mend."""
    script.answer(refusal(status, reason))
    found = trouble(api, WATCH)
    assert isinstance(found, errors.Refused)
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("retry_after", "delay"),
    [
        ("120", timedelta(seconds=120)),
        (" 7 ", timedelta(seconds=7)),
        ("0", timedelta(0)),
        ("Sun, 01 Mar 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("999999999", timedelta(days=1)),
        ("Sun, 01 Mar 2099 12:00:00 GMT", timedelta(days=1)),
        ("-5", None),
        ("1e3", None),
        ("soon", None),
        ("٣", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [403, 429, 503])
def test_what_google_asks_us_to_wait_is_handed_on(
    api: GoogleApi, script: Script, status: int, retry_after: str, delay: timedelta | None
) -> None:
    """Seconds or a date; nonsense is none, and a slip of Google's silences no watch for good."""
    header = retry_after.encode().decode("latin-1")
    script.answer(refusal(status, "rateLimitExceeded", **{"Retry-After": header}))
    found = trouble(api, WATCH)
    assert isinstance(found, errors.Unavailable)
    assert found.delay == delay


def test_a_date_to_wait_for_is_one_of_googles_clock(
    api: GoogleApi, script: Script, clock: HandClock
) -> None:
    """Ours may be hours off."""
    clock.sleep(timedelta(hours=3))
    script.answer(refusal(503, "x", **{"Retry-After": "Sun, 01 Mar 2026 12:10:00 GMT"}))
    found = trouble(api, WATCH)
    assert isinstance(found, errors.Unavailable)
    assert found.delay == timedelta(minutes=10)


def test_without_googles_clock_the_date_is_one_of_ours(
    api: GoogleApi, script: Script, clock: HandClock
) -> None:
    """Better than no wait at all."""
    clock.sleep(timedelta(minutes=3))
    date = "Sun, 01 Mar 2026 12:10:00 GMT"
    script.answer(Reply(status=503, headers={"Date": None, "Retry-After": date}))
    found = trouble(api, WATCH)
    assert isinstance(found, errors.Unavailable)
    assert found.delay == timedelta(minutes=7)


def test_the_limit_for_new_channels_is_waited_out_for_minutes(
    api: GoogleApi, script: Script
) -> None:
    """It is a limiter of its own: tried again soon it only grows angrier."""
    script.answer(refusal(403, "subscriptionRateLimitExceeded"))
    found = trouble(api, LIST)
    assert isinstance(found, errors.RateLimited)
    assert found.delay == timedelta(minutes=5)
    assert len(script.asked) == 1


def details(reason: str) -> list[dict[str, Any]]:
    """Make the details of the newer error format."""
    return [
        {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "x"},
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"errors": [{"reason": "a"}, {"reason": "b"}], "message": "m"}}, "400 a: m"),
        ({"error": {"errors": [{}, {"reason": "b"}], "message": "m"}}, "400 b: m"),
        ({"error": {"details": details("SOME_REASON"), "message": "m"}}, "400 SOME_REASON: m"),
        (
            {"error": {"errors": [{"reason": "a"}], "details": details("B"), "status": "C"}},
            "400 a: Bad Request",
        ),
        ({"error": {"status": "INVALID_ARGUMENT", "message": "m"}}, "400 INVALID_ARGUMENT: m"),
        ({"error": {"message": "m"}}, "400: m"),
        ({"error": "invalid_request"}, "400 invalid_request: Bad Request"),
        ({"error": {"errors": "none", "details": 7, "message": ["m"]}}, "400: Bad Request"),
        ({"error": {"errors": [7, None, {"reason": 7}], "status": {}}}, "400: Bad Request"),
        ({"error": None}, "400: Bad Request"),
        ({"error": [1]}, "400: Bad Request"),
        ({"fault": "hidden"}, "400: Bad Request"),
        ([{"error": {"message": "hidden"}}], "400: Bad Request"),
        ("hidden", "400: Bad Request"),
        (b"<html>hidden</html>", "400: Bad Request"),
        (b"", "400: Bad Request"),
        (b"\xff", "400: Bad Request"),
        (b"[" * 9999, "400: Bad Request"),
    ],
)
def test_every_shape_of_error_is_read(api: GoogleApi, script: Script, body: Any, text: str) -> None:
    """Old format, new format, OAuth's, a proxy's page: a reason if there is one, never the body."""
    script.answer(Reply(status=400, body=body))
    assert str(trouble(api, LIST)) == text


@pytest.mark.parametrize(
    "body", [{"error": "the status of errors"}, [], {}, b"x", {"error": {"errors": []}}]
)
def test_an_odd_403_is_still_a_refusal(api: GoogleApi, script: Script, body: Any) -> None:
    """Google's library looks into the bodies of 403s and stumbles over some of these."""
    script.answer(Reply(status=403, body=body))
    found = trouble(api, LIST)
    assert isinstance(found, errors.Refused)
    assert found.verdict is Verdict.UNAUTHORIZED


@pytest.mark.parametrize("status", [301, 302, 304, 307, 308])
def test_a_redirect_is_an_outage_and_not_followed(
    api: GoogleApi, script: Script, status: int
) -> None:
    """Google's APIs redirect nobody; whoever does shall not see our token."""
    script.answer(Reply(status=status, headers={"Location": script.url + "/elsewhere"}, body=b""))
    found = trouble(api, WATCH)
    assert type(found) is errors.Unavailable
    assert [asked.path for asked in script.asked] == ["/calendar/v3/calendars/c/events/watch"]


def test_a_status_that_nobody_knows_is_read(api: GoogleApi, script: Script) -> None:
    """A status without a name ends no flow."""
    script.answer(Reply(status=599, body=b""))
    assert type(trouble(api, WATCH)) is errors.Unavailable
    script.answer(Reply(status=499, body=b""))
    assert type(trouble(api, WATCH)) is errors.Refused


def test_a_text_is_short(api: GoogleApi, script: Script) -> None:
    """A message of pages is cut."""
    script.answer(refusal(400, "badRequest", "long\n" * 1000))
    text = str(trouble(api, LIST))
    assert len(text) == 256
    assert "\n" not in text


def test_a_channel_token_is_never_repeated(api: GoogleApi, script: Script) -> None:
    """Even if Google quotes the token of a watch its error does not, not even a cut piece of it."""
    script.answer(refusal(400, "invalid", f"Invalid value for token: {TOKEN}"))
    assert str(trouble(api, WATCH)) == "400 invalid: Invalid value for token: ***"
    script.answer(refusal(400, "invalid", "x" * 230 + TOKEN))
    assert TOKEN[:5] not in str(trouble(api, WATCH))


def test_a_short_token_does_not_spoil_the_words(api: GoogleApi, script: Script) -> None:
    """What is no secret may be part of any word."""
    script.answer(refusal(400, "channelIdNotUnique", "not unique"))
    call = replace(WATCH, body={"id": "c1", "token": "t"})
    assert str(trouble(api, call)) == "400 channelIdNotUnique: not unique"


def test_no_error_shows_what_we_sent(api: GoogleApi, script: Script) -> None:
    """Neither text nor causes of an error have the body, the bearer token or the address."""
    script.answer(refusal(500, "backendError"))
    shown = "".join(traceback.format_exception(trouble(api, WATCH)))
    assert TOKEN not in shown
    assert "Bearer" not in shown
    assert "quotaUser" not in shown


@pytest.mark.parametrize(
    ("status", "reason", "times"),
    [(500, "backendError", 3), (503, "x", 3), (429, "x", 3), (403, "userRateLimitExceeded", 3),
     (400, "x", 1), (403, "forbidden", 1), (404, "x", 1), (410, "x", 1)],
)  # fmt: skip
def test_reads_are_tried_three_times_if_it_may_pass(
    api: GoogleApi, script: Script, status: int, reason: str, times: int
) -> None:
    """A hiccup of Google's needs no retry of ours; a refusal is not asked for twice."""
    script.answer(refusal(status, reason))
    trouble(api, LIST)
    assert len(script.asked) == times


def test_a_read_that_goes_well_at_last_is_well(api: GoogleApi, script: Script) -> None:
    """The third try's answer is the answer."""
    script.answer(refusal(503, "backendError"), refusal(500, "x"), Reply(body={"items": []}))
    assert api.call(LIST, subject=None).body == {"items": []}


def test_who_is_asked_to_wait_does_not_knock_again(api: GoogleApi, script: Script) -> None:
    """With a Retry-After there is no try before it is over."""
    script.answer(refusal(503, "backendError", **{"Retry-After": "30"}))
    found = trouble(api, LIST)
    assert isinstance(found, errors.Unavailable)
    assert (found.delay, found.asked) == (timedelta(seconds=30), True)
    assert len(script.asked) == 1
