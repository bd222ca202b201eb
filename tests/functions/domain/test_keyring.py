"""The key ring: which key signs, what a ring's text may be, and that no error tells a secret."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.domain.errors import Invalid
from functions.domain.keyring import MOST_KEYS, Key, Ring, format_ring, parse_ring

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTLE = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
SECRET = "Q" * 31 + "7"

# Letters that no error text uses, so that finding them means finding the secret.
secrets = st.text(alphabet="QXZ0123456789", min_size=6, max_size=60)


def key(name: str, age: timedelta = timedelta(0)) -> Key:
    """Make a key of this age."""
    return Key(id=name, created=NOW - age, secret=name.encode() * 32)


def line(name: str = "k1", created: str = "2026-03-01T12:00:00+00:00", secret: str = SECRET) -> str:
    """Write one line of a ring."""
    return f"{name} {created} {secret}"


# --- which key signs -----------------------------------------------------------------------------


def test_a_new_key_verifies_at_once_and_signs_once_it_has_settled() -> None:
    """For `settle` after its creation the key before it signs, to the second."""
    for age, signs in ((0, "old"), (9, "old"), (10, "new"), (11, "new")):
        ring = Ring((key("new", age * MINUTE), key("old", timedelta(days=30))))
        assert ring.signing(NOW, settle=SETTLE).id == signs
        assert ring.find("new") is not None


def test_an_only_key_signs_at_once() -> None:
    """Where no other key is, waiting would only mean no channels."""
    assert Ring((key("only"),)).signing(NOW, settle=SETTLE).id == "only"


def test_of_several_fresh_keys_the_oldest_signs() -> None:
    """Two rotations within minutes leave the key that most receivers know."""
    ring = Ring((key("c", MINUTE), key("b", 2 * MINUTE), key("a", 3 * MINUTE)))
    assert ring.signing(NOW, settle=SETTLE).id == "a"


def test_a_key_of_the_far_future_does_not_sign() -> None:
    """A creation that nobody will live to see is waited for, without an error."""
    far = Key(id="far", created=datetime.max.replace(tzinfo=UTC), secret=SECRET.encode())
    assert Ring((far, key("old", 11 * MINUTE))).signing(NOW, settle=SETTLE).id == "old"


@given(
    st.lists(st.timedeltas(timedelta(0), timedelta(hours=1)), min_size=1, max_size=5, unique=True),
    st.timedeltas(timedelta(0), timedelta(hours=1)),
    st.timedeltas(timedelta(0), timedelta(minutes=5)),
)
def test_no_rotation_makes_a_receiver_refuse(
    created: list[timedelta], at: timedelta, stale: timedelta
) -> None:
    """Invariant: whoever read the ring five minutes ago or later knows the key that signs now."""
    first = min(created)
    at = max(at, first)

    def ring_at(time: timedelta) -> Ring:
        there = sorted((each for each in created if each <= time), reverse=True)
        return Ring(tuple(key(f"k{created.index(each)}", -each) for each in there))

    signing = ring_at(at).signing(NOW + at, settle=SETTLE)
    assert ring_at(max(at - stale, first)).find(signing.id) == signing


def test_a_ring_names_its_keys_and_finds_no_other() -> None:
    """The ids are those of all keys; an unknown one finds nothing."""
    ring = Ring((key("b"), key("a")))
    assert ring.ids == {"a", "b"}
    assert ring.find("c") is None


# --- its text ------------------------------------------------------------------------------------

_keys = st.builds(
    Key,
    id=st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True),
    created=st.datetimes(timezones=st.just(UTC)),
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=32, max_size=40)
    .filter(lambda text: text.split() == [text])
    .map(str.encode),
)


@given(st.lists(_keys, min_size=1, max_size=5, unique_by=lambda each: each.id))
def test_a_written_ring_is_read_as_the_same(keys: list[Key]) -> None:
    """Invariant: `parse_ring(format_ring(ring)) == ring`, order included."""
    assert parse_ring(format_ring(Ring(tuple(keys)))) == Ring(tuple(keys))


def test_blank_lines_and_remarks_do_not_count() -> None:
    """A person may comment a ring, indent it and end lines as they like."""
    ring = parse_ring(f"# newest first\r\n\n   {line('k2')}  \n\t# old\n{line('k1')}")
    assert [each.id for each in ring.keys] == ["k2", "k1"]


def test_a_creation_without_a_zone_is_utc() -> None:
    """Times are UTC unless they say otherwise."""
    naive, zoned = line("a", "2026-03-01T12:00:00"), line("b", "2026-03-01T13:00:00+01:00")
    ring = parse_ring(f"{naive}\n{zoned}")
    assert [each.created for each in ring.keys] == [NOW, NOW]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "empty"),
        ("# nothing but a remark\n", "empty"),
        (f"{line()}\n{line()}", "an id twice"),
        ("\n".join(line(f"k{n}") for n in range(MOST_KEYS + 1)), "more than 64"),
        (f"\n{line()} more", "line 2"),
        (f"k1 {SECRET}", "line 1"),
        (line("K1"), "line 1"),
        (line("k" * 17), "line 1"),
        (line("k-1"), "line 1"),
        (line("\uff4b1"), "line 1"),
        (line(created="yesterday"), "line 1"),
        (line(secret="Q" * 31), "line 1"),
        (line(secret="Q" * 31 + "\ud800"), "line 1"),
        (f"{SECRET} k1 2026-03-01", "line 1"),
        ("\ufeff" + line(), "line 1"),
    ],
)
def test_a_faulty_ring_is_refused_with_its_place(text: str, place: str) -> None:
    """Each fault is `Invalid` and names the line, or what is wrong with the whole."""
    with pytest.raises(Invalid) as refused:
        parse_ring(text)
    assert place in refused.value.text
    assert SECRET[:8] not in told(refused.value)


def told(error: BaseException) -> str:
    """Give all that a log could make of an error."""
    return "".join([*traceback.format_exception(error), repr(error), str(error), str(error.args)])


def refusal(text: str) -> str:
    """Give all that could be made of the refusal of a ring; nothing if it is not refused."""
    try:
        parse_ring(text)
    except Invalid as refused:
        return told(refused)
    return ""


@given(secrets, st.permutations(["k1", "2026-03-01", "{}", "{}", "\ud800", "{}\ud800"]), st.data())
def test_no_error_quotes_a_secret(secret: str, parts: list[str], data: st.DataObject) -> None:
    """Invariant: however a line is mangled, nothing of the error has the secret in it."""
    used = parts[: data.draw(st.integers(0, 4))]
    text = data.draw(st.sampled_from([" ", "  ", "\t", "\u2028"])).join(used).format(*[secret] * 9)
    assert secret not in refusal(f"{line('k0')}\n{text}")


@given(st.text(st.characters()) | st.text(alphabet="k1 2026-03T:Z\n#\u2028\ud800" + "s" * 9))
@example("k1 2026-03-01T00:00:00+23:59 " + "\ud800" * 32)
def test_reading_a_ring_is_total(text: str) -> None:
    """Invariant: any text is a ring that is not empty, or `Invalid`."""
    try:
        ring = parse_ring(text)
    except Invalid:
        return
    assert ring.keys
    assert ring.signing(NOW, settle=SETTLE) in ring.keys


def test_a_key_does_not_show_its_secret() -> None:
    """What a debugger or a log prints of a key or a ring leaves the secret out."""
    ring = parse_ring(line())
    assert SECRET not in repr(ring)
    assert SECRET not in str(ring.keys[0])
