"""The store in Firestore keeps the contract, on Google's emulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.cloud import firestore_change
from infra.cloud.firestore_store import FirestoreStore, connect
from tests.contracts.store import StoreContract


class TestFirestoreStore(StoreContract):
    @pytest.fixture
    def store(self, firestore_emulator: str, project: str) -> Iterator[FirestoreStore]:
        """Give a store in a new project."""
        client = connect(project)
        yield FirestoreStore(client)
        client.close()  # type: ignore[no-untyped-call]

    @pytest.fixture
    def soon_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lose after three tries."""
        monkeypatch.setattr(firestore_change, "_TRIES", 3)
