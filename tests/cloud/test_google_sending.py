"""What happens to a call on the way: whatever makes something is sent once, at most."""

from __future__ import annotations

import socket
import time
import traceback
from collections.abc import Iterator

import pytest

from functions.domain.errors import Unanswered, Unavailable
from functions.sources.call import Call
from infra.cloud.bearer import simulated
from infra.cloud.google_api import GoogleApi
from tests.clocks import HandClock
from tests.scripted import How, Reply, Script

pytestmark = [pytest.mark.usefixtures("no_pauses"), pytest.mark.timeout(20)]

LIST = Call(api="drive", version="v3", method="changes.list", params={"pageToken": "7"})
WATCH = Call(
    api="drive",
    version="v3",
    method="changes.watch",
    params={"pageToken": "7"},
    body={"id": "c1"},
    once=True,
)
UNMARKED_WATCH = Call(
    api="drive", version="v3", method="files.watch", params={"fileId": "f"}, body={"id": "c1"}
)
CREATE = Call(api="calendar", version="v3", method="calendars.insert", body={}, once=True)
ONCE = pytest.mark.parametrize("call", [WATCH, UNMARKED_WATCH, CREATE], ids=lambda it: it.method)


@pytest.fixture
def hasty(script: Script, clock: HandClock) -> Iterator[GoogleApi]:
    """Give an adapter that waits for no more than a moment."""
    api = GoogleApi(simulated, script.url, timeout=0.2, clock=clock)
    yield api
    api.close()


@ONCE
@pytest.mark.parametrize("how", [How.NONE, How.RESET, How.TORN], ids=lambda how: how.name)
def test_what_makes_something_is_sent_once_on_a_new_connection_that_breaks(
    api: GoogleApi, script: Script, call: Call, how: How
) -> None:
    """Google may have done it: a second request would open a second channel."""
    script.answer(Reply(how=how))
    with pytest.raises(Unanswered):
        api.call(call, subject=None)
    assert len(script.asked) == 1


@ONCE
@pytest.mark.parametrize("how", [How.NONE, How.RESET, How.TORN], ids=lambda how: how.name)
def test_what_makes_something_is_sent_once_on_a_kept_connection_that_breaks(
    api: GoogleApi, script: Script, call: Call, how: How
) -> None:
    """The same where libraries like to take the connection for stale and send again."""
    script.answer(Reply(), Reply(how=how))
    api.call(LIST, subject=None)
    with pytest.raises(Unanswered):
        api.call(call, subject=None)
    assert len(script.asked) == 2
    assert len({asked.connection for asked in script.asked}) == 1


@ONCE
def test_what_makes_something_is_sent_once_when_no_answer_comes(
    hasty: GoogleApi, script: Script, call: Call
) -> None:
    """A timeout says nothing about what was done."""
    script.answer(Reply(how=How.LATE))
    with pytest.raises(Unanswered):
        hasty.call(call, subject=None)
    assert len(script.asked) == 1


@ONCE
@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 504])
def test_what_makes_something_is_sent_once_whatever_is_answered(
    api: GoogleApi, script: Script, call: Call, status: int
) -> None:
    """When to try again is decided by those who know what was asked for."""
    script.answer(Reply(status=status, body={"error": {"message": "no"}}))
    with pytest.raises(Exception, match=str(status)):
        api.call(call, subject=None)
    assert len(script.asked) == 1


def test_a_connection_that_google_closed_meanwhile_is_not_used(
    api: GoogleApi, script: Script
) -> None:
    """Google closes kept connections after a while: a watch must not fall into that gap."""
    script.answer(Reply(how=How.LAST), Reply())
    api.call(LIST, subject=None)
    time.sleep(0.1)  # until the end has arrived here
    api.call(WATCH, subject=None)
    assert len({asked.connection for asked in script.asked}) == 2


@pytest.mark.parametrize("how", [How.NONE, How.RESET, How.TORN], ids=lambda how: how.name)
def test_a_read_is_sent_again_when_the_connection_breaks(
    api: GoogleApi, script: Script, how: How
) -> None:
    """Reading twice does no harm."""
    script.answer(Reply(how=how), Reply(how=how), Reply(body={"changes": []}))
    assert api.call(LIST, subject=None).body == {"changes": []}


@pytest.mark.parametrize("how", [How.NONE, How.RESET], ids=lambda how: how.name)
def test_a_read_that_is_never_answered_is_an_outage(
    api: GoogleApi, script: Script, how: How
) -> None:
    """After three tries it is the caller's turn."""
    script.answer(Reply(how=how))
    with pytest.raises(Unavailable) as outage:
        api.call(LIST, subject=None)
    assert type(outage.value) is Unavailable
    assert len(script.asked) == 3


def test_a_read_that_timed_out_is_not_waited_for_again(hasty: GoogleApi, script: Script) -> None:
    """A tick has 45 seconds: three timeouts of one watch would eat those of all others."""
    script.answer(Reply(how=How.LATE))
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        hasty.call(LIST, subject=None)
    assert time.monotonic() - begun < 1
    assert len(script.asked) == 1


@pytest.mark.parametrize("call", [LIST, WATCH], ids=lambda call: call.method)
def test_what_was_not_sent_was_not_done(clock: HandClock, call: Call) -> None:
    """Where nobody listens nothing was opened: it is plainly an outage."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    api = GoogleApi(simulated, f"http://127.0.0.1:{port}", clock=clock)
    with pytest.raises(Unavailable, match="cannot be reached") as outage:
        api.call(call, subject=None)
    assert type(outage.value) is Unavailable
    api.close()


def test_a_name_that_is_not_known_was_not_sent(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same where the name of Google's host cannot be looked up."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    api = GoogleApi(simulated, "http://google.invalid", clock=clock)
    with pytest.raises(Unavailable, match="cannot be reached") as outage:
        api.call(WATCH, subject=None)
    assert type(outage.value) is Unavailable
    api.close()


def test_a_connection_that_takes_too_long_is_not_tried_again(
    clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent, and the time for it is gone; the address stays out of the error."""
    tries: list[object] = []

    def never(_: socket.socket, address: object) -> None:
        tries.append(address)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", never)
    api = GoogleApi(simulated, "http://127.0.0.1:9", clock=clock)
    for call in (LIST, WATCH):
        with pytest.raises(Unavailable, match="cannot be reached") as outage:
            api.call(call, subject=None)
        assert type(outage.value) is Unavailable
        assert "/drive/v3" not in "".join(traceback.format_exception(outage.value))
    assert len(tries) == 2
    api.close()


@pytest.mark.parametrize("how", [How.NONE, How.LATE], ids=lambda how: how.name)
def test_an_error_does_not_show_where_it_went(hasty: GoogleApi, script: Script, how: How) -> None:
    """Addresses hold cursors and names of people: neither text nor causes have them."""
    script.answer(Reply(how=how))
    with pytest.raises(Unavailable) as outage:
        hasty.call(LIST, subject=None)
    shown = "".join(traceback.format_exception(outage.value))
    assert "pageToken=" not in shown
    assert "/drive/v3" not in shown
