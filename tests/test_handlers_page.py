"""docs/handlers.md is true: the secret that its command makes signs what receivers verify."""

from __future__ import annotations

import base64
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from infra.local.secret_files import SecretFiles
from infra.webhook import sign

PAGE = (Path(__file__).parents[1] / "docs" / "handlers.md").read_text()
LEAST, MOST = 24, 64  # bytes, says the specification


def test_the_command_makes_a_secret_that_signs(tmp_path: Path) -> None:
    """It is private, as long as the specification wants, new each time, and verified."""
    (command,) = re.findall(r"```sh\n(.*whsec_.*)\n```", PAGE)
    made = set()
    for _ in range(2):
        subprocess.run(["sh", "-euc", command], cwd=tmp_path, check=True)
        secret = SecretFiles(tmp_path / "secrets").read("forward-key") or ""
        made.add(secret)
        raw = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
        assert LEAST <= len(raw) <= MOST
        now = datetime.now(UTC)
        headers = {
            "webhook-id": "e1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": sign(b"{}", event="e1", secrets=secret, now=now),
        }
        assert Webhook(secret.strip()).verify("{}", headers) == {}
    assert len(made) == 2
    modes = [oct(path.stat().st_mode)[-3:] for path in sorted(tmp_path.rglob("*"))]
    assert modes == ["700", "600"]


def test_the_cloud_gets_the_same_kind_of_secret() -> None:
    """Both commands make the same."""
    making = 'echo "whsec_$(head -c 32 /dev/urandom | base64)"'
    assert PAGE.count(making) == 2
