"""Google's refusals: each row of what the APIs answer, and what we make of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain import errors
from functions.domain.model import Verdict
from functions.domain.refusal import RATE_REASONS, SUBSCRIPTION_DELAY, read_refusal

INVALID, UNAUTHORIZED, NOT_FOUND = Verdict.INVALID, Verdict.UNAUTHORIZED, Verdict.NOT_FOUND
MINUTE = timedelta(minutes=1)


def read(status: int, reason: str = "", **fields: Any) -> errors.Trouble:
    """Read a refusal with a message that does not matter."""
    return read_refusal(status, reason=reason, **({"message": "why"} | fields))


@pytest.mark.parametrize(
    ("status", "reason", "meaning"),
    [
        (400, "channelIdNotUnique", errors.ChannelExists),
        (400, "pushNotSupportedForRequestedResource", errors.Unwatchable),
        (403, "pushNotSupportedForRequestedResource", errors.Unwatchable),
        (400, "push.webhookUrlNotHttps", errors.BadAddress),
        (400, "push.webhookUrlNoHostOrAddress", errors.BadAddress),
        (401, "push.webhookUrlUnauthorized", errors.BadAddress),
        (403, "push.webhookUrlUnauthorized", errors.BadAddress),
        (403, "subscriptionRateLimitExceeded", errors.RateLimited),
        (403, "userRateLimitExceeded", errors.RateLimited),
        (403, "rateLimitExceeded", errors.RateLimited),
        (403, "quotaExceeded", errors.RateLimited),
        (429, "", errors.RateLimited),
        (429, "rateLimitExceeded", errors.RateLimited),
        (410, "fullSyncRequired", errors.CursorExpired),
        (410, "updatedMinTooLongAgo", errors.CursorExpired),
        (410, "", errors.CursorExpired),
        (408, "", errors.Unavailable),
        (500, "backendError", errors.Unavailable),
        (502, "", errors.Unavailable),
        (503, "", errors.Unavailable),
        (504, "", errors.Unavailable),
    ],
)
def test_a_refusal_is_told_by_its_reason(
    status: int, reason: str, meaning: type[errors.Trouble]
) -> None:
    """The reason decides, then the status: precisely this error and no wider one."""
    assert type(read(status, reason)) is meaning


@pytest.mark.parametrize(
    ("status", "reason", "verdict"),
    [
        (400, "pushInvalidTtl", INVALID),
        (400, "entityResource", INVALID),
        (400, "invalid", INVALID),
        (401, "authError", UNAUTHORIZED),
        (403, "forbidden", UNAUTHORIZED),
        (403, "insufficientPermissions", UNAUTHORIZED),
        (403, "watchDenied", UNAUTHORIZED),
        (403, "", UNAUTHORIZED),
        (404, "notFound", NOT_FOUND),
        (404, "", NOT_FOUND),
        (410, "deleted", NOT_FOUND),
        (409, "conflict", INVALID),
        (418, "a reason of 2030", INVALID),
    ],
)
def test_a_no_for_good_carries_its_verdict(status: int, reason: str, verdict: Verdict) -> None:
    """What a retry cannot mend parks the watch under the word for it."""
    refused = read(status, reason)
    assert type(refused) is errors.Refused
    assert refused.verdict is verdict


@pytest.mark.parametrize("reason", sorted(RATE_REASONS))
@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_a_used_quota_is_google_s_wish_to_be_left_alone(status: int, reason: str) -> None:
    """Whatever the status, a quota's reason is a rate limit, which no restart may end."""
    refused = read(status, reason)
    assert isinstance(refused, errors.RateLimited)
    assert refused.asked


def test_the_limiter_of_channels_is_given_minutes() -> None:
    """Drive's limiter of watch creation recovers in minutes to hours, not in seconds."""
    refused = read(403, "subscriptionRateLimitExceeded")
    assert isinstance(refused, errors.RateLimited)
    assert refused.delay == SUBSCRIPTION_DELAY >= 5 * MINUTE
    longer = read(403, "subscriptionRateLimitExceeded", retry_after=60 * MINUTE)
    assert isinstance(longer, errors.RateLimited)
    assert longer.delay == 60 * MINUTE


@pytest.mark.parametrize(("status", "reason"), [(429, ""), (403, "quotaExceeded"), (503, "")])
def test_retry_after_is_kept(status: int, reason: str) -> None:
    """When Google says until when, that is when, and it counts as asked for."""
    refused = read(status, reason, retry_after=7 * MINUTE)
    assert isinstance(refused, errors.Unavailable)
    assert refused.delay == 7 * MINUTE
    assert refused.asked


def test_an_outage_without_retry_after_is_our_own_back_off() -> None:
    """A bare 503 asks for nothing: a restart may try again at once."""
    refused = read(503)
    assert isinstance(refused, errors.Unavailable)
    assert refused.delay is None
    assert not refused.asked


def test_the_text_says_status_reason_and_message() -> None:
    """A person reads what Google said, and looks it up by its words."""
    assert read(403, "quotaExceeded", message="Too much.").text == "403 quotaExceeded: Too much."
    assert read(500, message="Oops.").text == "500: Oops."


@given(st.integers(400, 599), st.text(), st.text(), st.none() | st.timedeltas(timedelta(0)))
def test_reading_a_refusal_is_total(
    status: int, reason: str, message: str, wait: timedelta | None
) -> None:
    """Invariant: any error answer means one of our errors, with a text that fits in a log."""
    refused = read(status, reason, message=message, retry_after=wait)
    assert isinstance(refused, errors.Trouble)
    assert len(refused.text) <= errors.LONGEST_TEXT
