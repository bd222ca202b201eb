"""The store in SQLite keeps the contract, says what is wrong with a file, and is one process's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.sqlite_store import SqliteStore
from tests.contracts.store import StoreContract


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteStore]:
        """Give a store in a new file."""
        store = SqliteStore(tmp_path / "watchkeeper.db")
        yield store
        store.close()
