"""A cloud project's REST APIs on this machine: Scheduler, Pub/Sub, Monitoring, Firestore's admin.

Every question and every answer is held against Google's own discovery documents.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests

from tests.cloud.giving import Redirected
from tests.local.google.discovery import DOCUMENTS, check_answer, full_path, methods

Json = dict[str, Any]
DOCUMENTS |= {
    "cloudscheduler": "cloudscheduler.v1",
    "firestore": "firestore.v1",
    "monitoring": "monitoring.v3",
    "pubsub": "pubsub.v1",
}
ROOT = "projects/{project}"


@dataclass
class CloudProject:
    """A project as Terraform leaves it; tests plant faults in it."""

    project: str
    jobs: dict[str, list[Json]] = field(default_factory=dict)  # by location
    subscriptions: list[Json] = field(default_factory=list)
    fields: dict[str, Json] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)  # by subscription
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)  # by API
    page: int = 2
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def answer(self, api: str, path: str, params: dict[str, str]) -> tuple[int, Json]:
        """Answer a GET as Google does."""
        if api in self.refused:
            status, text = self.refused[api]
            return status, {"error": {"code": status, "message": text, "status": "REFUSED"}}
        self.asked.append(f"{api} {path}")
        method, named = _method(api, path)
        known = {*methods(api)[method]["parameters"], *named}
        if stray := set(params) - known:
            return 400, {"error": {"code": 400, "message": f"Unknown name {stray}"}}
        made = self._made(method, path, params)
        if made is None:
            return 404, {"error": {"code": 404, "message": f"Resource not found: {path}"}}
        check_answer(api, method, made)
        return 200, made

    def _made(self, method: str, path: str, params: dict[str, str]) -> Json | None:
        last = path.rpartition("/")[2]
        if method == "cloudscheduler.projects.locations.list":
            return self._paged(
                "locations",
                [
                    {"name": f"projects/{self.project}/locations/{name}", "locationId": name}
                    for name in self.jobs
                ],
                params,
            )
        if method == "cloudscheduler.projects.locations.jobs.list":
            return self._paged("jobs", self.jobs[path.split("/")[-2]], params)
        if method == "pubsub.projects.subscriptions.list":
            return self._paged("subscriptions", self.subscriptions, params)
        if method == "monitoring.projects.timeSeries.list":
            return self._series(params)
        assert method == "firestore.projects.databases.collectionGroups.fields.get", method
        return self.fields.get(f"{path.split('/')[-3]}.{last}")

    def _paged(self, key: str, every: list[Json], params: dict[str, str]) -> Json:
        """Give a page; an empty list is left out, as Google does."""
        first = int(params.get("pageToken", "0"))
        found: Json = {}
        if here := every[first : first + self.page]:
            found[key] = here
        if first + self.page < len(every):
            found["nextPageToken"] = str(first + self.page)
        return found

    def _series(self, params: dict[str, str]) -> Json:
        wanted = re.fullmatch(
            r'metric\.type="pubsub\.googleapis\.com/subscription/num_undelivered_messages"'
            r' AND resource\.labels\.subscription_id="([^"]+)"',
            params["filter"],
        )
        assert wanted is not None, params["filter"]
        start, end = (
            datetime.fromisoformat(params[f"interval.{name}"]) for name in ("startTime", "endTime")
        )
        assert timedelta(minutes=5) < end - start <= timedelta(hours=1)
        if wanted[1] not in self.dead:
            return {}
        points = [
            {
                "interval": {"startTime": _text(at), "endTime": _text(at)},
                "value": {"int64Value": str(count)},
            }
            for at, count in ((end, self.dead[wanted[1]]), (start, 99))  # the newest comes first
        ]
        return {"timeSeries": [{"metricKind": "GAUGE", "valueType": "INT64", "points": points}]}


def healthy(project: str) -> CloudProject:
    """Give a project in which all is as it should be."""
    now = datetime.now(UTC)
    jobs = [_job(project, name, now) for name in ("other-1", "other-2", "watchkeeper-renew")]
    pushed = {"notifications": "sync", "changes": "handle", "gmail": "sync"}
    subscriptions = [_pushing(project, topic, to) for topic, to in pushed.items()]
    subscriptions += [
        {
            "name": f"projects/{project}/subscriptions/{topic}-dead",
            "topic": f"projects/{project}/topics/{topic}-dead",
            "pushConfig": {},
            "state": "ACTIVE",
        }
        for topic in pushed
    ]
    return CloudProject(
        project=project,
        jobs={"europe-west1": [], "us-central1": jobs, "us-east1": []},
        subscriptions=subscriptions,
        fields={
            **{
                f"{name}.delete_at": {"ttlConfig": {"state": "ACTIVE"}, "indexConfig": {}}
                for name in ("channels", "handled", "progress", "seen", "unreadable")
            },
            "progress.due_at": {"indexConfig": _automatic("due_at")},
        },
        dead=dict.fromkeys(("notifications-dead", "changes-dead", "gmail-dead"), 0),
    )


def _job(project: str, name: str, now: datetime) -> Json:
    return {
        "name": f"projects/{project}/locations/us-central1/jobs/{name}",
        "schedule": "* * * * *",
        "state": "ENABLED",
        "lastAttemptTime": f"{now:%Y-%m-%dT%H:%M:%S}.123456789Z",
        "status": {},
    }


def _pushing(project: str, topic: str, to: str) -> Json:
    return {
        "name": f"projects/{project}/subscriptions/{topic}-{to}",
        "topic": f"projects/{project}/topics/{topic}",
        "pushConfig": {"pushEndpoint": f"https://watchkeeper-{to}.example.run.app"},
        "deadLetterPolicy": {
            "deadLetterTopic": f"projects/{project}/topics/{topic}-dead",
            "maxDeliveryAttempts": 20,
        },
        "state": "ACTIVE",
    }


def _automatic(name: str) -> Json:
    return {
        "usesAncestorConfig": True,
        "ancestorField": "projects/p/databases/d/collectionGroups/__default__/fields/*",
        "indexes": [
            {
                "queryScope": "COLLECTION",
                "fields": [{"fieldPath": name, "order": order}],
                "state": "READY",
            }
            for order in ("ASCENDING", "DESCENDING")
        ],
    }


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def _method(api: str, path: str) -> tuple[str, set[str]]:
    """Find the method of a GET; AssertionError if Google has none. Gives the usual parameters."""
    for method, described in methods(api).items():
        pattern = re.sub(r"\{[^}]*\}", "[^/]+", full_path(api, method))
        if described["httpMethod"] == "GET" and re.fullmatch(pattern, f"/{path}"):
            return method, {"alt", "fields", "key", "prettyPrint"}
    raise AssertionError(f"{api} has no GET {path}")


@contextmanager
def served(cloud: CloudProject) -> Iterator[requests.Session]:
    """Serve a project for the length of the block; gives a session that leads to it."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            host, _, path = unquote(parts.path).lstrip("/").partition("/")
            api = host.removesuffix(".googleapis.com")
            try:
                status, body = cloud.answer(api, path, dict(parse_qsl(parts.query)))
            except Exception as fault:  # noqa: BLE001 - the test tells it
                cloud.faults.append(repr(fault))
                status, body = 500, {}
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Redirected(f"http://127.0.0.1:{server.server_port}"))
    try:
        yield session
    finally:
        session.close()
        server.shutdown()
        thread.join()
        server.server_close()
