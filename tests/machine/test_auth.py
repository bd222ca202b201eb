"""`auth` against an OAuth server that was not written here: login, refresh, check and revocation.

The server is a published emulator (tests/oauth/package.json) on Node; without it the tests are
skipped, visibly.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from infra.local.listener import free_port
from infra.secret_names import oauth_secret
from tests.machine.conftest import Ended, Run

HERE = Path(__file__).resolve().parents[1] / "oauth"
MAIN = Path(__file__).resolve().parents[2] / "main.py"
ANA = "ana@example.com"
SCOPE = "https://www.googleapis.com/auth/drive.metadata.readonly"
CLIENT = {"client_id": "cli.apps.example", "client_secret": "GOCSPX-test-secret"}


@dataclass(frozen=True)
class Peer:
    """The OAuth server, and the folder of a machine that uses it."""

    url: str
    port: int
    folder: Path

    def login(self, *more: str, email: str = ANA, tamper: str = "") -> Ended:
        """Log in, the person's part played over HTTP as a browser would."""
        command = [sys.executable, str(MAIN), "auth", "login", ANA, "--no-browser"]
        command += ["--source", "drive.changes", "--port", str(self.port), *more]
        with subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if line.startswith("http"):
                    self.consent(line.strip(), email=email, tamper=tamper)
                    break
            out, err = process.communicate(timeout=20)
        return Ended(process.returncode, "".join(said) + out, err)

    def consent(self, address: str, *, email: str, tamper: str) -> None:
        """Choose an account on the server's page and follow it back."""
        page = requests.get(address, timeout=10).text
        forms = [one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if email in one]
        pairs = re.findall(r'name="([^"]+)"\s+value="([^"]*)"', forms[0])
        fields = {name: html.unescape(value) for name, value in pairs}
        assert fields["code_challenge_method"] == "S256"
        assert len(fields["code_challenge"]) == 43
        assert fields["state"]
        if tamper:
            fields[tamper] = "tampered-" + fields[tamper][9:]
        answer = requests.post(
            f"{self.url}/o/oauth2/v2/auth/callback", fields, timeout=10, allow_redirects=False
        )
        back = answer.headers["Location"]
        assert urlsplit(back).hostname == "127.0.0.1"
        threading.Thread(target=lambda: requests.get(back, timeout=10)).start()

    @property
    def secret(self) -> Path:
        """Where Ana's token is kept."""
        return self.folder / "secrets" / oauth_secret(ANA)

    @property
    def token(self) -> str:
        """Ana's refresh token."""
        return str(json.loads(self.secret.read_text())["refresh_token"])


def _modules() -> Path:
    given = os.environ.get("WATCHKEEPER_OAUTH_MODULES")
    return Path(given) if given else HERE / "node_modules"


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    """Run the server, with Ana and Bob as its users."""
    node, modules = shutil.which("node"), _modules()
    if node is None or not (modules / "@emulators" / "google").is_dir():
        pytest.skip("the OAuth server is missing: node 20, and npm install --prefix tests/oauth")
    port = free_port()
    seed = {
        "users": [{"email": email, "name": email} for email in (ANA, "bob@example.com")],
        "oauth_clients": [
            {**CLIENT, "name": "cli", "redirect_uris": [f"http://127.0.0.1:{port}/"]}
        ],
    }
    # Modules are found beside the script: a copy of it is put where they are.
    place = tmp_path / "peer"
    place.mkdir()
    (place / "node_modules").symlink_to(modules)
    for name in ("serve.mjs", "package.json"):
        shutil.copy(HERE / name, place)
    with subprocess.Popen(
        [node, "serve.mjs", json.dumps(seed)],
        cwd=place,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        uris = {"auth_uri": f"{url}/o/oauth2/v2/auth", "token_uri": f"{url}/oauth2/token"}
        client = {"installed": {**CLIENT, **uris}}
        (tmp_path / "client_secret.json").write_text(json.dumps(client))
        yield Peer(url, port, tmp_path)
        process.kill()


def test_login_refresh_revoke(peer: Peer, run: Run) -> None:
    """A consent is given, stored for our eyes alone, refreshed, and revoked; nothing is shown."""
    ended = peer.login()
    assert ended.status == 0, ended.err
    assert peer.secret.stat().st_mode & 0o077 == 0
    token = peer.token
    listed = run("auth", "list", "--json")
    assert json.loads(listed.out)[0]["subject"] == ANA
    assert json.loads(listed.out)[0]["scopes"] == [SCOPE]
    checked = run("auth", "check", ANA, "--source", "drive.changes")
    assert (checked.status, checked.out) == (
        0,
        f"{ANA} has consented, and the consent is good.\n",
    )
    revoked = run("auth", "revoke", ANA)
    assert revoked.status == 0, revoked.err
    assert not peer.secret.exists()
    every = (ended, listed, checked, revoked)
    assert all(token not in one.out + one.err for one in every)
    assert all(CLIENT["client_secret"] not in one.out + one.err for one in every)
    fields = {**CLIENT, "refresh_token": token, "grant_type": "refresh_token"}
    answer = requests.post(f"{peer.url}/oauth2/token", fields, timeout=10)
    assert answer.json()["error"] == "invalid_grant"


def test_calls_are_made_with_it(peer: Peer) -> None:
    """What is stored is what the running system takes: its tokens are known to the server."""
    from infra.cloud.credentials import AccountCredentials
    from infra.cloud.tokens import Tokens
    from infra.local.secret_files import SecretFiles

    assert peer.login().status == 0
    give = AccountCredentials(secrets=SecretFiles(peer.folder / "secrets"))
    headers: dict[str, str] = {}
    Tokens().authorise(give(ANA, (SCOPE,)), headers, subject=ANA)
    answer = requests.get(f"{peer.url}/oauth2/v2/userinfo", headers=dict(headers), timeout=10)
    assert answer.json()["email"] == ANA


def test_another_account(peer: Peer) -> None:
    """Whoever consents must be the subject: else nothing is stored."""
    ended = peer.login(email="bob@example.com")
    assert ended.status == 1
    assert "bob@example.com consented, not ana@example.com" in ended.err
    assert not peer.secret.exists()


@pytest.mark.parametrize(
    ("tamper", "says"), [("state", "state differs"), ("code_challenge", "invalid_grant")]
)
def test_a_forged_answer(peer: Peer, tamper: str, says: str) -> None:
    """Another state, or a code made for another challenge, is refused."""
    ended = peer.login(tamper=tamper)
    assert ended.status == 1
    assert says in ended.err
    assert not peer.secret.exists()


@pytest.mark.parametrize(
    ("days", "says"), [(1, "unused for 6 months"), (7, "`Testing` die in 7 days")]
)
def test_a_consent_that_ended(peer: Peer, run: Run, days: int, says: str) -> None:
    """A void token is explained; one that ended after a week by the app's testing mode."""
    assert peer.login().status == 0
    requests.post(f"{peer.url}/oauth2/revoke", {"token": peer.token}, timeout=10)
    fields = json.loads(peer.secret.read_text())
    fields["stored_at"] = (datetime.now(UTC) - timedelta(days=days, hours=1)).isoformat()
    peer.secret.write_text(json.dumps(fields))
    ended = run("auth", "check", ANA, "--source", "drive.changes")
    assert ended.status == 1
    assert says in ended.err


def test_missing_scopes(peer: Peer, run: Run) -> None:
    """A consent that lacks what a watch needs is named, with the next step."""
    assert peer.login().status == 0
    ended = run("auth", "check", ANA, "--source", "calendar.events")
    assert ended.status == 1
    assert "Missing scopes: https://www.googleapis.com/auth/calendar.events.readonly" in ended.out
    assert "auth login" in ended.out


def test_no_client(run: Run) -> None:
    """Without an OAuth client the way to one is named."""
    ended = run("auth", "login", ANA, "--source", "drive.changes")
    assert ended.status == 2
    assert "Desktop app" in ended.err


def test_nothing_stored(run: Run) -> None:
    """Without consents the list says how to get one, and none can be revoked."""
    assert "auth login" in run("auth", "list").out
    assert run("auth", "revoke", ANA).status == 2
    assert run("auth", "login", ANA).status == 2


def test_delegation_that_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without consent and delegation each scope is named, and the administrator's exact step."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    ended = run("auth", "check", ANA, "--source", "drive.changes", "--workspace", "w@p.example")
    assert ended.status == 1
    assert f"XX {SCOPE}" in ended.out
    assert "https://admin.google.com/ac/owl/domainwidedelegation" in ended.out
    assert f"OAuth scopes: {SCOPE}" in ended.out
