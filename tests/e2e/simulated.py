"""The simulated Google in another process, seen and moved through its control endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import urllib3

Json = dict[str, Any]


class Simulated:
    """Calls of `/sim/`; threads may share it."""

    def __init__(self, url: str) -> None:
        """Keep where it is."""
        self.url = url
        self._http = urllib3.PoolManager(maxsize=8, retries=False, timeout=10.0)

    def get(self, path: str) -> Json:
        """Read what is at `path`."""
        answer: Json = self._ask("GET", path)
        return answer

    def post(self, path: str, **fields: Any) -> Json:
        """Do what is at `path`."""
        return self._ask("POST", path, fields)

    def options(self, **values: Any) -> None:
        """Change what it is like."""
        self.post("options", **values)

    def fault(self, kind: str, **fields: Any) -> int:
        """Let something go wrong; gives what `mend` takes."""
        number: int = self.post("faults", kind=kind, **fields)["id"]
        return number

    def mend(self, number: int | None = None) -> None:
        """End one fault, or all."""
        self._ask("DELETE", "faults" if number is None else f"faults/{number}")

    def create(self, account: str, name: str, **fields: Any) -> Json:
        """Make a file in an account's My Drive."""
        return self.post("drive/files", account=account, name=name, **fields)

    def change(self, file: str, act: str, **fields: Any) -> Json:
        """Change a file: update, trash, untrash, remove."""
        return self.post(f"drive/files/{file}/{act}", **fields)

    def channels(self, *states: str) -> list[Json]:
        """Give the channels that are in one of these states; none given: all."""
        every = self.get("channels")["channels"]
        return [channel for channel in every if not states or channel["state"] in states]

    def calls(self, method: str) -> list[Json]:
        """Give the calls of a method, oldest first."""
        calls: list[Json] = self.get(f"requests?method={method}")["requests"]
        return calls

    def _ask(self, verb: str, path: str, fields: Mapping[str, Any] | None = None) -> Json:
        answer = self._http.request(verb, f"{self.url}/sim/{path}", json=fields)
        assert answer.status < 300, f"{verb} {path}: {answer.status} {answer.data!r}"
        return answer.json() if answer.data else {}
