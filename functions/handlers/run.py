"""Runs a function of the user's, named by its import path, with the event."""

from __future__ import annotations

from functions.domain.handled import Outcome
from functions.domain.handler import Run
from functions.handlers.handling import Handling, Result, Task


def run(wanted: Run, task: Task, handling: Handling) -> Result:
    """Call the function; whatever it raises is tried again, then a dead letter with its error."""
    handling.functions.run(wanted.function, task.told.fields)
    return Result(Outcome.DONE)
