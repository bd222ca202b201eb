"""Reads an error answer of a Google API: which of our errors does it mean?

The table follows Google's guides for errors and the reasons seen in the wild; an unknown reason
falls back on the status. https://developers.google.com/workspace/drive/api/guides/handle-errors
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from functions.domain import errors
from functions.domain.model import Verdict

# A limiter of its own for making channels; minutes are not enough for it.
SUBSCRIPTION_DELAY = timedelta(minutes=5)

RATE_REASONS = frozenset(
    {
        "userRateLimitExceeded",
        "rateLimitExceeded",
        "quotaExceeded",
        "dailyLimitExceeded",
        "sharingRateLimitExceeded",
        "concurrentLimitExceeded",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
    }
)
ADDRESS_REASONS = ("push.webhookUrl", "webhookUrl")
# How Gmail says that an account has no mailbox (any more): 400 failedPrecondition.
NO_MAILBOX = "Mail service not enabled"
PUSH_REFUSED = "pushNotSupportedForRequestedResource"


def read_refusal(
    status: int, *, reason: str, message: str, retry_after: timedelta | None = None
) -> errors.Trouble:
    """Give the error that `status` and Google's `reason` mean; `message` is for people."""
    text = f"{status} {reason}: {message}" if reason else f"{status}: {message}"
    by_reason = _by_reason(text, reason, retry_after)
    return by_reason or _by_status(text, status, reason, retry_after)


def _by_reason(text: str, reason: str, retry_after: timedelta | None) -> errors.Trouble | None:
    if reason == "channelIdNotUnique":
        return errors.ChannelExists(text)
    if reason == PUSH_REFUSED:
        return errors.Unwatchable(text)
    if reason.startswith(ADDRESS_REASONS):
        return errors.BadAddress(text)
    if reason == "subscriptionRateLimitExceeded":
        return errors.RateLimited(text, retry_after or SUBSCRIPTION_DELAY, asked=True)
    if reason in RATE_REASONS:
        return errors.RateLimited(text, retry_after, asked=True)
    return None


def _by_status(
    text: str, status: int, reason: str, retry_after: timedelta | None
) -> errors.Trouble:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return errors.RateLimited(text, retry_after, asked=True)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return errors.Refused(text, Verdict.UNAUTHORIZED)
    if status == HTTPStatus.NOT_FOUND or NO_MAILBOX in text:
        return errors.Refused(text, Verdict.NOT_FOUND)
    if status == HTTPStatus.GONE:
        # Calendar answers 410 also for a resource that was deleted: not a matter of the cursor.
        # https://developers.google.com/workspace/calendar/api/guides/errors#410_gone
        if reason in {"deleted", "resourceDeleted"}:
            return errors.Refused(text, Verdict.NOT_FOUND)
        return errors.CursorExpired(text)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return errors.Unavailable(text, retry_after, asked=retry_after is not None)
    return errors.Refused(text, Verdict.INVALID)
