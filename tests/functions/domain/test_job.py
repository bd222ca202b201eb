"""Jobs: what is queued is read as the same, and nothing else is read as one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import Invalid
from functions.domain.job import read_job, write_job
from functions.domain.model import Job
from tests.functions.domain.anything import json_values, nouns
from tests.functions.examples import NOW, message

JOB = Job(watch="ana-drive", queued_at=NOW, reason="notification", key_id="k1", message=message())
STORED: dict[str, Any] = json.loads(write_job(JOB))


@given(nouns(Job).filter(lambda job: job.watch))
def test_what_is_queued_is_read_as_the_same(job: Job) -> None:
    """Invariant: `read_job(write_job(job)) == job`, with any body and any number of any size."""
    assert read_job(write_job(job)) == job


def test_a_job_is_json_that_people_can_read() -> None:
    """An operator who pulls a job from the queue sees which watch it is about, and why."""
    assert STORED["watch"] == "ana-drive"
    assert STORED["reason"] == "notification"
    assert STORED["queued_at"] == "2026-03-01T12:00:00+00:00"


def test_a_job_of_a_newer_release_is_read() -> None:
    """Fields that are not known yet do not matter."""
    assert read_job(json.dumps({**STORED, "later": 1}).encode()) == JOB


@pytest.mark.parametrize("name", ["watch", "queued_at", "reason"])
def test_a_job_without_what_it_needs_is_refused(name: str) -> None:
    """Watch, time and reason are what a job is."""
    kept = {key: value for key, value in STORED.items() if key != name}
    with pytest.raises(Invalid):
        read_job(json.dumps(kept).encode())


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"null", b"[]", b'"ana-drive"', b"{", b"\xff\xfe", b"\x00", b"1" * 5000),
        b"[" * 100_000,
        *(
            json.dumps({**STORED, **edit}).encode()
            for edit in (
                {"watch": ""},
                {"watch": 1},
                {"watch": None},
                {"queued_at": "2026-03-01T12:00:00"},
                {"queued_at": 1},
                {"message": "sync"},
                {"message": {"channel": "c1"}},
                {"message": {**STORED["message"], "number": "1"}},
                {"message": {**STORED["message"], "changed": [1]}},
            )
        ),
    ],
)
def test_anything_else_is_no_job(data: bytes) -> None:
    """What is not ours is `Invalid`, in one sentence that quotes nothing."""
    with pytest.raises(Invalid) as refused:
        read_job(data)
    assert refused.value.text == "not a job of ours"


@given(
    st.binary()
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.tuples(st.sampled_from(list(STORED)), json_values).map(
        lambda edit: json.dumps({**STORED, edit[0]: edit[1]}).encode()
    )
)
def test_reading_a_job_is_total(data: bytes) -> None:
    """Invariant: any bytes are a job with a watch and an aware time, or `Invalid`."""
    try:
        job = read_job(data)
    except Invalid:
        return
    assert job.watch
    assert job.queued_at.tzinfo is not None
