"""Stand-in providers that stay: terraform finds them running instead of starting them anew.

A command of terraform's starts each of five providers three or four times, which took most of its
time. https://developer.hashicorp.com/terraform/plugin/debugging describes how one that runs already
is named to it. Nothing else changes: they get the same requests, and each world has its own.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

QUIET = "0.1"  # seconds without a request, after which the stand-in lets the next creation go
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a299cb4d6991ca9588b2"  # terraform's to all
REGISTRY = "registry.terraform.io/hashicorp"
WORLDLESS = {"random", "time"}  # know neither a world nor files: any deployment may use them

# Terraform speaks with attached providers in the clear; the socket is a file of our own.
IN_THE_CLEAR = """
import runpy, sys, grpc
clear = grpc.local_server_credentials(grpc.LocalConnectionType.UDS)
grpc.ssl_server_credentials = lambda pairs: clear
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""

Key = tuple[Path, Path | None]
_RUNNING: dict[Key, tuple[subprocess.Popen[str], dict[str, Any]]] = {}


def attached(config: Path, world: Path, folder: Path) -> str:
    """Give what tells terraform where the providers of a world run; start those that do not.

    They look for files from `folder` on, where terraform runs.
    """
    found = _launchers(config)
    return json.dumps({name: _address(launcher, world, folder) for name, launcher in found})


def detach(world: Path | None) -> None:
    """End the providers of a world, or those that know none."""
    for key in [each for each in _RUNNING if each[1] == world]:
        process, _ = _RUNNING.pop(key)
        process.kill()
        process.communicate(timeout=10)


def _launchers(config: Path) -> Iterator[tuple[str, Path]]:
    """Find the scripts that start providers; what is none, terraform starts by itself."""
    for mirror in re.findall(r'path\s*=\s*"(.+)"', config.read_text()):
        for found in (Path(mirror) / REGISTRY).glob("*/*/*/terraform-provider-*"):
            if found.read_bytes().startswith(b"#!/bin/sh\nexec "):
                yield f"{REGISTRY}/{found.parts[-4]}", found


def _address(launcher: Path, world: Path, folder: Path) -> dict[str, Any]:
    key = (launcher, None if launcher.parts[-4] in WORLDLESS else world)
    if key not in _RUNNING:
        _RUNNING[key] = _started(launcher, world, folder)
    return _RUNNING[key][1]


def _started(
    launcher: Path, world: Path, folder: Path
) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    (line,) = re.findall(r"^exec (.+)$", launcher.read_text(), re.MULTILINE)
    python, *words = shlex.split(line)
    options = [word for word in words if word.startswith("-")]
    process = subprocess.Popen(
        [python, *options, "-c", IN_THE_CLEAR, *words[len(options) :]],
        cwd=folder,
        env={
            **os.environ,
            "STANDIN_WORLD": str(world),
            "STANDIN_QUIET": QUIET,
            "TF_PLUGIN_MAGIC_COOKIE": COOKIE,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline().split("|")  # go-plugin's handshake: its fourth is the socket
    assert len(said) > 4, f"{launcher.name} does not say where it is: {said}"
    place = {"Network": said[2], "String": said[3]}
    told = {"Protocol": "grpc", "ProtocolVersion": int(said[1]), "Pid": process.pid, "Test": True}
    return process, {**told, "Addr": place}


@atexit.register
def _detach_all() -> None:
    for world in {world for _, world in _RUNNING}:
        detach(world)
