"""What others write for us to read: a value, or an error of ours that says what is wrong.

Each test is a property of its own; `make fuzz` feeds the same ones by what they reach in the code.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
import yaml
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
from infra.local.watches_file import read_watches
from infra.settings import VARIABLES, Settings
from tests.functions.domain.anything import json_values
from tests.hostile.spoiled import spoilt

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = 10.0  # seconds on a busy machine, for a file of a few kilobytes; a bomb takes hours
DECLARED = {
    "id": "ana-drive",
    "source": "drive.changes",
    "subject": "ana@example.com",
    "params": {"spaces": "drive"},
    "poll": "1h",
    "handle": [{"forward": {"url": "https://example.com/", "secret": "key"}}],
}
GOOD = yaml.safe_dump({"watches": [DECLARED]})

BOMB = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9) if before else 'x'}]\n"
    for before, name in zip(["", *"abcdefgh"], "abcdefghi", strict=True)
)
HOSTILE_YAML = (
    BOMB + "watches: [*i]\n",
    "watches: &w [*w]\n",
    "watches: &w\n  - id: a\n    source: *w\n",
    "a: &a {<<: *a}\nwatches: []\n",
    "watches: " + "[" * 5_000,
    "watches: " + "[" * 300 + "]" * 300,
    "watches:\n" + "".join(" " * depth + "- \n" for depth in range(300)),
    "watches: [{id: a, source: drive.changes, poll: " + "9" * 10_000 + "}]",
    "watches: [{id: " + "0x" + "f" * 10_000 + "}]",
    "watches: 0o777\n",
    "watches: [1:1:1:1:1:1:1:1:1:1:1:1:1:1]\n",
    "watches: [2026-02-30]\n",
    "watches: [2026-02-03T25:00:00Z]\n",
    "watches: [!!binary '***']\n",
    "watches: !!python/object/apply:os.system ['true']\n",
    "watches: !!set {a, b}\n",
    "watches: !!omap [a: b]\n",
    "watches: !!timestamp x\n",
    "watches: !!float x\n",
    "watches: !!int ''\n",
    "watches: !!bool maybe\n",
    "watches: !!null {}\n",
    "? [a, b]\n: c\nwatches: []\n",
    "? {a: b}\n: c\nwatches: []\n",
    "watches: []\nwatches: []\n",
    "watches: [{id: a, id: b, source: drive.changes}]\n",
    "watches: [{1: a, true: b, null: c, .nan: d, 2026-01-01: e}]\n",
    "<<: 7\nwatches: []\n",
    "=: 7\nwatches: []\n",
    "%YAML 9.9\n---\nwatches: []\n",
    "watches: []\n---\nwatches: []\n",
    "watches: []\n...\nx",
    "\ufeffwatches: []\n",
    "watches: []\0\n",
    "watches: []\n# \x07\n",
    "watches: ['\\ud800']\n",
    'watches: ["\\ud800"]\n',
    "*a",
    "",
    "---",
    "\t",
)


@cache
def _file() -> Path:
    return Path(tempfile.mkdtemp(prefix="watchkeeper-")) / "watches.yaml"


def _read(content: bytes) -> str:
    """Read a watches file; gives what is said of it if it is refused."""
    path = _file()
    path.write_bytes(content)
    began = time.monotonic()
    try:
        documents = read_watches(path).documents
        said = ""
    except Misconfigured as fault:
        documents, said = {}, fault.full
    assert time.monotonic() - began < SOON
    assert all(line.startswith(str(path)) for line in said.split("\n") if said), said
    assert all(isinstance(document, dict) for document in documents.values())
    return said


@pytest.mark.parametrize("text", HOSTILE_YAML, ids=lambda text: repr(text[:24]))
def test_hostile_yaml_is_refused_soon(text: str) -> None:
    """Bombs, tags, depths, numbers, and what YAML alone can think of: refused, with the place."""
    said = _read(text.encode(errors="surrogatepass"))
    assert said or text.startswith(("\ufeff", "watches: []\n..."))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1", "cp037"])
def test_other_encodings_are_refused(encoding: str) -> None:
    """A file is UTF-8; what is not is never half read."""
    assert _read((GOOD + "# \u00e9\n").encode(encoding)) != ""


_lines = st.sampled_from(
    [
        *GOOD.splitlines(),
        *"".join(HOSTILE_YAML[9:]).splitlines(),
        "- &a",
        "  *a",
        "- !!str",
        "? ",
        ": ",
    ]
)
_texts = (
    st.lists(_lines | st.text(max_size=8), max_size=8).map("\n".join)
    | st.lists(spoilt(DECLARED), max_size=3).map(
        lambda watches: json.dumps({"watches": watches}, ensure_ascii=True)
    )
    | st.text(st.characters(), max_size=40)
)


@bounded(max_examples=60)
@given(_texts.map(lambda text: text.encode(errors="surrogatepass")) | st.binary(max_size=60))
def test_any_watches_file_is_read_or_refused(content: bytes) -> None:
    """Invariant: documents, or a `Misconfigured` each line of which names the file."""
    _read(content)


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
_words = _values | st.sampled_from(
    ["1h", "-1", "0", "65536", "1e9h", "http://[", "http://a:x", "sqlite:", "sqlite:/\0", "\0", "-"]
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
