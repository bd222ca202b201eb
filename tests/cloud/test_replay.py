"""`replay --project`, on a Pub/Sub that can seek: Google's emulator cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest

from infra.cloud.pubsub_retained import filter_of
from tests.machine.conftest import Ended, Run, run
from tests.pubsub_keeping import KeepingPubsub, serve_pubsub

__all__ = ["run"]

MAIN = Path(__file__).resolve().parents[2] / "main.py"
TOPIC = "projects/my-project/topics/changes"
PLACE = ("--project", "my-project", "--name", "again")


@pytest.fixture
def pubsub(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeepingPubsub]:
    """Serve a Pub/Sub whose topic has kept changes of two watches for two days."""
    pubsub = KeepingPubsub()
    now = datetime.now(UTC)
    for number in range(5):
        for watch in ("ana", "bob"):
            name = f"{watch}{number}"
            event = {"id": name, "watch": watch, "data": {"n": number}}
            at = now - timedelta(hours=48 - 12 * number)
            pubsub.keep(TOPIC, json.dumps(event).encode(), at, ce_id=name, ce_watch=watch)
    with serve_pubsub(pubsub) as address:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")  # a replay reads no store
        yield pubsub


def replay(run: Run, watch: str = "ana", since: str = "30h") -> Ended:
    """Run the command."""
    return run("replay", "--watch", watch, "--since", since, *PLACE)


def test_events_keep_their_ids_and_name_the_run(run: Run, pubsub: KeepingPubsub) -> None:
    """Those of the watch since the time, in order, under its key; nothing of ours is left."""
    before = len(pubsub.topics[TOPIC])
    ended = replay(run)
    assert (ended.out, ended.err) == ("3 changes of ana queued again as replay again\n", "")
    repeated = pubsub.topics[TOPIC][before:]
    told = [json.loads(one.data) for one in repeated]
    assert [one["id"] for one in told] == ["ana2", "ana3", "ana4"]
    assert {one["replay"] for one in told} == {"again"}
    assert [one["data"] for one in told] == [{"n": 2}, {"n": 3}, {"n": 4}]
    assert {one.attributes["ce-replay"] for one in repeated} == {"again"}
    assert {one.ordering_key for one in repeated} == {"ana"}
    assert pubsub.subscriptions == {}
    (made,) = pubsub.made
    assert made.expiration_policy.ttl == timedelta(days=1)


def test_a_repetition_is_not_repeated(run: Run, pubsub: KeepingPubsub) -> None:
    """A second run repeats the changes, not the first run's repetitions of them."""
    replay(run)
    assert replay(run).out.startswith("3 changes")
    assert replay(run, since="1h").out.startswith("1 change")


def test_a_seek_that_takes_its_time(run: Run, pubsub: KeepingPubsub) -> None:
    """Some answers without messages at first are not the end."""
    pubsub.deaf = 5
    assert replay(run).out.startswith("3 changes")


def test_nothing_kept_is_no_error(run: Run, pubsub: KeepingPubsub) -> None:
    """Of a watch without changes nothing is published."""
    ended = replay(run, "carol")
    assert (ended.status, ended.out) == (0, "0 changes of carol queued again as replay again\n")


@pytest.mark.parametrize("watch", ['a"b', "a\\", "team:" + "x" * 300, "x" * 99 + "é" * 99])
def test_any_name_can_be_asked_for(run: Run, pubsub: KeepingPubsub, watch: str) -> None:
    """Odd and long names are asked for as Google's filters want it, and found exactly."""
    for name in (watch, watch + "more"):
        pubsub.keep(TOPIC, b'{"id": "odd"}', datetime.now(UTC), ce_id=name[-9:], ce_watch=name)
    assert len(filter_of(watch).encode()) <= 256
    assert replay(run, watch).out.startswith("1 change of")


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, 2, "roles/pubsub.editor"),
        (grpc.StatusCode.INTERNAL, 1, "broken on purpose"),
    ],
)
def test_a_failure_leaves_nothing_behind(
    run: Run, pubsub: KeepingPubsub, code: grpc.StatusCode, status: int, says: str
) -> None:
    """Whatever goes wrong, it is said, nothing is published, and the subscription goes."""
    before = len(pubsub.topics[TOPIC])
    pubsub.failing["pull"] = code
    ended = replay(run)
    assert ended.status == status
    assert says in ended.err
    assert (pubsub.subscriptions, len(pubsub.topics[TOPIC])) == ({}, before)
    assert len(pubsub.made) == 1


def test_a_topic_that_is_not_there(run: Run, pubsub: KeepingPubsub) -> None:
    """Another name of a topic is wrong usage, and named."""
    ended = run("replay", "--watch", "ana", "--since", "1h", "--topic", "none", *PLACE)
    assert ended.status == 2
    assert "projects/my-project/topics/none" in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_takes_its_subscription_along(
    pubsub: KeepingPubsub, number: signal.Signals, tmp_path: Path
) -> None:
    """Ctrl-C, or a kill, in the midst of reading: nothing is left, nothing was published."""
    pubsub.slow, pubsub.topics[TOPIC] = 0.3, []
    command = [sys.executable, str(MAIN), "replay", "--watch", "ana", "--since", "1h", *PLACE]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, env=os.environ) as process:
        assert pubsub.pulling.wait(20)
        assert len(pubsub.subscriptions) == 1
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert b"Traceback" not in err
    assert (pubsub.subscriptions, pubsub.topics[TOPIC]) == ({}, [])


def test_tail_takes_its_subscription_along(run: Run, pubsub: KeepingPubsub) -> None:
    """`tail --project` listens by a subscription that goes with it."""
    assert run("tail", "--project", "my-project", "--for", "200ms").status == 0
    assert (len(pubsub.made), pubsub.subscriptions) == (1, {})
