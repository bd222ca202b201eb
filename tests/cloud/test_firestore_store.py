"""The store in Firestore keeps the contract, on Google's emulator."""

from __future__ import annotations

import pytest
from google.cloud.firestore import Client

from infra.cloud import firestore_change
from infra.cloud.firestore_store import FirestoreStore
from tests.contracts.store import StoreContract


class TestFirestoreStore(StoreContract):
    @pytest.fixture
    def store(self, firestore: Client) -> FirestoreStore:
        """Give a store in a new project."""
        return FirestoreStore(firestore)

    @pytest.fixture
    def soon_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lose after three tries."""
        monkeypatch.setattr(firestore_change, "_TRIES", 3)
