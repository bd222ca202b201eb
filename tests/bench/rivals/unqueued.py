"""Watchkeeper's own `receive`, except that what it queues is written and then dropped."""

from __future__ import annotations

import os

import flask

from functions.domain.job import write_job
from functions.domain.model import Job
from functions.ports import Jobs
from infra import wiring
from infra.receiving import answer
from infra.settings import Settings


class Dropping:
    """The port `Jobs` without a queue behind it."""

    def put(self, job: Job) -> None:
        write_job(job)


class Unqueued(wiring.CloudWiring):
    """The wiring of the cloud on that."""

    @property
    def jobs(self) -> Jobs:
        return _DROPPING


_DROPPING = Dropping()
wiring.use(Unqueued(Settings(os.environ)))


def receive(request: flask.Request) -> flask.Response:
    """Answer as the deployed function does."""
    return answer(request)
