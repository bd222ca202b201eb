"""Connections to Google: what of the machine's surroundings they heed, and what not."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cloud.google_session import open_session
from tests.scripted import Reply, Script


def test_a_password_file_does_not_take_the_tokens_place(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`requests` would prefer ~/.netrc to the header that we have set."""
    file = tmp_path / "netrc"
    file.write_text("default login ana password hidden\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    with open_session(surroundings=True) as session:
        session.get(script.url, headers={"authorization": "Bearer ours"}, timeout=5)
    assert script.asked[0].headers["authorization"] == "Bearer ours"


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_is_used_where_the_machine_has_one(
    script: Script, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Behind a company's wall it is the only way to Google."""
    for each in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, script.url)
    with open_session(surroundings=True) as session:
        session.get("http://google.invalid/drive", timeout=5)
    assert script.asked[0].headers["host"] == "google.invalid"


def test_cookies_are_not_kept(script: Script) -> None:
    """One subject's calls leave nothing behind for another's."""
    script.answer(Reply(headers={"Set-Cookie": "who=ana; Path=/"}))
    with open_session(surroundings=False) as session:
        session.get(script.url, timeout=5)
        session.get(script.url, timeout=5)
    assert "cookie" not in script.asked[1].headers
