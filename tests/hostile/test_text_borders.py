"""What others write for us to read: a value, or an error of ours that says what is wrong.

Each test is a property of its own; `make fuzz` feeds the same ones by what they reach in the code.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from functions.domain.errors import Invalid, Misconfigured, Refused, Trouble
from functions.domain.keyring import parse_ring
from infra import settings
from infra.cli import cli
from infra.cloud.consent import consented
from infra.cloud.google_answer import read_date, read_error
from infra.settings import VARIABLES, Settings
from tests.functions.domain.anything import json_values
from tests.hostile.spoiled import spoilt

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

_values = st.text(st.characters(), max_size=30) | st.sampled_from(
    ["https://a/b", "projects/p/topics/t", "/k", "true", "256", "16\n", "a" * 5000, "(default)"]
)


@bounded(max_examples=60)
@given(st.dictionaries(st.sampled_from([each.name for each in VARIABLES]), _values))
@example({"WATCHKEEPER_CREW": "\u0661"})
def test_any_environment_is_understood_or_refused(environment: dict[str, str]) -> None:
    """Invariant: a value of the allowed form, or an error that names the variable alone."""
    found = Settings(environment)
    for variable in VARIABLES:
        text = environment.get(variable.name, "")
        value, said = "", variable.name
        try:
            value = found.text(variable)
            if variable is settings.CREW:
                assert 1 <= found.number(variable) <= 256
        except Misconfigured as fault:
            said = fault.text
        assert variable.name in said
        assert len(text) < 5 or text not in said
        assert not value or re.fullmatch(variable.form, value)


OPTIONS = (
    *("--watches", "--store", "--secrets", "--google", "--public-url", "--host", "--port"),
    *("--internal-port", "--tick", "--changes", "--gmail-topic", "--gmail-subscription", "--for"),
)
# No command line can hold a NUL: it is where a word of it ends.
_words = _values.filter(lambda word: "\0" not in word) | st.sampled_from(
    ["1h", "-1", "0", "65536", "1e9h", "http://[", "http://a:x", "sqlite:", "sqlite:/\n", "-"]
)


@bounded(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(OPTIONS), _words), max_size=4), st.booleans())
def test_any_options_end_with_a_sentence(options: list[tuple[str, str]], flag: bool) -> None:  # noqa: FBT001
    """Invariant: options in any combination, without a watches file, are refused by a sentence."""
    words = [word for pair in options for word in pair] + ["--allow-private-forward"] * flag
    ended = CliRunner().invoke(cli, ["serve", *words, "--watches", "/nowhere/watches.yaml"])
    if isinstance(ended.exception, Misconfigured):  # `main` shows it
        assert "/nowhere/watches.yaml" in ended.exception.full
    else:
        assert ended.exit_code == 2, (ended.output, ended.exception)
        assert "Error: " in ended.output


SECRET = {"client_id": "c", "client_secret": "very-secret", "refresh_token": "very-secret"}


@bounded(max_examples=60)
@given(spoilt(SECRET).map(json.dumps) | st.text(st.characters(), max_size=30))
@example("[" * 100_000)
def test_any_oauth_secret_is_read_or_refused(secret: str) -> None:
    """Invariant: credentials, or a refusal that names the secret and quotes nothing of it."""
    said = "oauth-"
    try:
        consented("ana@example.com", secret)
    except Refused as refused:
        said = refused.text
    assert "oauth-" in said
    assert "very-secret" not in said


_parts = st.sampled_from(
    [
        b"k1",
        b"k 1",
        b"2026-03-01T00:00:00+00:00",
        b"2026-03-01",
        b"s" * 48,
        b"s",
        b"\xff",
        b"\0",
        b"",
    ]
)
_key_lines = st.lists(_parts, min_size=2, max_size=4).map(b" ".join)


@bounded(max_examples=60)
@given(st.binary(max_size=60) | st.lists(_key_lines, max_size=3).map(b"\n".join))
def test_any_key_file_is_read_or_refused(content: bytes) -> None:
    """Invariant: a ring with keys, or an `Invalid` that quotes no key."""
    said = ""
    try:
        assert parse_ring(content.decode(errors="surrogateescape")).keys
    except Invalid as invalid:
        said = invalid.text
    assert "ssss" not in said


_headers = st.dictionaries(
    st.sampled_from(["date", "retry-after"]),
    st.text(st.characters(), max_size=30)
    | st.sampled_from(["1e9", "-1", "9" * 30, "Sun, 01 Mar 2026 12:00:00 GMT", "Sun, 99 Mar 99999"])
    | st.integers().map(str),
)
REFUSAL = {"error": {"code": 403, "errors": [{"reason": "x"}], "message": "m", "status": "S"}}


@bounded(max_examples=80)
@given(
    st.integers(-1, 1000),
    _headers,
    st.binary(max_size=40) | (spoilt(REFUSAL) | json_values).map(lambda v: json.dumps(v).encode()),
)
@example(500, {}, b"[" * 100_000)
def test_any_refusal_of_googles_has_a_meaning(
    status: int, headers: dict[str, str], content: bytes
) -> None:
    """Invariant: one of our errors, in one short line, with a wait of a day at most."""
    trouble = read_error(status, headers, content, secrets=("very-secret",), now=NOW)
    assert isinstance(trouble, Trouble)
    assert len(trouble.text) <= 256
    date = read_date(headers)
    assert date is None or date.tzinfo is UTC
