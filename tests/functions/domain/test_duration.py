"""Lengths of time: what people may write, and that writing and reading agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.domain.duration import ALLOWED, LONGEST, format_duration, parse_duration
from functions.domain.errors import Invalid

lengths = st.timedeltas(min_value=timedelta(microseconds=1), max_value=LONGEST)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45s", timedelta(seconds=45)),
        ("10m", timedelta(minutes=10)),
        ("1h", timedelta(hours=1)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("250ms", timedelta(milliseconds=250)),
        ("1m1ms", timedelta(minutes=1, milliseconds=1)),
        ("3650d", LONGEST),
    ],
)
def test_a_declared_length_is_read(text: str, length: timedelta) -> None:
    """Each unit counts as what it says, alone and in a row."""
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1",
            "h",
            "-1h",
            "+1h",
            "1 h",
            " 1h",
            "1h\n",
            "1H",
            "1y",
            "1e3s",
            "1_0s",
            ".5h",
            "1.h",
        ),
        *("\uff11h", "\u0661h", "0s", "0h0m", "0.0001ms", "3651d", "999999999w", "1h and more"),
    ],
)
def test_anything_else_is_refused_and_what_is_allowed_is_said(text: str) -> None:
    """A text that is no positive length is `Invalid`, and the error names what is."""
    with pytest.raises(Invalid) as refused:
        parse_duration(text)
    assert ALLOWED in refused.value.text
    assert repr(text) in refused.value.text


@pytest.mark.parametrize("value", [None, 1, 1.5, True, ["1h"], {"h": 1}, timedelta(hours=1), b"1h"])
def test_only_a_text_is_a_length(value: object) -> None:
    """A bare number is refused: nobody can tell its unit."""
    with pytest.raises(Invalid):
        parse_duration(value)


@given(lengths)
@example(timedelta(seconds=1_234_567))
@example(timedelta(seconds=100_000, milliseconds=500))
@example(timedelta(microseconds=1))
@example(LONGEST - timedelta(microseconds=1))
def test_what_is_written_is_read_as_the_same(length: timedelta) -> None:
    """Invariant: `parse_duration(format_duration(x)) == x`, to the microsecond."""
    assert parse_duration(format_duration(length)) == length


@given(st.integers(1, 3650), st.sampled_from("dhm"))
def test_whole_units_are_written_as_such(number: int, unit: str) -> None:
    """A round length is written in one unit and never longer than it was declared."""
    text = f"{number}{unit}"
    assert len(format_duration(parse_duration(text))) <= len(text)


@given(st.text(alphabet="0123456789.smhdw\u0663 \n-") | st.text() | st.from_regex(r"[\d.smhdw]+"))
def test_reading_a_length_is_total(text: str) -> None:
    """Invariant: any text is a positive, bounded length or `Invalid`, never another error."""
    try:
        length = parse_duration(text)
    except Invalid:
        return
    assert timedelta(0) < length <= LONGEST
