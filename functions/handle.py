"""Handles a change: runs each handler of its watch that has not dealt with it yet.

    event --> watch not declared, or without handlers? --> done
          --> for each handler: through with it, or stopped? --> next
                                done, or nothing to do       --> noted
                                failed                       --> noted, and tried again later
                                failed for good, or too often --> a dead letter

Fails (so that the queue brings the event again) as long as a handler is to be tried again; the
others' outcomes are kept, so only that one runs then.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from functions.declared.watching import declared_watch
from functions.domain.errors import Invalid, Misconfigured, Refused, Trouble, Unavailable
from functions.domain.handled import (
    DEAD_IS_KEPT,
    DONE_IS_KEPT,
    MOST_ATTEMPTS,
    Handled,
    Outcome,
    outcome_key,
    pack_body,
    stop_key,
)
from functions.domain.handler import Download, Forward, Step, read_steps
from functions.domain.model import Verdict, Watch
from functions.domain.told import Told, read_told
from functions.handlers.download import download
from functions.handlers.forward import forward
from functions.handlers.handling import Handling, Result, Task
from functions.handlers.run import run

BUDGET = timedelta(seconds=240)


def handle(body: bytes, *, attempt: int, handling: Handling) -> None:
    """Have all handlers of the event's watch deal with it.

    Args:
        body: the event, a structured CloudEvent.
        attempt: how often the queue has brought it, as far as the queue counts.
        handling: all it may touch.

    Raises:
        Invalid: this is no event of ours.
        Unavailable, Conflict: it must come again.
    """
    told = read_told(body)
    watch = declared_watch(handling.store, told.watch, short_polls=handling.terms.short_polls)
    if isinstance(watch, Invalid):
        raise Unavailable(f"the declaration of {told.watch} is wrong: {watch.text}")
    if watch is None or not watch.handle:
        return
    steps = _steps(watch)
    until = handling.clock.now() + BUDGET
    known = handling.outcomes.outcomes(
        [key for step in steps for key in (_key(step, told), _stop(step, watch))]
    )
    failure: Trouble | None = None
    for step in steps:
        before = known.get(_key(step, told))
        if _stop(step, watch) in known or (before is not None and before.outcome.ends):
            continue
        task = Task(watch=watch, name=step.name, told=told, until=until)
        failure = _deal(step, task, before, attempt, handling) or failure
    if failure is not None:
        raise Unavailable(failure.text)


def _steps(watch: Watch) -> list[Step]:
    try:
        return read_steps(watch.handle)
    except Invalid as invalid:
        raise Unavailable(f"the handlers of {watch.id} are wrong: {invalid.text}") from None


def _deal(
    step: Step, task: Task, before: Handled | None, attempt: int, handling: Handling
) -> Trouble | None:
    """Let one handler deal with the event, and write down how that ended."""
    tries = max(attempt, before.attempts + 1 if before else 1)
    failure: Trouble | None = None
    try:
        result = _work(step, task, handling)
    except Trouble as trouble:
        failure = trouble
        given_up = not _is_mendable(trouble) or tries >= MOST_ATTEMPTS
        result = Result(Outcome.DEAD if given_up else Outcome.FAILED, trouble.text)
    handling.outcomes.note_outcome(_noted(task, result, tries, handling))
    _log(task, result, tries, handling)
    return failure if result.outcome is Outcome.FAILED else None


def _work(step: Step, task: Task, handling: Handling) -> Result:
    if isinstance(step.handler, Download):
        return download(step.handler, task, handling)
    if isinstance(step.handler, Forward):
        return forward(step.handler, task, handling)
    return run(step.handler, task, handling)


def _is_mendable(trouble: Trouble) -> bool:
    """Whether a later try may succeed; a right that is missing may still be given."""
    if isinstance(trouble, Refused):
        return trouble.verdict is Verdict.UNAUTHORIZED
    return not isinstance(trouble, Invalid | Misconfigured)


def _noted(task: Task, result: Result, tries: int, handling: Handling) -> Handled:
    now = handling.clock.now()
    handled = Handled(
        key=outcome_key(
            watch=task.watch.id, handler=task.name, event=task.told.id, replay=task.told.replay
        ),
        watch=task.watch.id,
        handler=task.name,
        outcome=result.outcome,
        at=now,
        event=task.told.id,
        replay=task.told.replay,
        detail=result.detail,
        attempts=tries,
        delete_at=now + DONE_IS_KEPT,
    )
    if result.outcome is not Outcome.DEAD:
        return handled
    return replace(handled, delete_at=now + DEAD_IS_KEPT, body=pack_body(task.told.body))


def _log(task: Task, result: Result, tries: int, handling: Handling) -> None:
    failed = result.outcome in {Outcome.FAILED, Outcome.DEAD}
    tell = handling.journal.warn if failed else handling.journal.note
    tell(
        f"handler {result.outcome}",
        watch=task.watch.id,
        handler=task.name,
        event=task.told.id,
        attempt=tries,
        detail=result.detail,
    )


def _key(step: Step, told: Told) -> str:
    return outcome_key(watch=told.watch, handler=step.name, event=told.id, replay=told.replay)


def _stop(step: Step, watch: Watch) -> str:
    return stop_key(watch=watch.id, handler=step.name)
