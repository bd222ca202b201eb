"""Channels of the simulated Google: what is granted, refused, sent, stopped."""

from email.utils import parsedate_to_datetime

import pytest
from googleapiclient.errors import HttpError

from infra.local.google import SimulatedGoogle
from tests.local.google.client import Caller, Json, channel, settle
from tests.local.google.receiver import Receiver
from tests.local.google.test_drive_changes import reason, start

ANA, BEN = "ana@example.com", "ben@example.com"
DAY = 86_400


def watch(caller: Caller, body: Json, account: str = ANA) -> Json:
    """Watch an account's changes."""
    drive = caller.drive(account)
    return drive.changes().watch(pageToken=start(drive), body=body).execute()


def life(google: SimulatedGoogle, answer: Json) -> float:
    """Tell the granted life in seconds."""
    return int(answer["expiration"]) / 1000 - google.world.clock.now()


def in_ms(google: SimulatedGoogle, seconds: float) -> str:
    """Tell a time from now as watch bodies want it."""
    return str(round((google.world.clock.now() + seconds) * 1000))


def test_a_watch_is_answered_and_followed_by_sync(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """The answer names the channel, its resource and expiration; message 1 is `sync`."""
    body = channel(receiver.url, token="secret")
    answer = watch(caller, body)
    (sync,) = receiver.wait(1)
    assert (answer["kind"], answer["id"], answer["token"]) == ("api#channel", body["id"], "secret")
    assert sync["X-Goog-Channel-ID"] == body["id"]
    assert sync["X-Goog-Channel-Token"] == "secret"
    assert sync["X-Goog-Message-Number"] == "1"
    assert sync["X-Goog-Resource-State"] == "sync"
    assert sync["X-Goog-Resource-ID"] == answer["resourceId"]
    assert sync["X-Goog-Resource-URI"] == answer["resourceUri"]
    assert sync["Content-Length"] == "0"
    assert sync["User-Agent"].startswith("APIs-Google")
    expiration = parsedate_to_datetime(sync["X-Goog-Channel-Expiration"]).timestamp()
    assert expiration == pytest.approx(int(answer["expiration"]) / 1000, abs=1)


def test_changes_are_told_with_growing_numbers(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """Each change is a message `change`, its number larger but not the next one."""
    watch(caller, channel(receiver.url))
    for number in range(5):
        google.world.drive.create(ANA, name=str(number))
    google.world.drive.create(BEN, name="not watched")
    messages = receiver.wait(6)
    assert receiver.states() == ["sync"] + ["change"] * 5
    numbers = [int(each["X-Goog-Message-Number"]) for each in messages]
    assert numbers == sorted(set(numbers))
    assert numbers != list(range(1, 7))


def test_a_watched_file_tells_what_happened_to_it(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """Files know update (with what changed), trash, untrash and remove; folders of children."""
    world, drive = google.world.drive, caller.drive()
    folder = world.create(ANA, name="f", mime_type="application/vnd.google-apps.folder")
    drive.files().watch(fileId=folder.id, body=channel(receiver.url)).execute()
    receiver.wait(1)
    file = world.create(ANA, name="a", parents=[folder.id])
    receiver.wait(2)
    drive.files().watch(fileId=file.id, body=channel(receiver.url)).execute()
    receiver.wait(3)
    world.update(file.id, content="new")
    world.trash(file.id)
    world.untrash(file.id)
    messages = receiver.wait(6)
    states = ["sync", "update", "sync", "update", "trash", "untrash"]
    assert receiver.states() == states
    assert [messages[n].get("X-Goog-Changed") for n in (1, 3, 4)] == ["children", "content", None]
    world.remove(file.id)
    receiver.wait(8)
    assert sorted(receiver.states()[6:]) == ["remove", "update"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id": None}, (400, "required")),
        ({"id": "x" * 65}, (400, "invalid")),
        ({"id": "spaces are wrong"}, (400, "invalid")),
        ({"token": "x" * 257}, (400, "invalid")),
        ({"type": "carrier_pigeon"}, (400, "channelUnknown")),
        ({"address": "http://example.com/x"}, (400, "push.webhookUrlNotHttps")),
        ({"address": "https:///x"}, (400, "push.webhookUrlNoHostOrAddress")),
        ({"expiration": "1798761600"}, (400, "pushInvalidTtl")),
        ({"expiration": "1798761600000.5"}, (400, "invalid")),
        ({"expiration": "soon"}, (400, "invalid")),
    ],
)
def test_wrong_channels_are_refused(
    caller: Caller, change: Json, expected: tuple[int, str]
) -> None:
    """Each rule of a watch body has its refusal."""
    body = {**channel("https://example.com/x"), **change}
    with pytest.raises(HttpError) as error:
        watch(caller, body)
    assert reason(error) == expected


def test_a_page_token_is_required(caller: Caller, google: SimulatedGoogle) -> None:
    """Without a page token Drive refuses to watch changes."""
    caller.drive()
    request = caller.drive().files().get(fileId="x")
    request.uri = f"{google.url}/drive/v3/changes/watch"
    request.method = "POST"
    request.body = "{}"
    with pytest.raises(HttpError) as error:
        request.execute()
    assert reason(error) == (400, "required")


def test_lives_are_granted_up_to_a_maximum(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """The default is an hour; 7 days for changes, 1 for a file are the most; `max_life` caps."""
    file = google.world.drive.create(ANA, name="a")
    month = {"expiration": in_ms(google, 30 * DAY)}
    assert life(google, watch(caller, channel(receiver.url))) == pytest.approx(3600, abs=2)
    assert life(google, watch(caller, channel(receiver.url, **month))) == pytest.approx(
        7 * DAY, abs=2
    )
    request = caller.drive().files().watch(fileId=file.id, body=channel(receiver.url, **month))
    assert life(google, request.execute()) == pytest.approx(DAY, abs=2)
    caller.sim("POST", "options", {"max_life": 10})
    assert life(google, watch(caller, channel(receiver.url, **month))) == pytest.approx(10, abs=1)


def test_an_id_is_used_once(caller: Caller, receiver: Receiver) -> None:
    """A re-used id is refused, also after its channel was stopped."""
    body = channel(receiver.url)
    answer = watch(caller, body)
    caller.drive().channels().stop(body=answer).execute()
    with pytest.raises(HttpError) as error:
        watch(caller, body)
    assert reason(error) == (400, "channelIdNotUnique")


def test_channels_on_one_resource_share_its_id(caller: Caller, receiver: Receiver) -> None:
    """The resource id names account and resource, not the channel."""
    first, second = watch(caller, channel(receiver.url)), watch(caller, channel(receiver.url))
    other = watch(caller, channel(receiver.url), BEN)
    assert first["resourceId"] == second["resourceId"] != other["resourceId"]


def test_a_stopped_channel_is_silent(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """Only its own account, id and resource id stop a channel, once; the others go on."""
    first, second = watch(caller, channel(receiver.url)), watch(caller, channel(receiver.url))
    receiver.wait(2)
    for account, body in (
        (BEN, first),
        (ANA, {**first, "resourceId": "wrong"}),
        (ANA, {**first, "id": "wrong"}),
    ):
        with pytest.raises(HttpError) as error:
            caller.drive(account).channels().stop(body=body).execute()
        assert error.value.status_code == 404
    assert caller.drive().channels().stop(body=first).execute() == ""
    with pytest.raises(HttpError, match="not found for project"):
        caller.drive().channels().stop(body=first).execute()
    google.world.drive.create(ANA, name="a")
    receiver.wait(3)
    assert receiver.states(second["id"]) == ["sync", "change"]
    states = {each["id"]: each["state"] for each in caller.sim("GET", "channels")["channels"]}
    assert states == {first["id"]: "stopped", second["id"]: "live"}


def test_an_expired_channel_is_silent(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """After its expiration a channel sends nothing and cannot be stopped."""
    answer = watch(caller, channel(receiver.url))
    receiver.wait(1)
    caller.sim("POST", "clock", {"advance": 3601})
    google.world.drive.create(ANA, name="a")
    with pytest.raises(HttpError) as error:
        caller.drive().channels().stop(body=answer).execute()
    assert error.value.status_code == 404
    assert receiver.states() == ["sync"]
    assert caller.sim("GET", "channels")["channels"][0]["state"] == "expired"


def test_only_temporary_refusals_are_tried_again(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """500 to 504 are repeated with the same number; 404 and 429 lose the message."""
    receiver.statuses = [503, 500, 204, 404, 429]
    watch(caller, channel(receiver.url))
    numbers = [each["X-Goog-Message-Number"] for each in receiver.wait(3)]
    assert numbers == ["1", "1", "1"]
    for number in range(3):
        google.world.drive.create(ANA, name=str(number))
    receiver.wait(6)
    settle(google)
    counts = caller.sim("GET", "channels")["channels"][0]["messages"]
    assert counts == {"delivered": 2, "refused": 2}
    assert google.world.delivery.outcomes["retried"] == 2


def test_a_burst_is_merged(google: SimulatedGoogle, caller: Caller, receiver: Receiver) -> None:
    """Of one channel only so many messages wait; more of the same are merged into them."""
    google.world.options.pending_limit = 3
    google.world.faults.set("delay", seconds=0.2, state="change")
    watch(caller, channel(receiver.url))
    settle(google)
    for number in range(50):
        google.world.drive.create(ANA, name=str(number))
    receiver.wait(4)
    counts = caller.sim("GET", "channels")["channels"][0]["messages"]
    assert counts["merged"] == 47


@pytest.mark.parametrize(
    ("robots", "expected"),
    [
        ((404, b""), ["sync"]),
        ((200, b"User-agent: *\nAllow: /"), ["sync"]),
        ((200, b"User-agent: *\nDisallow: /"), []),
        ((500, b""), []),
    ],
)
def test_robots_txt_is_respected(
    google: SimulatedGoogle,
    caller: Caller,
    receiver: Receiver,
    robots: tuple[int, bytes],
    expected: list[str],
) -> None:
    """If told so, messages go only where robots.txt lets APIs-Google in."""
    google.world.options.respect_robots = True
    receiver.robots = robots
    watch(caller, channel(receiver.url))
    settle(google)
    assert receiver.states() == expected
