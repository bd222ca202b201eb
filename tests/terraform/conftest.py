"""Deployments that several tests look at, made once, where terraform and stand-in providers are."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import common_folder
from tests.terraform.deployment import PROJECT, ROOT, Deployment
from tests.terraform.examples import FULL

VARIABLE = "WATCHKEEPER_TERRAFORM_STANDIN"
SET_UP_WITHIN = 600  # seconds: the first time it fetches schemas

SetUp = Callable[[str], Path]


@pytest.fixture(scope="session")
def terraform() -> str:
    """Name the program; tests that need it are skipped where it is missing."""
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("terraform is missing: https://developer.hashicorp.com/terraform/install")
    return found


@pytest.fixture(scope="session")
def standin(terraform: str) -> Path:
    """Find the stand-in providers."""
    given = os.environ.get(VARIABLE)
    folder = Path(given) if given else ROOT.parent / "shared" / "tools" / "terraform-standin"
    if not (folder / "setup").exists():
        pytest.skip(f"there are no stand-in providers: set {VARIABLE} to terraform-standin")
    return folder.resolve()


@pytest.fixture(scope="session")
def set_up(standin: Path) -> SetUp:
    """Give what prepares a version of Google's provider: the configuration that finds it."""

    def prepare(version: str) -> Path:
        ended = subprocess.run(
            [standin / "setup"],
            env={**os.environ, **({"STANDIN_GOOGLE": version} if version else {})},
            capture_output=True,
            text=True,
            timeout=SET_UP_WITHIN,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr[-2000:]
        return Path(shlex.split(ended.stdout)[-1].partition("=")[2])

    return prepare


@pytest.fixture(scope="session")
def config(set_up: SetUp) -> Path:
    """Prepare the newest version of Google's provider."""
    return set_up("")


@pytest.fixture(scope="session")
def full(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Deploy with everything that is optional; tests only look at it.

    One of pytest-xdist's workers deploys, the others wait for it and copy the folder.
    """
    common = common_folder(tmp_path_factory)
    deployed, done = common / "deployed", common / "deployed.done"
    with (common / "deployed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(deployed, ignore_errors=True)
            made = Deployment.copy(deployed, config)
            made.apply(FULL)
            made.detach()
            done.touch()
    folder = tmp_path_factory.mktemp("full") / PROJECT
    shutil.copytree(deployed, folder, symlinks=True)
    copied = Deployment(folder, config)
    yield copied
    copied.detach()


@pytest.fixture
def untouched(config: Path, tmp_path: Path) -> Iterator[Deployment]:
    """Give a copy that is not deployed yet."""
    made = Deployment.copy(tmp_path / PROJECT, config)
    yield made
    made.detach()


@pytest.fixture
def judge(terraform: str, tmp_path: Path) -> Deployment:
    """Give what judges variables: real terraform, without any provider."""
    return Deployment.rules(tmp_path / PROJECT, tmp_path / "none")


@pytest.fixture
def mine(full: Deployment, tmp_path: Path) -> Iterator[Deployment]:
    """Give a copy of the full deployment that a test may change."""
    folder = tmp_path / PROJECT
    shutil.copytree(full.folder, folder, symlinks=True)
    copied = Deployment(folder, full.config)
    yield copied
    copied.detach()
