"""Documents of Firestore with values that only Firestore has: judged as any other."""

from __future__ import annotations

from datetime import UTC, datetime

from google.cloud.firestore import Client, GeoPoint
from google.cloud.firestore_v1.vector import Vector

from functions.declared.watching import declared_watch
from functions.domain.errors import Invalid
from functions.domain.model import Watch
from infra.cloud.firestore_store import FirestoreStore, connect
from tests.hostile.test_flow_borders import DECLARED


def _odd(client: Client) -> list[object]:
    return [
        *(None, True, -1, 2**63 - 1, float("nan"), float("inf"), "", "x" * 5000, b"\xff", [], {}),
        *(GeoPoint(1, 2), datetime(2026, 3, 1, tzinfo=UTC), Vector([1.0, 2.0])),
        *(
            client.collection("watches").document("odd"),
            {"x": {"y": None}},
            [{"x": GeoPoint(0, 0)}],
        ),
    ]


def test_any_document_is_a_watch_or_invalid(firestore_emulator: str, project: str) -> None:
    """Each key by each value: what cannot be a watch says so in a short text."""
    client = connect(project, "(default)")
    batch = client.batch()
    names: list[str] = []
    for key in DECLARED:
        for value in _odd(client):
            names.append(f"odd-{len(names)}")
            batch.set(client.collection("watches").document(names[-1]), {**DECLARED, key: value})
    batch.commit()
    store = FirestoreStore(client)
    found = {name: declared_watch(store, name, short_polls=False) for name in names}
    refused = [each for each in found.values() if isinstance(each, Invalid)]
    assert all(isinstance(each, Invalid | Watch) for each in found.values())
    assert all(len(each.text) <= 256 for each in refused)
    assert len(refused) > len(found) / 2
