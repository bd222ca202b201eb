"""A job as it travels: JSON in a queue message's data, read back totally."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from functions.domain.errors import Invalid
from functions.domain.fields import from_fields, to_fields
from functions.domain.model import Job


def write_job(job: Job) -> bytes:
    """Give the bytes that `read_job` reads as `job`."""
    return json.dumps(to_fields(job), default=_text, separators=(",", ":")).encode()


def read_job(data: bytes) -> Job:
    """Read a job; `Invalid` for anything else."""
    try:
        values = json.loads(data)
        job = from_fields(Job, values)
        if not job.watch:
            raise TypeError
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError):
        msg = "not a job of ours"
        raise Invalid(msg) from None
    return job


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError
