"""Rows that another version or a person wrote: read as far as they can be, never in the way."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from functions.domain.fields import to_fields
from functions.domain.handled import Handled, Outcome
from functions.domain.model import Progress
from infra.local.sqlite_rows import from_text, to_text
from infra.local.sqlite_store import SqliteStore
from tests.functions.domain.anything import json_values
from tests.functions.handlers.rig import WATCH, Rig, event, forward
from tests.hostile.spoiled import spoilt
from tests.local.queue_rig import opened, texts
from tests.world.ports import START, Notebook

ENTRY = Handled(
    key="k", watch=WATCH, handler="run-1", outcome=Outcome.DEAD, at=START, delete_at=START
)
DOCUMENT = json.loads(to_text(to_fields(ENTRY) | {"body": None}))
PROGRESS = json.loads(to_text(to_fields(Progress(watch=WATCH, due_at=START, lease="l"))))
ODD_TEXTS = ("", "{", "[]", "null", "7", '{"$time": 7}', '{"a": {"$time": "x"}}', "[" * 100_000)
_texts = st.sampled_from(ODD_TEXTS) | json_values.map(json.dumps)


@given(_texts | spoilt(PROGRESS).map(json.dumps))
def test_any_text_is_a_document_or_a_value_error(text: str) -> None:
    """Invariant: what SQLite keeps is read, or refused by the one error that its readers know."""
    try:
        assert isinstance(from_text(text), dict)
    except ValueError:
        return


def _rewrite(path: Path, table: str, document: str) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"UPDATE {table} SET document = ?", (document,))  # noqa: S608
        file.commit()


@bounded(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=_texts | spoilt(DOCUMENT).map(json.dumps))
def test_any_outcome_is_read_or_passed_over(
    tmp_path_factory: pytest.TempPathFactory, document: str
) -> None:
    """Invariant: an outcome that cannot be read counts as none; its event is handled again."""
    rig = Rig(tmp_path_factory.mktemp("rows"))
    rig.declare(forward())
    assert rig.bring()
    _rewrite(Path(rig.store._file.path), "handled", document)
    assert rig.bring()
    assert {name for _, name in rig.posting.posted} == {event().id}
    assert all(isinstance(each, Handled) for each in rig.store.dead(watch=None, limit=10))
    rig.store.close()


@bounded(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=_texts | spoilt(PROGRESS).map(json.dumps))
def test_any_progress_is_read_or_begun_anew(
    tmp_path_factory: pytest.TempPathFactory, document: str
) -> None:
    """Invariant: a progress, whose fields are at their defaults where they cannot be read."""
    path, notes = tmp_path_factory.mktemp("rows") / "store.db", Notebook()
    store: Any = SqliteStore(path, journal=notes)
    store.change(WATCH, lambda case: type(case)(Progress(watch=WATCH, due_at=START), {}))
    _rewrite(path, "progress", document)
    found = store.progress(WATCH)
    assert found is not None
    assert found.watch == WATCH
    store.close()


@bounded(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attributes=_texts)
def test_any_attributes_hold_up_no_queue(
    tmp_path_factory: pytest.TempPathFactory, attributes: str
) -> None:
    """Invariant: a message whose attributes cannot be read is delivered, and so is the next."""
    path = tmp_path_factory.mktemp("rows") / "queue.db"
    with opened(path) as rig:
        rig.publish("odd", key="ana")
        rig.publish("next", key="ben")
        with closing(sqlite3.connect(path)) as file:
            file.execute("UPDATE queue_message SET attributes = ? WHERE id = 1", (attributes,))
            file.commit()
        assert [texts(rig.take()), texts(rig.take())] == [["odd"], ["next"]]
