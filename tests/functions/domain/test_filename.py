"""Names of copies: one plain entry of a folder, whatever somebody called a file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.filename import OURS, TOMBSTONE, file_mark, marked_name, safe_name


@given(st.text() | st.text(alphabet="./\\~ \0é😀", max_size=400), st.sampled_from(["", ".pdf"]))
def test_any_name_is_a_plain_entry(name: str, extension: str) -> None:
    """No name leads out of a folder, hides, is too long, or meets our own entries."""
    item = "1aBcDeFgHiJkLmNoPqRsTuVwXyZ012345"
    for safe in (safe_name(name, extension=extension), marked_name(safe_name(name), item)):
        assert safe not in {"", ".", "..", OURS}
        assert not set(safe) & set('/\\\0\r\n:*?"<>|')
        assert not safe.startswith((".", " "))
        assert not safe.endswith((".", " "))
        assert len((safe + TOMBSTONE).encode()) <= 255


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("clip.mp4", "clip.mp4"),
        ("🎬 été.mp4", "🎬 été.mp4"),
        ("..", "_"),
        ("a/b\\c.mp4", "a_b_c.mp4"),
        ("../../etc/passwd", "__.._etc_passwd"),
        (".hidden", "_hidden"),
        ("", "_"),
    ],
)
def test_names(name: str, safe: str) -> None:
    """A name stays as near to what it was as it can."""
    assert safe_name(name) == safe


def test_long_names_keep_their_suffix() -> None:
    """What is cut is the stem."""
    made = safe_name("é" * 300 + ".mp4")
    assert made.endswith(".mp4")
    assert 190 < len(made.encode()) <= 200


def test_two_files_of_one_name_differ() -> None:
    """The id before the suffix makes a name this file's alone."""
    assert marked_name("a.mp4", "1x") == "a ~1x.mp4"
    assert marked_name("a", "1x") != marked_name("a", "1y")


def test_an_id_that_is_none_is_hashed() -> None:
    """Ids come from outside, too."""
    assert "/" not in file_mark("../../1")
    assert file_mark("1aB-_9") == "1aB-_9"
