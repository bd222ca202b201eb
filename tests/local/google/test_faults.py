"""What the simulated Google does wrong on purpose, each fault by itself."""

import time

import pytest
import requests
from googleapiclient.errors import HttpError

from infra.local.google import SimulatedGoogle, serve_google
from infra.local.google.faults import Fault, Kind
from tests.local.google.client import Caller, Json, channel, settle
from tests.local.google.receiver import Receiver
from tests.local.google.test_channels import ANA, BEN, watch
from tests.local.google.test_drive_changes import reason, start


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"reason": "backendError"}, (503, "backendError")),
        ({"status": 429, "reason": "rateLimitExceeded"}, (429, "rateLimitExceeded")),
        ({"reason": "userRateLimitExceeded"}, (403, "userRateLimitExceeded")),
        ({"reason": "subscriptionRateLimitExceeded"}, (403, "subscriptionRateLimitExceeded")),
        ({"reason": "notFound", "target": "/drive/v3/changes/start*"}, (404, "notFound")),
    ],
)
def test_calls_are_refused(caller: Caller, fault: Json, expected: tuple[int, str]) -> None:
    """A refusal has Google's format and strikes as often as it should, where it should."""
    caller.sim("POST", "faults", {"kind": "error", "times": 1, "method": "drive.*", **fault})
    with pytest.raises(HttpError) as error:
        start(caller.drive())
    assert reason(error) == expected
    start(caller.drive())


def test_a_fault_keeps_to_its_account_and_method(caller: Caller) -> None:
    """Who and what is not meant is left alone."""
    fault = {"kind": "error", "account": BEN, "method": "drive.changes.getStartPageToken"}
    number = caller.sim("POST", "faults", fault)["id"]
    start(caller.drive(ANA))
    caller.drive(BEN).files().list().execute()
    with pytest.raises(HttpError):
        start(caller.drive(BEN))
    caller.sim("DELETE", f"faults/{number}")
    start(caller.drive(BEN))


def test_retry_after_is_told(caller: Caller) -> None:
    """A refusal says how long to wait, if it was told to."""
    caller.sim("POST", "faults", {"kind": "error", "status": 429, "retry_after": 7})
    with pytest.raises(HttpError) as error:
        start(caller.drive())
    assert error.value.resp["retry-after"] == "7"


def test_a_fault_can_be_a_matter_of_chance(google: SimulatedGoogle, caller: Caller) -> None:
    """A probability strikes about as often as it says."""
    google.world.faults.set("error", probability=0.3)
    refused = 0
    for _ in range(100):
        try:
            start(caller.drive())
        except HttpError:
            refused += 1
    assert 15 < refused < 50


def test_garbage_is_answered_as_success(caller: Caller, google: SimulatedGoogle) -> None:
    """Garbage is HTML with status 200."""
    caller.sim("POST", "faults", {"kind": "garbage", "times": 1})
    url = f"{google.url}/drive/v3/changes/startPageToken"
    answer = requests.get(url, headers={"Authorization": f"Bearer {ANA}"}, timeout=5)
    assert (answer.status_code, answer.text[:15]) == (200, "<!DOCTYPE html>")


def test_latency_makes_calls_slow(caller: Caller) -> None:
    """A call under latency takes at least that long."""
    caller.sim("POST", "faults", {"kind": "latency", "seconds": 0.15})
    before = time.monotonic()
    start(caller.drive())
    assert time.monotonic() - before >= 0.15


def test_a_lost_answer_leaves_the_channel(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """The watch is made and tells so, but whoever asked never hears of it."""
    caller.sim("POST", "faults", {"kind": "lost_answer", "method": "*.watch", "times": 1})
    body = channel(receiver.url)
    url = f"{google.url}/drive/v3/changes/watch"
    asked = {"params": {"pageToken": start(caller.drive())}, "json": body}
    with pytest.raises(requests.ConnectionError):
        requests.post(url, headers={"Authorization": f"Bearer {ANA}"}, timeout=5, **asked)
    assert receiver.wait(1)[0]["X-Goog-Channel-ID"] == body["id"]
    with pytest.raises(HttpError) as error:
        watch(caller, body)
    assert reason(error) == (400, "channelIdNotUnique")


def test_a_lost_answer_is_asked_for_again_by_httplib2_unless_reset(
    caller: Caller, receiver: Receiver
) -> None:
    """After an orderly close Google's client resends by itself, after a reset it does not."""
    fault = {"kind": "lost_answer", "method": "*.watch", "times": 1}
    caller.sim("POST", "faults", fault)
    with pytest.raises(HttpError) as error:
        watch(caller, channel(receiver.url))
    assert reason(error) == (400, "channelIdNotUnique")
    caller.sim("POST", "faults", {**fault, "reset": True})
    with pytest.raises(ConnectionResetError):
        watch(caller, channel(receiver.url))


def test_sync_can_come_before_the_answer(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """The first message is there when the watch call returns."""
    google.world.faults.set("sync_first")
    for number in range(1, 11):
        watch(caller, channel(receiver.url))
        assert len(receiver.messages) == number


def test_messages_are_lost(google: SimulatedGoogle, caller: Caller, receiver: Receiver) -> None:
    """The next n messages of a state can be lost: `sync`, or changes."""
    google.world.faults.set("drop", state="sync", times=1)
    google.world.faults.set("drop", state="change", times=2)
    watch(caller, channel(receiver.url))
    for number in range(3):
        google.world.drive.create(ANA, name=str(number))
    receiver.wait(1)
    settle(google)
    assert receiver.states() == ["change"]


def test_messages_are_repeated(google: SimulatedGoogle, caller: Caller, receiver: Receiver) -> None:
    """A repeated message has the same number."""
    google.world.faults.set("duplicate", times=1)
    watch(caller, channel(receiver.url))
    assert [each["X-Goog-Message-Number"] for each in receiver.wait(2)] == ["1", "1"]


def test_messages_are_late_and_out_of_order(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """With reordering a later message may overtake an earlier one."""
    watch(caller, channel(receiver.url))
    receiver.wait(1)
    google.world.faults.set("reorder", seconds=0.1)
    for number in range(10):
        google.world.drive.create(ANA, name=str(number))
    numbers = [int(each["X-Goog-Message-Number"]) for each in receiver.wait(11)]
    assert numbers != sorted(numbers)


def test_a_channel_dies_in_silence(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """A silent channel counts as live and never sends again."""
    answer = watch(caller, channel(receiver.url))
    receiver.wait(1)
    caller.sim("POST", f"channels/{answer['id']}/silence")
    google.world.drive.create(ANA, name="a")
    settle(google)
    assert receiver.states() == ["sync"]
    told = caller.sim("GET", "channels")["channels"][0]
    assert (told["state"], told["silent"]) == ("live", True)


def test_a_stopped_channel_may_send_a_little_more(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """After a stop so many messages still come, as told, and no more."""
    google.world.faults.set("after_stop", count=2)
    answer = watch(caller, channel(receiver.url))
    receiver.wait(1)
    caller.drive().channels().stop(body=answer).execute()
    for number in range(4):
        google.world.drive.create(ANA, name=str(number))
    receiver.wait(3)
    settle(google)
    assert receiver.states() == ["sync", "change", "change"]


def test_access_is_revoked_and_restored(caller: Caller, google: SimulatedGoogle) -> None:
    """A revoked subject gets 401, or 403 with another reason; nobody at all gets 401."""
    caller.sim("POST", f"accounts/{ANA}/revoke")
    with pytest.raises(HttpError) as error:
        start(caller.drive())
    assert reason(error) == (401, "authError")
    caller.sim("POST", f"accounts/{ANA}/revoke", {"reason": "insufficientPermissions"})
    with pytest.raises(HttpError) as error:
        start(caller.drive())
    assert reason(error) == (403, "insufficientPermissions")
    caller.sim("POST", f"accounts/{ANA}/restore")
    start(caller.drive())
    assert requests.get(f"{google.url}/drive/v3/files", timeout=5).status_code == 401


def test_wrong_faults_are_refused() -> None:
    """A fault that does not exist is an error that says so."""
    for wrong in ({"kind": "earthquake"}, {"kind": "drop", "colour": "red"}, {}):
        with pytest.raises(ValueError, match=r"earthquake|colour|required"):
            Fault.from_json(wrong)


def test_the_same_seed_does_the_same(receiver: Receiver) -> None:
    """Two runs with one seed draw the same chances."""

    def draws(seed: int) -> list[bool]:
        with serve_google(seed=seed) as google:
            google.world.faults.set("drop", probability=0.5)
            faults = google.world.faults
            return [bool(faults.draw(Kind.DROP, method="m", account="a")) for _ in range(50)]

    assert draws(1) == draws(1) != draws(2)
