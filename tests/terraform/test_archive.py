"""The archive that is deployed, run: installed by its requirements alone, a process a function.

The entry points are started as Cloud Run functions starts them, with the environment that Terraform
gives them; only Google, Firestore and Pub/Sub are stood in for, by a simulator and the emulators.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from google.pubsub_v1 import SubscriberClient

from infra.cloud.pubsub_setup import Route, set_up, subscription_name
from tests.e2e.patience import eventually
from tests.e2e.processes import TRACE, Program, free_ports
from tests.e2e.simulated import Simulated
from tests.terraform.deployment import ALL, PROJECT, Deployment
from tests.terraform.test_names import metrics, seen_by

pytestmark = pytest.mark.timeout(400)

FUNCTIONS = ("receive", "renew", "sync", "handle")
LEFT_OUT = ("infra/local/", "infra/machine/", "infra/cli.py", "tests/", "terraform/", "docs/")
WATCH = {"source": {"stringValue": "drive.changes"}, "subject": {"stringValue": "ana@example.com"}}
# Metrics of what happens in the story below; the others count what goes wrong, or handlers.
COUNTED = {"notifications", "ticks", "channels", "pulls", "changes", "lag_seconds"}
COUNTED |= {"watches", "uncovered", "ending", "parked"}
RING = "k1 1970-01-01T00:00:00+00:00 " + "s" * 48


@pytest.fixture(scope="module")
def archive(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the archive that terraform makes of all sources."""
    deployment = Deployment.copy(tmp_path_factory.mktemp("archived") / PROJECT, config, ALL)
    deployment.variables({})
    deployment.must("plan", "-target=data.archive_file.source")
    deployment.detach()
    return deployment.archive


@pytest.fixture(scope="module")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack it."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def python(unpacked: Path) -> Path:
    """Make an environment of what the archive asks for alone; kept until that changes."""
    text = (unpacked / "requirements.txt").read_bytes()
    name = hashlib.sha256(text + sys.version.encode()).hexdigest()[:12]
    folder = Path(sys.prefix) / f"deployed-{name}"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, timeout=60)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
        wanted = ["install", "-r", str(unpacked / "requirements.txt")]
        subprocess.run([*pip, *wanted], check=True, capture_output=True, timeout=300)
        (folder / "complete").touch()
    return folder / "bin" / "python"


def test_what_is_in_it(archive: Path) -> None:
    """All that the functions are, nothing that only one machine, a test or an operator needs."""
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
    assert {"main.py", "requirements.txt", "functions/receive.py", "infra/wiring.py"} <= names
    assert [name for name in names if name.startswith(LEFT_OUT)] == []
    assert {name for name in names if "/" not in name} == {"main.py", "requirements.txt"}
    assert {name.split("/")[0] for name in names if "/" in name} == {"functions", "infra"}
    assert {Path(name).suffix for name in names} == {".py", ".txt"}


def test_the_same_sources_make_the_same_archive(full: Deployment) -> None:
    """Its name is its content, so nothing is deployed anew that did not change."""
    digest = hashlib.sha256(full.archive.read_bytes()).hexdigest()
    (stored,) = full.resources("google_storage_bucket_object").values()
    assert stored["name"] == f"source-{digest}.zip"
    for function in full.resources("google_cloudfunctions2_function").values():
        source = function["build_config"][0]["source"][0]["storage_source"][0]
        assert source["object"] == stored["name"]


class Hosted:
    """One function of the archive in functions-framework, as the platform runs it."""

    def __init__(self, name: str, port: int) -> None:
        """Say what it is called and where it listens."""
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._log: Path | None = None

    def start(self, python: Path, source: Path, environment: dict[str, str], log: Path) -> None:
        """Start it with this environment and nothing of ours."""
        program = python.parent / "functions-framework"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [program, f"--target={self.name}", "--host=127.0.0.1", f"--port={self._port}"],
                cwd=source,
                env={"PATH": os.environ["PATH"], **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self._log = log

    def wait(self) -> None:
        """Wait until it answers."""
        eventually(f"{self.name} listens", self._listens, within=60)

    def call(self) -> int:
        """Call it as the clock would; give the status."""
        return requests.post(self.url, data=b"", timeout=60).status_code

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text(errors="replace") if self._log else ""

    def lines(self) -> Iterator[dict[str, Any]]:
        """Give what it has logged, as Cloud Logging takes it from its output."""
        for line in self.log.splitlines():
            if line.startswith("{"):
                yield json.loads(line)

    def end(self) -> None:
        """End it at once, with the worker that it has started: asked to, it takes seconds."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(15)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            return requests.get(f"{self.url}/robots.txt", timeout=5).status_code == 404
        except requests.ConnectionError:
            return False


@pytest.fixture
def hosted(
    full: Deployment,
    python: Path,
    unpacked: Path,
    firestore_address: str,
    pubsub_address: str,
    google: Simulated,
    tmp_path: Path,
) -> Iterator[dict[str, Hosted]]:
    """Start the four functions, each with the environment that it has in the cloud."""
    found = {
        name: Hosted(name, port)
        for name, port in zip(FUNCTIONS, (*free_ports(), *free_ports()), strict=True)
    }
    keys = tmp_path / "signing-keys"
    keys.write_text(RING + "\n")
    here = {
        "WATCHKEEPER_ADDRESS": f"{found['receive'].url}/receive",
        "WATCHKEEPER_GOOGLE": google.url,
        "WATCHKEEPER_KEYS": str(keys),
        "FIRESTORE_EMULATOR_HOST": firestore_address,
        "PUBSUB_EMULATOR_HOST": pubsub_address,
    }
    with ExitStack() as stack:
        for name, function in found.items():
            stack.callback(function.end)
            deployed = full.resource("google_cloudfunctions2_function", f"watchkeeper-{name}")
            given = deployed["service_config"][0]["environment_variables"]
            own = {key: each for key, each in here.items() if key in given or "WATCH" not in key}
            environment = {**given, **own, "WATCHKEEPER_GOOGLE": google.url}
            function.start(python, unpacked, environment, tmp_path / f"{name}.log")
        for function in found.values():
            function.wait()
        yield found
    for function in found.values():
        assert TRACE not in function.log, function.log[-3000:]


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Simulated]:
    """Run the simulated Google."""
    port = free_ports()[0]
    program = Program("simulate", "--port", str(port), folder=tmp_path)
    try:
        program.says("simulated Google: ")
        yield Simulated(f"http://127.0.0.1:{port}")
    finally:
        program.put_down()


def _connect(deployment: Deployment, hosted: dict[str, Hosted]) -> None:
    """Make the topics and subscriptions of the deployment, pushing to the processes here."""
    routes = []
    for name, subscription in deployment.resources("google_pubsub_subscription").items():
        if name in {"notifications-sync", "changes-handle"}:
            topic = subscription["topic"].rpartition("/")[2]
            url = hosted[name.split("-")[1]].url
            routes.append(_route(topic, name, url))
    set_up(PROJECT, [*routes, _route("changes", "look", None)])


def _route(topic: str, name: str, url: str | None) -> Route:
    return Route(
        topic=topic,
        subscription=name,
        url=url,
        first=timedelta(milliseconds=100),
        longest=timedelta(seconds=1),
    )


def test_one_change_passes_through(
    full: Deployment,
    hosted: dict[str, Hosted],
    google: Simulated,
    firestore_address: str,
    pubsub_address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file is made at Google: notified, received, queued, pulled, told, and handled."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_address)
    _connect(full, hosted)
    documents = f"http://{firestore_address}/v1/projects/{PROJECT}/databases/(default)/documents"
    for collection, name, fields in (
        ("watches", "ana-drive", WATCH),
        ("control", "declared", {"revision": {"stringValue": "1"}}),
    ):
        written = requests.post(
            f"{documents}/{collection}",
            params={"documentId": name},
            json={"fields": fields},
            headers={"Authorization": "Bearer owner"},
            timeout=10,
        )
        assert written.status_code == 200, written.text

    eventually("a channel", lambda: _tick(hosted) and google.channels("live"), within=60)
    eventually("its confirmation", lambda: "channel heard" in hosted["sync"].log, within=60)
    google.create("ana@example.com", "report.pdf")
    (event,) = eventually("the change", _changes(), within=60)
    assert event["type"] == "watchkeeper.drive.changes.file.created"
    assert event["data"]["item"]["name"] == "report.pdf"
    assert '"message": "queued"' in hosted["receive"].log
    assert '"message": "changes told"' in hosted["sync"].log
    assert COUNTED - counted(full, hosted) == set()
    # Private functions answer nothing but POST, and say so.
    assert requests.get(hosted["handle"].url, timeout=10).status_code == 405


def counted(full: Deployment, hosted: dict[str, Hosted]) -> set[str]:
    """Name the metrics that count some line which the functions have written."""
    found: set[str] = set()
    lines = [line for each in hosted.values() for line in each.lines()]
    for name, metric in metrics(full):
        if any(seen_by(metric, line) for line in lines):
            found.add(name.removeprefix("watchkeeper/"))
    return found


def _tick(hosted: dict[str, Hosted]) -> bool:
    assert hosted["renew"].call() == 204, hosted["renew"].log
    return True


def _changes() -> Callable[[], list[dict[str, Any]]]:
    def pull() -> list[dict[str, Any]]:
        with SubscriberClient() as subscriber:
            answer = subscriber.pull(
                subscription=subscription_name(PROJECT, "look"),
                max_messages=10,
                timeout=5,
                retry=None,
            )
        return [json.loads(each.message.data) for each in answer.received_messages]

    return pull


def test_the_deployed_environment_has_no_tools(python: Path) -> None:
    """Tools for development and the command line are not installed with the functions."""
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json"], capture_output=True, check=True, timeout=60
    )
    names = {each["name"].lower() for each in json.loads(listed.stdout)}
    assert names & {"pytest", "rich", "mypy", "ruff"} == set()
