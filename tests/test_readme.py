"""The README's tables say what the code says."""

from __future__ import annotations

from infra.machine.readme_tables import README, settings_table, sources_table, with_tables


def test_tables_have_not_drifted() -> None:
    """The README has the tables as the code has them now (`make tables` writes them)."""
    text = README.read_text()
    assert sources_table() in text
    assert settings_table() in text
    assert with_tables(text) == text
