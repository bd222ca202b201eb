"""The control endpoints, the server around them, and the command line's `simulate`."""

import signal
import subprocess
import sys
from email.utils import parsedate_to_datetime

import pytest
import requests

from infra.local.google import SimulatedGoogle, serve_google
from tests.local.google.client import Caller
from tests.local.google.test_drive_changes import ANA, BEN, read, start


def test_files_are_made_and_edited_by_control(caller: Caller) -> None:
    """Everything that people do to files can be done by HTTP."""
    drive = caller.drive()
    token = start(drive)
    made = caller.sim("POST", "drive/files", {"account": ANA, "name": "a", "content": "x"})
    path = f"drive/files/{made['id']}"
    caller.sim("POST", f"{path}/update", {"name": "b"})
    caller.sim("POST", f"{path}/view", {"account": ANA})
    caller.sim("POST", f"{path}/trash")
    assert caller.sim("GET", path)["trashed"] is True
    caller.sim("POST", f"{path}/untrash")
    caller.sim("POST", f"{path}/share", {"account": BEN})
    assert caller.drive(BEN).files().get(fileId=made["id"]).execute()["name"] == "b"
    caller.sim("POST", f"{path}/unshare", {"account": BEN})
    caller.sim("POST", f"{path}/remove")
    many = caller.sim("POST", "drive/files", {"account": ANA, "name": "n", "count": 20})["ids"]
    changes, token = read(drive, token)
    assert [each["fileId"] for each in changes] == [made["id"], *many]
    caller.sim("POST", f"drive/logs/{ANA}/invalidate")
    assert start(drive) != token


def test_shared_drives_are_made_and_edited_by_control(caller: Caller) -> None:
    """Shared drives, too: who joins sees them, who leaves does not."""
    made = caller.sim("POST", "drive/drives", {"name": "Team", "members": [ANA]})
    path = f"drive/drives/{made['id']}"
    caller.sim("POST", f"{path}/join", {"account": BEN})
    caller.sim("POST", f"{path}/rename", {"name": "Crew"})
    drives = caller.drive(BEN).drives()
    assert [each["name"] for each in drives.list().execute()["drives"]] == ["Crew"]
    assert drives.get(driveId=made["id"], fields="*").execute()["name"] == "Crew"
    caller.sim("POST", f"{path}/leave", {"account": BEN})
    assert drives.list().execute()["drives"] == []
    caller.sim("POST", f"{path}/remove")
    assert caller.drive().drives().list().execute()["drives"] == []


def test_calls_are_logged_and_counted(caller: Caller) -> None:
    """The request log tells method, account and status; it can be searched and forgotten."""
    start(caller.drive())
    caller.sim("POST", "faults", {"kind": "error", "times": 1})
    with pytest.raises(Exception, match="503"):
        start(caller.drive(BEN))
    calls = caller.sim("GET", "requests")["requests"]
    assert [(each["account"], each["status"]) for each in calls] == [(ANA, 200), (BEN, 503)]
    assert calls[0]["method"] == "drive.changes.getStartPageToken"
    assert len(caller.sim("GET", f"requests?account={BEN}")["requests"]) == 1
    assert caller.sim("GET", "stats")["calls"]["drive.changes.getStartPageToken 503"] == 1
    caller.sim("DELETE", "requests")
    assert caller.sim("GET", "requests")["requests"] == []


def test_the_request_log_is_bounded() -> None:
    """Only the newest calls are kept."""
    with serve_google(request_log=3) as google:
        for _ in range(5):
            requests.get(f"{google.url}/drive/v3/files", timeout=5)
        assert len(list(google.world.journal.read())) == 3


def test_every_answer_has_the_simulated_date(google: SimulatedGoogle, caller: Caller) -> None:
    """The date header follows the simulated clock."""
    caller.sim("POST", "clock", {"advance": 86_400})
    answer = requests.get(f"{google.url}/drive/v3/files", timeout=5)
    date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert date == pytest.approx(google.world.clock.now(), abs=2)


def test_wrong_control_calls_are_refused(google: SimulatedGoogle) -> None:
    """What cannot be done is said, and changes nothing."""
    for path, body in (
        ("options", {"colour": "red"}),
        ("clock", {"advance": -1}),
        ("faults", {"kind": "earthquake"}),
        ("drive/files", {"name": "no account"}),
        ("channels/none/silence", {}),
        ("drive/files/none/explode", {}),
        ("gmail/ana@example.com/messages", {"colour": "red"}),
        ("reports/activities", {"application": "a", "actor": "b", "event": "c", "colour": "red"}),
    ):
        answer = requests.post(f"{google.url}/sim/{path}", json=body, timeout=5)
        assert answer.status_code in {400, 404}, path
        assert answer.json()["error"]["errors"][0]["reason"]


def test_all_control_endpoints_are_listed(caller: Caller) -> None:
    """The index names them."""
    assert "POST /sim/faults" in caller.sim("GET", "")["endpoints"]


def test_after_closing_nobody_is_answered(google: SimulatedGoogle) -> None:
    """A closed Google cuts kept-alive connections, too."""
    with requests.Session() as session:
        session.get(f"{google.url}/sim/stats", timeout=5)
        google.close()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{google.url}/sim/stats", timeout=5)


def test_simulate_runs_until_it_is_told_to_end() -> None:
    """The command line's `simulate` says where it listens and ends on SIGTERM."""
    code = "from infra.local.google import run; run(0)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as sim:
        assert sim.stdout
        url = sim.stdout.readline().split()[-1]
        assert "/sim/" in sim.stdout.readline()
        assert requests.get(f"{url}/sim/stats", timeout=5).ok
        sim.send_signal(signal.SIGTERM)
        assert sim.wait(5) == 0
