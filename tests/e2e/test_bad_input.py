"""An option, port, store or key file that cannot be used is refused in a sentence that helps."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.machine import Machine
from tests.e2e.processes import finish

OPTIONS = [
    (("--tick", "0s"), "'--tick': '0s' is not a positive length of time"),
    (("--tick", "-1s"), "'--tick': '-1s' is not a positive length of time"),
    (("--tick", "5"), "such as 45s, 10m, 1h"),
    (("--for", "soon"), "'--for': 'soon' is not a positive length of time"),
    (("--google", "127.0.0.1:9000"), "'127.0.0.1:9000' is not an http or https URL"),
    (("--google", "http://"), "'http://' is not an http or https URL"),
    (
        ("--google", "http://127.0.0.1:99999"),
        "'http://127.0.0.1:99999' is not an http or https URL",
    ),
    (("--google", "http://[::1"), "'http://[::1' is not an http or https URL"),
    (("--public-url", "ftp://x"), "'ftp://x' is not an http or https URL"),
    (("--store", "mysql:x"), "--store 'mysql:x' is neither sqlite:PATH nor firestore"),
    (("--store", "sqlite:"), "--store 'sqlite:' is neither sqlite:PATH nor firestore"),
    (("--port", "70000"), "70000 is not in the range"),
    (("--port", "65535"), "port 65536 of 127.0.0.1 cannot be used (bind(): port must be 0-65535.)"),
    (("--host", "nowhere.invalid"), "of nowhere.invalid cannot be used"),
    (("--secrets", "x" * 300), "File name too long"),
    (("--changes", "nowhere/changes.jsonl"), "--changes nowhere/changes.jsonl: No such file"),
    (("--changes", ""), "--changes : Is a directory"),
    (("--changes", "."), "--changes .: Is a directory"),
    (("--colour",), "No such option '--colour'"),
]


@pytest.mark.parametrize(("options", "told"), OPTIONS, ids=[" ".join(o)[:30] for o, _ in OPTIONS])
def test_a_wrong_option_is_refused(place: Machine, options: tuple[str, ...], told: str) -> None:
    """It is named, with what is allowed."""
    place.refuses(told, *options)


def test_a_port_in_use_is_refused(place: Machine) -> None:
    """Of either port, with the option that names another."""
    for port, option in ((place.port, "--port"), (place.internal_port, "--internal-port")):
        with socket.create_server(("127.0.0.1", port)):
            place.refuses(f"port {port} of 127.0.0.1 cannot be used (Address already in use)")
            place.refuses(f"choose another with {option}")


def test_a_store_that_cannot_be_used_is_refused(place: Machine) -> None:
    """Of another version or program, damaged, or no database: `status` says so, too."""
    store = place.folder / "watchkeeper.db"
    assert place.refusal("--for", "1ms").status == 0
    whole = store.read_bytes()
    assert len(whole) > 8192

    def refused(content: bytes, told: str) -> None:
        store.write_bytes(content)
        place.refuses(told)
        ended = finish("status", folder=place.folder)
        assert ended.status == 2
        assert told in ended.err
        assert store.read_bytes() == content

    refused(whole[:4096] + b"\x55" * 8192 + whole[12288:], "is damaged: put back a copy")
    refused(b"watches:\n" * 1000, "is not a database: name another file")
    store.write_bytes(whole)
    newer = _after(store, "PRAGMA user_version = 7")
    refused(newer, "has version 7, this Watchkeeper reads version 1")
    store.unlink()
    other = _after(store, "CREATE TABLE another (program TEXT)")
    refused(other, "is a database of another program")
    store.write_bytes(whole)
    assert place.refusal("--for", "1ms").status == 0
    (place.folder / "watchkeeper.queue.db").write_bytes(b"junk" * 1000)
    place.refuses("watchkeeper.queue.db cannot keep a queue (file is not a database)")


def _after(store: Path, statement: str) -> bytes:
    """Give the file after a statement, without a log beside it."""
    with closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute(statement)
    return store.read_bytes()


def test_keys_that_others_may_read_are_refused(place: Machine) -> None:
    """With the command that mends it, which does mend it."""
    assert place.refusal("--for", "1ms").status == 0
    secrets = place.folder / "secrets"
    keys = secrets / "signing-keys"
    assert (secrets.stat().st_mode & 0o777, keys.stat().st_mode & 0o777) == (0o700, 0o600)
    ring = keys.read_text()
    keys.chmod(0o640)
    place.refuses("others may read secrets/signing-keys: chmod 600 secrets/signing-keys")
    keys.chmod(0o600)
    secrets.chmod(0o755)
    place.refuses("others may look into secrets: chmod 700 secrets")
    secrets.chmod(0o700)
    keys.write_text("")
    ended = place.refusal()
    assert ended.status == 1
    assert "error: the signing keys in signing-keys cannot be read: the key ring is empty" in (
        ended.err
    )
    keys.write_text(ring)
    assert place.refusal("--for", "1ms").status == 0
    assert keys.read_text() == ring


def test_status_without_a_store_is_refused(tmp_path: Path) -> None:
    """It says how there comes to be one, and makes none."""
    ended = finish("status", folder=tmp_path)
    assert ended.status == 2
    assert "there is no store at watchkeeper.db: start `python main.py serve`" in ended.err
    assert list(tmp_path.iterdir()) == []
