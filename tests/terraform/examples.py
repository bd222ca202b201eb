"""Declared watches, good and bad, that Terraform and the code must judge alike."""

from __future__ import annotations

from typing import Any

ANA = "ana@example.com"
FORWARD = {"forward": {"url": "https://example.com/hook", "secret": "forward-key"}}

GOOD: list[dict[str, Any]] = [
    {"id": "drive", "source": "drive.changes"},
    {
        "id": "drive-handled",
        "source": "drive.changes",
        "subject": ANA,
        "params": {"driveId": "0AExample", "spaces": "drive"},
        "poll": "1h30m",
        "ttl": "6h",
        "push": True,
        "handle": [
            {
                "download": {
                    "mime": ["video/*", "image/*"],
                    "name": "*.mp4",
                    "folder": "F",
                    "to": "gs://bucket/prefix",
                    "max_size": 1000,
                    "on_delete": "keep",
                }
            },
            {"download": {"to": "gs://bucket/prefix", "max_size": "2GB"}},
            FORWARD,
            {"run": "mine.handlers:on_change"},
        ],
    },
    {"id": "file", "source": "drive.files", "params": {"fileId": "x"}, "push": False},
    {"id": "events", "source": "calendar.events", "subject": "*@example.com", "admin": ANA},
    {"id": "calendars", "source": "calendar.calendarList", "subject": ANA, "paused": True},
    {"id": "acl", "source": "calendar.acl", "params": {"calendarId": "team@example.com"}},
    {"id": "settings", "source": "calendar.settings", "subject": ANA, "poll": "1m"},
    {"id": "users", "source": "directory.users", "subject": ANA, "params": {"domain": "a.example"}},
    {"id": "aliases", "source": "directory.aliases", "subject": ANA, "params": {"userKey": ANA}},
    {
        "id": "logins",
        "source": "reports.activities",
        "subject": ANA,
        "params": {"applicationName": "login", "eventName": "login_success"},
    },
    {
        "id": "mail",
        "source": "gmail.mailbox",
        "subject": ANA,
        "params": {"labelIds": ["INBOX", "Label_1"]},
    },
    {"id": "0-empty", "source": "gmail.mailbox", "subject": ANA, "params": {}, "handle": []},
]

# What the variable's own validation refuses.
BAD_AT_ONCE: list[tuple[str, Any]] = [
    ("upper case", [{"id": "UPPER", "source": "drive.changes"}]),
    ("no id", [{"source": "drive.changes"}]),
    ("too long an id", [{"id": "a" * 41, "source": "drive.changes"}]),
    ("no list", "drive.changes"),
    ("twice", [{"id": "a", "source": "drive.changes"}, {"id": "a", "source": "drive.files"}]),
    ("unknown source", [{"id": "a", "source": "drive.change"}]),
    ("no source", [{"id": "a"}]),
    ("unknown key", [{"id": "a", "source": "drive.changes", "colour": "red"}]),
    ("bad duration", [{"id": "a", "source": "drive.changes", "poll": "5 minutes"}]),
    ("bad ttl", [{"id": "a", "source": "drive.changes", "ttl": ""}]),
]


def _drive(**more: Any) -> dict[str, Any]:
    return {"source": "drive.changes", **more}


def _handled(*handlers: Any) -> dict[str, Any]:
    return _drive(handle=list(handlers))


# Each with the place of its fault: these a plan names together.
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no-file": ({"source": "drive.files"}, "params.fileId"),
    "param-case": ({"source": "drive.files", "params": {"fileid": "x"}}, "params.fileid"),
    "param-type": (_drive(params={"driveId": 7}), "params.driveId"),
    "param-empty": (_drive(params={"driveId": ""}), "params.driveId"),
    "param-long": (_drive(params={"driveId": "x" * 129}), "params.driveId"),
    "param-form": (
        {"source": "reports.activities", "subject": ANA, "params": {"applicationName": "A B"}},
        "params.applicationName",
    ),
    "params-text": (_drive(params="driveId"), "params"),
    "labels-text": (
        {"source": "gmail.mailbox", "subject": ANA, "params": {"labelIds": "INBOX"}},
        "params.labelIds",
    ),
    "labels-number": (
        {"source": "gmail.mailbox", "subject": ANA, "params": {"labelIds": [1]}},
        "params.labelIds",
    ),
    "no-subject": ({"source": "calendar.settings"}, "subject"),
    "bad-subject": (_drive(subject="ana"), "subject"),
    "no-admin": (_drive(subject="*@example.com"), "admin"),
    "bad-admin": (_drive(subject="*@example.com", admin="*@example.com"), "admin"),
    "poll-short": (_drive(poll="59s"), "poll"),
    "poll-long": (_drive(poll="3651d"), "poll"),
    "ttl-nothing": (_drive(ttl="0s"), "ttl"),
    "push-text": (_drive(push="yes"), "push"),
    "paused-number": (_drive(paused=1), "paused"),
    "handle-map": (_drive(handle=FORWARD), "handle"),
    "handle-text": (_handled("download"), "handle[0]"),
    "handle-none": (_handled({}), "handle[0]"),
    "handle-two": (_handled({**FORWARD, "run": "a:b"}), "handle[0]"),
    "handle-what": (_handled(FORWARD, {"upload": {"to": "gs://b/p"}}), "handle[1]"),
    "no-target": (_handled({"download": {"mime": "video/*"}}), "handle[0].download.to"),
    "bad-target": (_handled({"download": {"to": "s3://b/p"}}), "handle[0].download.to"),
    "no-mimes": (_handled({"download": {"to": "gs://b/p", "mime": []}}), "handle[0].download.mime"),
    "any-size": (
        _handled({"download": {"to": "gs://b/p", "max_size": "lots"}}),
        "handle[0].download.max_size",
    ),
    "no-size": (
        _handled({"download": {"to": "gs://b/p", "max_size": "0MB"}}),
        "handle[0].download.max_size",
    ),
    "both": (
        {
            "source": "directory.users",
            "subject": ANA,
            "params": {"domain": "a.example", "customer": "C01"},
        },
        "params.customer",
    ),
    "small": (_handled({"download": {"to": "gs://b/p", "max_size": 0}}), "handle[0].download"),
    "burn": (
        _handled({"download": {"to": "gs://b/p", "on_delete": "burn"}}),
        "handle[0].download.on_delete",
    ),
    "option": (_handled({"download": {"to": "gs://b/p", "mimes": "*"}}), "handle[0].download"),
    "no-key": (_handled({"forward": {"url": "https://example.com"}}), "handle[0].forward.secret"),
    "bad-url": (_handled({"forward": {"url": "ftp://x", "secret": "s"}}), "handle[0].forward.url"),
    "bad-run": (_handled({"run": "handlers.py"}), "handle[0].run"),
    "forward-text": (_handled({"forward": "https://example.com"}), "handle[0].forward"),
}

FULL: dict[str, Any] = {
    "watches": GOOD,
    "audit_log": True,
    "download_bucket": "demo-project-downloads",
    "notification_channel": "ops@example.com",
    "forward_secrets": ["declared-elsewhere"],
}
