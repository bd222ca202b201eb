"""The emulators answer real clients, and leave nothing running."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from google.cloud import firestore
from google.pubsub_v1 import PublisherClient, PubsubMessage

from tests import emulators

_START_AND_DIE = """
import os, subprocess, sys
subprocess.Popen(
    ["/bin/sh", "-c", sys.argv[1], "emulator", "sleep", "20"],
    stdin=subprocess.PIPE, start_new_session=True,
)
os.kill(os.getpid(), 9)
"""


def test_firestore_keeps_what_a_client_writes(firestore_emulator: str, project: str) -> None:
    """A document that Google's own client wrote can be read again."""
    document = firestore.Client(project=project).document("progress/ana-drive")
    document.set({"failures": 3})
    assert document.get().to_dict() == {"failures": 3}


def test_pubsub_takes_a_topic(pubsub_emulator: str, project: str) -> None:
    """The synchronous publisher reaches the emulator through the variable alone."""
    topic = f"projects/{project}/topics/changes"
    with PublisherClient() as publisher:
        publisher.create_topic(name=topic)
        answer = publisher.publish(topic=topic, messages=[PubsubMessage(data=b"{}")])
    assert len(answer.message_ids) == 1


def test_variables_are_set_only_where_asked_for(pubsub_address: str) -> None:
    """A test that did not ask to be pointed to an emulator finds no trace of it."""
    assert "PUBSUB_EMULATOR_HOST" not in os.environ
    assert "FIRESTORE_EMULATOR_HOST" not in os.environ


def test_the_block_ends_the_emulator(pubsub_address: str) -> None:
    """After the block nothing listens on its port any more."""
    # The fixture has told already whether emulators are to be had; a given address needs none.
    try:
        with emulators.running(emulators.PUBSUB) as address:
            host, port = address.split(":")
    except emulators.EmulatorMissingError as missing:
        pytest.skip(str(missing))
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/")


def test_what_is_missing_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without the component, the error tells the command that installs it."""
    monkeypatch.setattr(emulators, "sdk_root", lambda: tmp_path)
    with (
        pytest.raises(emulators.EmulatorMissingError, match="pubsub-emulator"),
        emulators.running(emulators.PUBSUB),
    ):
        pass


def test_a_killed_owner_takes_its_emulator_along() -> None:
    """Even kill -9 of the process that started it leaves no emulator behind."""
    # The output ends when all who hold it have ended: `run` returns then, or raises TimeoutExpired.
    owner = subprocess.run(
        [sys.executable, "-c", _START_AND_DIE, emulators._TIED_TO_US],
        capture_output=True,
        timeout=5,
        check=False,
    )
    assert owner.returncode == -signal.SIGKILL


def test_other_machines_are_out_of_reach() -> None:
    """A test that tries to leave the machine fails at once and says where it wanted to go."""
    with socket.socket() as stranger, pytest.raises(AssertionError, match=r"192\.0\.2\.1:80"):
        stranger.connect(("192.0.2.1", 80))
