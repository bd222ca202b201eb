"""The simulated Drive's change log behaves as Google describes it."""

from typing import Any

import pytest
from googleapiclient.errors import HttpError

from infra.local.google import SimulatedGoogle
from tests.local.google.client import Caller, Client

ANA, BEN = "ana@example.com", "ben@example.com"


def read(drive: Client, token: str, **params: Any) -> tuple[list[dict[str, Any]], str]:
    """Read a log to its end: the changes and the next start token."""
    changes: list[dict[str, Any]] = []
    while True:
        page = drive.changes().list(pageToken=token, fields="*", **params).execute()
        changes += page["changes"]
        if "newStartPageToken" in page:
            assert "nextPageToken" not in page
            return changes, page["newStartPageToken"]
        token = page["nextPageToken"]


def start(drive: Client, **params: Any) -> str:
    """Take a start token."""
    return str(drive.changes().getStartPageToken(**params).execute()["startPageToken"])


def reason(error: pytest.ExceptionInfo[HttpError]) -> tuple[int, str]:
    """Tell status and reason of a refusal."""
    return error.value.status_code, error.value.error_details[0]["reason"]


def test_changes_come_in_order_and_only_once(google: SimulatedGoogle, caller: Caller) -> None:
    """A file changed twice is listed once, at the place of its last change."""
    drive = caller.drive()
    token = start(drive)
    first = google.world.drive.create(ANA, name="a")
    second = google.world.drive.create(ANA, name="b")
    google.world.drive.update(first.id, name="c")
    changes, token = read(drive, token)
    assert [each["fileId"] for each in changes] == [second.id, first.id]
    assert changes[1]["file"]["name"] == "c"
    assert changes[1]["file"]["version"] == "2"
    assert read(drive, token)[0] == []


def test_only_the_last_page_has_a_new_start_token(google: SimulatedGoogle, caller: Caller) -> None:
    """Pages follow each other without gap or overlap."""
    drive = caller.drive()
    token = start(drive)
    made = [google.world.drive.create(ANA, name=str(n)).id for n in range(25)]
    changes, _ = read(drive, token, pageSize=10)
    assert [each["fileId"] for each in changes] == made


def test_each_account_has_its_own_log(google: SimulatedGoogle, caller: Caller) -> None:
    """What one account does in its My Drive is not in another's log, unless it is shared."""
    ben = caller.drive(BEN)
    token = start(ben)
    file = google.world.drive.create(ANA, name="secret")
    assert read(ben, token)[0] == []
    google.world.drive.share(file.id, BEN)
    (change,), token = read(ben, token)
    assert change["file"]["ownedByMe"] is False
    google.world.drive.unshare(file.id, BEN)
    (change,), _ = read(ben, token)
    assert change["removed"] is True
    assert "file" not in change


def test_removal_tells_only_the_id(google: SimulatedGoogle, caller: Caller) -> None:
    """A removed file's change has no file; `includeRemoved=false` hides it."""
    drive = caller.drive()
    token = start(drive)
    file = google.world.drive.create(ANA, name="a")
    google.world.drive.remove(file.id)
    (change,), _ = read(drive, token)
    assert (change["removed"], change["fileId"], "file" in change) == (True, file.id, False)
    assert read(drive, token, includeRemoved=False)[0] == []


def test_a_view_is_a_change_of_version_alone(google: SimulatedGoogle, caller: Caller) -> None:
    """Opening a file counts a version and leaves everything but the viewing as it was."""
    drive = caller.drive()
    file = google.world.drive.create(ANA, name="a", content="x")
    before = drive.files().get(fileId=file.id, fields="*").execute()
    token = start(drive)
    google.world.drive.view(file.id, ANA)
    (change,), _ = read(drive, token)
    differing = {key for key, value in change["file"].items() if before.get(key) != value}
    assert differing == {"version", "viewedByMe", "viewedByMeTime"}


def test_shared_drives_have_logs_of_their_own(google: SimulatedGoogle, caller: Caller) -> None:
    """A shared drive's files are in its own log only; who is no member gets 404."""
    world, drive = google.world.drive, caller.drive()
    shared = world.create_drive("Team", [ANA])
    about = {"driveId": shared.id, "supportsAllDrives": True}
    own, token = start(drive), start(drive, **about)
    about["includeItemsFromAllDrives"] = True
    file = world.create(ANA, name="a", drive=shared.id)
    world.rename_drive(shared.id, "Crew")
    changes, _ = read(drive, token, **about)
    assert [each["changeType"] for each in changes] == ["file", "drive"]
    assert changes[0]["file"]["driveId"] == shared.id
    assert changes[1]["drive"]["name"] == "Crew"
    assert read(drive, own)[0] == []
    with pytest.raises(HttpError) as error:
        start(caller.drive(BEN), driveId=shared.id, supportsAllDrives=True)
    assert reason(error) == (404, "notFound")
    with pytest.raises(HttpError):
        caller.drive(BEN).files().get(fileId=file.id, supportsAllDrives=True).execute()


def test_a_removed_shared_drive_is_gone_or_lingers(google: SimulatedGoogle, caller: Caller) -> None:
    """A removed drive answers 404; one that lingers still tells of its removal."""
    world, drive = google.world.drive, caller.drive()
    gone, lingering = world.create_drive("a", [ANA]), world.create_drive("b", [ANA])
    flags = {"supportsAllDrives": True, "driveId": lingering.id}
    token = start(drive, **flags)
    world.remove_drive(gone.id)
    world.remove_drive(lingering.id, lingers=True)
    (change,), _ = read(drive, token, includeItemsFromAllDrives=True, **flags)
    assert (change["removed"], change["driveId"]) == (True, lingering.id)
    with pytest.raises(HttpError) as error:
        start(drive, driveId=gone.id, supportsAllDrives=True)
    assert reason(error) == (404, "notFound")


def test_a_token_that_is_none_is_refused(google: SimulatedGoogle, caller: Caller) -> None:
    """Nonsense is 400, a token that was invalidated 410."""
    drive = caller.drive()
    token = start(drive)
    with pytest.raises(HttpError) as error:
        read(drive, "nonsense")
    assert reason(error) == (400, "invalid")
    google.world.drive.invalidate(ANA)
    with pytest.raises(HttpError) as error:
        read(drive, token)
    assert error.value.status_code == 410
    read(drive, start(drive))


def test_lagging_changes_become_visible_later(google: SimulatedGoogle, caller: Caller) -> None:
    """A change under lag is missing at first, and found from the token given meanwhile."""
    drive = caller.drive()
    google.world.faults.set("lag", seconds=60)
    token = start(drive)
    file = google.world.drive.create(ANA, name="a")
    changes, token = read(drive, token)
    assert changes == []
    google.world.clock.advance(61)
    (change,), _ = read(drive, token)
    assert change["fileId"] == file.id


def test_a_large_log_is_listed_page_by_page(google: SimulatedGoogle, caller: Caller) -> None:
    """Twenty pages of 1000, and nothing of it twice or not at all."""
    drive = caller.drive()
    token = start(drive)
    made = [google.world.drive.create(ANA, name=f"file-{n}").id for n in range(20_000)]
    found: list[str] = []
    while token:
        fields = "nextPageToken,changes/fileId"
        page = drive.changes().list(pageToken=token, pageSize=1000, fields=fields).execute()
        found += [change["fileId"] for change in page["changes"]]
        token = page.get("nextPageToken")
    assert found == made
