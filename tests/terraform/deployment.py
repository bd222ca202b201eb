"""One deployment by real terraform into a folder that stands for Google Cloud.

terraform-standin serves the schema of Google's provider and refuses what Google would refuse; its
README says what that proves. Only a copy is touched: a lock file or a state in terraform/ itself
would belong to an operator.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.terraform.attached import QUIET, attached, detach

ROOT = Path(__file__).parents[2]
ALL = ("main.py", "requirements.txt", "functions", "infra")
# Enough to make an archive of: terraform takes a second to compare all the real one is made of.
FEW = ("main.py", "requirements.txt", "functions/receive.py", "infra/wiring.py")
LEFT_OUT = shutil.ignore_patterns(".terraform*", "*.tfstate*", "__pycache__", "*.tfvars")
PROJECT = "demo-project"
NUMBER = "123456789012"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command of terraform's ended."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A copy of the sources, deployed or to be deployed."""

    folder: Path
    config: Path  # of the command line: where providers are found

    @classmethod
    def rules(cls, folder: Path, config: Path) -> Deployment:
        """Copy only what judges variables, which needs no provider and so no time."""
        target = folder / "terraform"
        target.mkdir(parents=True)
        for name in ("variables.tf", "watches.tf", "rules.tf", "watches.json"):
            shutil.copy(ROOT / "terraform" / name, target)
        made = cls(folder, config)
        made.must("init")
        return made

    @classmethod
    def copy(cls, folder: Path, config: Path, sources: Sequence[str] = FEW) -> Deployment:
        """Copy terraform/ and sources into a new folder and prepare it."""
        for name in (*sources, "terraform"):
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=LEFT_OUT)
            else:
                shutil.copy(source, target)
        override = 'terraform {\n  backend "local" {}\n}\n'
        (folder / "terraform" / "local_override.tf").write_text(override)
        made = cls(folder, config)
        made.must("init")
        return made

    @property
    def world(self) -> Path:
        """The folder that stands for Google Cloud."""
        return self.folder / "world"

    @property
    def configuration(self) -> Path:
        """The copy of terraform/."""
        return self.folder / "terraform"

    @property
    def archive(self) -> Path:
        """What the functions are deployed from."""
        return self.configuration / ".terraform" / "watchkeeper.zip"

    @property
    def state(self) -> Path:
        """The state, as text."""
        return self.configuration / "terraform.tfstate"

    def variables(self, values: Values) -> None:
        """Set what an operator sets in terraform.tfvars."""
        text = json.dumps({"project_id": PROJECT, **values})
        (self.configuration / "terraform.tfvars.json").write_text(text)

    def detach(self) -> None:
        """End the providers that run for it."""
        detach(self.world)

    def run(self, *arguments: str, config: Path | None = None) -> Outcome:
        """Run terraform."""
        used = config or self.config
        environment = {
            "GOGC": "400",  # providers are large: to collect their garbage took a sixth of the time
            **os.environ,
            "TF_CLI_CONFIG_FILE": str(used),
            "STANDIN_WORLD": str(self.world),
            "STANDIN_QUIET": QUIET,
            "TF_IN_AUTOMATION": "1",
        }
        # `init` looks for versions, and without stand-ins there is nothing to run.
        if arguments[0] not in {"init", "state", "output"} and used.exists():
            environment["TF_REATTACH_PROVIDERS"] = attached(used, self.world, self.configuration)
        wide = ("-parallelism=50",) if arguments[0] in {"apply", "destroy", "plan"} else ()
        asked = ("-input=false",) if wide or arguments[0] == "init" else ()
        plain = () if arguments[0] == "state" else ("-no-color",)
        ended = subprocess.run(
            ["terraform", arguments[0], *plain, *asked, *wide, *arguments[1:]],
            cwd=self.configuration,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return Outcome(ended.returncode, ended.stdout)

    def must(self, *arguments: str, config: Path | None = None) -> str:
        """Run terraform, which is to succeed; give what it printed."""
        outcome = self.run(*arguments, config=config)
        assert outcome.status == 0, outcome.text[-4000:]
        return outcome.text

    def apply(self, values: Values | None = None, *, config: Path | None = None) -> str:
        """Apply, with these variables if any are given."""
        if values is not None:
            self.variables(values)
        return self.must("apply", "-auto-approve", config=config)

    def differences(self, *, config: Path | None = None) -> str:
        """Plan again: nothing if the deployment is as it is declared, else the plan."""
        outcome = self.run("plan", "-detailed-exitcode", config=config)
        return "" if outcome.status == 0 else outcome.text

    def missing_order(self, standin: Path) -> str:
        """Name resources that need others without waiting for them."""
        asked = [standin / "order", self.configuration]
        ended = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
        return "" if ended.returncode == 0 else ended.stdout + ended.stderr

    def resources(self, kind: str) -> dict[str, Any]:
        """Give what exists of a type, by the name of its file."""
        folder = self.world / kind
        return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}

    def resource(self, kind: str, name: str) -> Any:
        """Give one thing that exists."""
        return self.resources(kind)[name]

    def texts(self) -> Sequence[Path]:
        """Name every file that terraform or the world keeps."""
        return [self.state, *(path for path in self.world.rglob("*.json"))]
