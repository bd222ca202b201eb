"""Refusals in Google's own JSON error format, by the reasons its APIs give.

https://developers.google.com/workspace/drive/api/guides/handle-errors
"""

from http import HTTPStatus
from typing import Any

# reason: status, domain, message
REASONS: dict[str, tuple[int, str, str]] = {
    "required": (400, "global", "Required"),
    "invalid": (400, "global", "Invalid Value"),
    "invalidParameter": (400, "global", "Invalid parameter"),
    "parseError": (400, "global", "Parse Error"),
    "badRequest": (400, "global", "Bad Request"),
    "failedPrecondition": (400, "global", "Precondition check failed."),
    "channelIdNotUnique": (400, "global", "Channel id not unique"),
    "channelUnknown": (400, "global", "Unknown channel type"),
    "pushInvalidTtl": (400, "global", "Invalid ttl value for channel"),
    "push.webhookUrlNotHttps": (400, "global", "WebHook callback must be HTTPS"),
    "push.webhookUrlNoHostOrAddress": (400, "global", "WebHook callback has no host"),
    "pushNotSupportedForRequestedResource": (
        400,
        "calendar",
        "Push notifications are not supported by this resource.",
    ),
    "authError": (401, "global", "Invalid Credentials"),
    "push.webhookUrlUnauthorized": (401, "global", "Unauthorized WebHook callback channel"),
    "forbidden": (403, "global", "Forbidden"),
    "insufficientPermissions": (403, "global", "Insufficient Permission"),
    "fileNotDownloadable": (
        403,
        "global",
        "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
    ),
    "userRateLimitExceeded": (403, "usageLimits", "User Rate Limit Exceeded"),
    "rateLimitExceeded": (403, "usageLimits", "Rate Limit Exceeded"),
    "subscriptionRateLimitExceeded": (
        403,
        "usageLimits",
        "Rate limit exceeded for creating file subscriptions.",
    ),
    "quotaExceeded": (403, "usageLimits", "Calendar usage limits exceeded."),
    "watchDenied": (403, "global", "Watch is not allowed here."),
    "invalidArgument": (400, "global", "Invalid Argument"),
    "notFound": (404, "global", "Not Found"),
    "channelNotFound": (404, "global", "Channel not found"),
    "duplicate": (409, "global", "The requested identifier already exists."),
    "conditionNotMet": (412, "global", "Precondition Failed"),
    "fullSyncRequired": (
        410,
        "calendar",
        "Sync token is no longer valid, a full sync is required.",
    ),
    "updatedMinTooLongAgo": (
        410,
        "calendar",
        "The requested minimum modification time lies too far in the past.",
    ),
    "deleted": (410, "global", "Resource has been deleted"),
    "requestedRangeNotSatisfiable": (416, "global", "Request range not satisfiable"),
    "backendError": (503, "global", "Backend Error"),
    "internalError": (500, "global", "Internal Error"),
}


class GoogleError(Exception):
    """A refusal of an API call; the reason tells the rest unless it is given."""

    def __init__(
        self,
        reason: str,
        message: str | None = None,
        *,
        status: int | None = None,
        parameter: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        known, self.domain, text = REASONS.get(reason, (status or 400, "global", reason))
        self.reason = reason
        self.status = status or known
        self.message = message or text
        self.parameter = parameter
        self.retry_after = retry_after
        super().__init__(f"{self.status} {reason}: {self.message}")

    def body(self) -> dict[str, Any]:
        """Tell the refusal as Google's answer does."""
        error = {"message": self.message, "domain": self.domain, "reason": self.reason}
        if self.parameter:
            error |= {"location": self.parameter, "locationType": "parameter"}
        return {"error": {"code": self.status, "message": self.message, "errors": [error]}}

    def headers(self) -> dict[str, str]:
        """Tell the headers that belong to the refusal."""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(round(self.retry_after))
        if self.status == HTTPStatus.UNAUTHORIZED:
            realm = 'realm="https://accounts.google.com/"'
            headers["WWW-Authenticate"] = f'Bearer {realm}, error="invalid_token"'
        return headers
