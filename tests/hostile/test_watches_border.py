"""The watches file as anybody may write it: read, or refused in time by lines that name it.

Its properties are among those of `make fuzz`.
"""

from __future__ import annotations

import json
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from functions.domain.errors import Misconfigured
from infra.local.watches_file import read_watches
from tests.hostile.spoiled import spoilt

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
