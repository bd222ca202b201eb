"""Forwards an event to an address as a signed webhook.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from functions.domain.errors import Unavailable
from functions.domain.event import rfc3339
from functions.domain.handled import Handled, Outcome, stop_key
from functions.domain.handler import Forward
from functions.domain.model import Progress
from functions.handlers.handling import Handling, Result, Task, skipped
from functions.ports import Case
from functions.schedule import pull_by
from functions.verdict import with_notice

STOPPED = "handler.stopped"


def forward(wanted: Forward, task: Task, handling: Handling) -> Result:
    """Post the event as it came; only a 2xx says that it arrived, and 410 that no more is wanted.

    Raises:
        Invalid: no repetition mends it.
        Unavailable: it has not arrived.
    """
    secrets = handling.secrets.read(wanted.secret)
    if secrets is None or not secrets.strip():
        raise Unavailable(f"the secret {wanted.secret} is missing or empty")
    status = handling.webhooks.post(
        wanted.url,
        task.told.body,
        event=task.told.id,
        secrets=secrets,
        now=handling.clock.now(),
    )
    if status == HTTPStatus.GONE:
        return _stop(wanted, task, handling)
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise Unavailable(f"the receiver answers {status}")
    return Result(Outcome.DONE, str(status))


def _stop(wanted: Forward, task: Task, handling: Handling) -> Result:
    """Forward no more to this address, and have the watch's owner told: `sync` does that.

    The notice comes first: should this run die after it, the event comes again and so does the 410.
    """
    now = handling.clock.now()
    since = f"{task.name} {task.told.id}"
    reason = "the receiver answers 410: it wants no more events"
    data = {"handler": "forward", "url": wanted.url.partition("?")[0], "reason": reason}

    def decide(case: Case) -> Case | None:
        progress = case.progress or Progress(watch=task.watch.id, subject=task.watch.subject)
        if any(n["kind"] == STOPPED and n["since"] == since for n in progress.notices):
            return None
        noticed = with_notice(progress, STOPPED, since=since, at=now, data=data)
        return Case(pull_by(replace(noticed), now), {})

    handling.store.change(task.watch.id, decide)
    handling.outcomes.note_outcome(
        Handled(
            key=stop_key(watch=task.watch.id, handler=task.name),
            watch=task.watch.id,
            handler=task.name,
            outcome=Outcome.STOPPED,
            at=now,
            event=task.told.id,
            detail=reason,
        )
    )
    handling.journal.warn(
        "handler stopped", watch=task.watch.id, handler=task.name, at=rfc3339(now)
    )
    return skipped("stopped: 410")
