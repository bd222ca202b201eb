"""One machine on which `serve` runs: its folder, ports, watches file and changes file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.patience import eventually
from tests.e2e.processes import TRACE, Ended, Program, finish, free_ports

Json = dict[str, Any]

READY = "receiving at "
TAKEN = "cannot be used (Address already in use)"
LONGEST = "400s"  # after which a `serve` that was forgotten ends by itself


class Machine:
    """Runs `serve` again and again in the same place."""

    def __init__(
        self,
        folder: Path,
        google: str,
        *,
        options: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Keep where things are; nothing is started."""
        self.folder = folder
        self.google = google
        self.port, self.internal_port = free_ports()
        self.watches = folder / "watches.yaml"
        self.changes = folder / "changes.jsonl"
        self.store = folder / "watchkeeper.db"
        self._has_served = False
        self._options = options
        self._environment = environment
        self.programs: list[Program] = []

    def declare(self, *watches: Mapping[str, Any]) -> None:
        """Write the watches file."""
        self.watches.write_text(yaml.safe_dump({"watches": list(watches)}, sort_keys=False))

    def arguments(self, *more: str) -> list[str]:
        """Give the command line of `serve`; of an option given twice the last one counts."""
        known = ["--port", str(self.port), "--tick", "0.5s", "--for", LONGEST]
        google = ["--google", self.google, "--changes", self.changes.name]
        return ["serve", *google, *known, *self._options, *more]

    def serve(self, *more: str) -> Program:
        """Start `serve` and wait until it serves."""
        program = self.start(*more)
        try:
            program.says(READY)
        except AssertionError:
            if self._has_served or TAKEN not in program.err:
                raise
            # Somebody was quicker at a port that was free a moment ago.
            self.port, self.internal_port = free_ports()
            return self.serve(*more)
        self._has_served = True
        return program

    def start(self, *more: str) -> Program:
        """Start `serve`."""
        program = Program(*self.arguments(*more), folder=self.folder, environment=self._environment)
        self.programs.append(program)
        return program

    def refusal(self, *more: str) -> Ended:
        """Run a `serve` that ends by itself."""
        arguments = self.arguments(*more)
        return finish(*arguments, folder=self.folder, environment=self._environment)

    def refuses(self, told: str, *more: str) -> None:
        """See that `serve` refuses this with a status of 2, and says so."""
        ended = self.refusal(*more)
        assert ended.status == 2, ended.err
        assert told in ended.err
        assert ended.out == ""

    def status(self) -> Json:
        """Ask `status --json`."""
        where = [o for o in self._options if o in {"--store", "firestore"}]
        done = finish("status", "--json", *where, folder=self.folder, environment=self._environment)
        assert done.status in {0, 1}, done.err
        found: Json = json.loads(done.out)
        return found

    def watch(self, name: str) -> Json:
        """Give what the status says of one watch."""
        rows = {row["id"]: row for row in self.status()["watches"]}
        return dict(rows.get(name, {}))

    def confirmed(self, *names: str) -> None:
        """Wait until each of these watches has a channel that was heard of."""

        def look() -> bool:
            return set(names) <= {entry["watch"] for entry in self.log("channel heard")}

        eventually(f"channels of {names}", look)

    def events(self) -> list[Json]:
        """Give the events of the changes file, without a line that a crash tore."""
        events: list[Json] = []
        for line in self.changes.read_bytes().splitlines() if self.changes.exists() else []:
            with suppress(ValueError):
                events.append(json.loads(line))
        return events

    def log(self, decision: str) -> list[Json]:
        """Give the log lines of one decision, of all runs."""
        lines = [entry for program in self.programs for entry in read_log(program.err)]
        return [entry for entry in lines if entry["message"] == decision]

    def logs(self, decision: str, **facts: str) -> None:
        """Wait for a log line of this decision that has these texts in its facts."""

        def look() -> bool:
            lines = self.log(decision)
            return any(all(text in line[name] for name, text in facts.items()) for line in lines)

        eventually(f"{decision} {facts}", look)

    def put_down(self) -> None:
        """End what still runs; whatever ran has left no stack trace."""
        for program in self.programs:
            program.put_down()
        for program in self.programs:
            said = program.out + program.err
            assert TRACE not in said, said[max(said.find(TRACE) - 1000, 0) :][:5000]


def read_log(text: str) -> Iterator[Json]:
    """Give the log lines of what a program wrote."""
    for line in text.splitlines():
        with suppress(ValueError):
            yield json.loads(line)


def drive(name: str, account: str, **keys: Any) -> Json:
    """Declare a watch of an account's My Drive."""
    return {"id": name, "source": "drive.changes", "subject": account, **keys}
