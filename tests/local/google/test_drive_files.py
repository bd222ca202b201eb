"""The simulated Drive's files: search, paging, content, changes made through the API."""

import io
from typing import Any

import pytest
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload

from infra.local.google import SimulatedGoogle
from tests.local.google.client import Caller, Client

ANA, BEN = "ana@example.com", "ben@example.com"
FOLDER = "application/vnd.google-apps.folder"


def names(drive: Client, **params: Any) -> list[str]:
    """List all files, page by page: their names."""
    found: list[str] = []
    request = drive.files().list(**params)
    while request:
        page = request.execute()
        found += [each["name"] for each in page["files"]]
        request = drive.files().list_next(request, page)
    return found


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("", ["in", "a", "b's"]),
        ("trashed = true", ["b's"]),
        ("trashed=false and mimeType != 'application/vnd.google-apps.folder'", ["a"]),
        ("'FOLDER' in parents", ["a"]),
        ("'root' in parents", ["in", "b's"]),
        ("name = 'b\\'s' or name contains 'A'", ["a", "b's"]),
        ("not (name = 'a')", ["in", "b's"]),
        ("modifiedTime > '2026-02-01T00:00:00' and mimeType contains 'text/'", ["b's"]),
        ("createdTime <= '2026-01-01T00:00:00Z' or trashed = true", ["a", "b's"]),
        ("'ana@example.com' in owners and name != 'in'", ["a", "b's"]),
    ],
)
def test_search_terms(
    google: SimulatedGoogle, caller: Caller, terms: str, expected: list[str]
) -> None:
    """`q` selects files as Google's reference of search terms says."""
    world = google.world.drive
    folder = world.create(ANA, name="in", mime_type=FOLDER)
    world.create(ANA, name="a", parents=[folder.id], created=1767225600.0)
    world.trash(world.create(ANA, name="b's").id)
    world.create(BEN, name="not ana's")
    assert names(caller.drive(), q=terms.replace("FOLDER", folder.id)) == expected


def test_wrong_search_terms_are_refused(caller: Caller) -> None:
    """Terms that cannot be read are 400 `invalid`."""
    for terms in ("name =", "name ~ 'a'", "colour = 'red'", "(name = 'a'", "name = 'a' name"):
        with pytest.raises(HttpError) as error:
            caller.drive().files().list(q=terms).execute()
        assert error.value.status_code == 400


def test_pages_and_order(google: SimulatedGoogle, caller: Caller) -> None:
    """Paging tells every file once, also in an order asked for, and of shared drives if asked."""
    for number in range(7):
        google.world.drive.create(ANA, name=f"f{number}", content="x" * number)
    shared = google.world.drive.create_drive("Team", [ANA])
    google.world.drive.create(ANA, name="shared", drive=shared.id)
    drive = caller.drive()
    assert names(drive, pageSize=3) == [f"f{n}" for n in range(7)]
    assert names(drive, pageSize=2, orderBy="name desc") == [f"f{n}" for n in range(6, -1, -1)]
    flags = {"includeItemsFromAllDrives": True, "supportsAllDrives": True}
    assert "shared" in names(drive, corpora="allDrives", **flags)
    assert names(drive, corpora="drive", driveId=shared.id, **flags) == ["shared"]


def test_downloads_come_whole_or_in_parts(google: SimulatedGoogle, caller: Caller) -> None:
    """Content is the same in one piece and in ranges; an empty file is no error."""
    drive = caller.drive()
    file = google.world.drive.create(ANA, name="a.bin", size=300_000)
    whole = drive.files().get_media(fileId=file.id).execute()
    assert len(whole) == 300_000
    parts = io.BytesIO()
    loader = MediaIoBaseDownload(parts, drive.files().get_media(fileId=file.id), 65_537)
    while not loader.next_chunk()[1]:
        pass
    assert parts.getvalue() == whole
    empty = google.world.drive.create(ANA, name="b", content=b"")
    loader = MediaIoBaseDownload(parts, drive.files().get_media(fileId=empty.id))
    assert loader.next_chunk()[1] is True


def test_documents_are_exported_not_downloaded(google: SimulatedGoogle, caller: Caller) -> None:
    """A document has no bytes of its own, only exports."""
    drive = caller.drive()
    document = "application/vnd.google-apps.document"
    file = google.world.drive.create(ANA, name="d", mime_type=document, content="text")
    assert drive.files().export(fileId=file.id, mimeType="text/plain").execute() == b"text"
    with pytest.raises(HttpError) as error:
        drive.files().get_media(fileId=file.id).execute()
    assert error.value.status_code == 403


def test_files_change_through_the_api(caller: Caller) -> None:
    """Create, rename, move, trash, delete: each is seen at once; a deleted file is 404."""
    files = caller.drive().files()
    folder = files.create(body={"name": "f", "mimeType": FOLDER}).execute()
    made = files.create(body={"name": "a", "mimeType": "text/plain"}).execute()
    files.update(fileId=made["id"], body={"name": "b"}, addParents=folder["id"]).execute()
    files.update(fileId=made["id"], body={"trashed": True}).execute()
    shown = files.get(fileId=made["id"], fields="*").execute()
    assert (shown["name"], shown["trashed"], shown["version"]) == ("b", True, "3")
    assert folder["id"] in shown["parents"]
    files.delete(fileId=made["id"]).execute()
    with pytest.raises(HttpError) as error:
        files.get(fileId=made["id"]).execute()
    assert error.value.error_details[0]["reason"] == "notFound"


def test_fields_are_honoured(google: SimulatedGoogle, caller: Caller) -> None:
    """No fields: Google's few; `*`: all; a selection: that; nonsense: 400."""
    file = google.world.drive.create(ANA, name="a")
    files = caller.drive().files()
    assert set(files.get(fileId=file.id).execute()) == {"kind", "id", "name", "mimeType"}
    assert "md5Checksum" in files.get(fileId=file.id, fields="*").execute()
    answer = files.list(fields="files(id,owners/emailAddress)").execute()
    assert answer == {"files": [{"id": file.id, "owners": [{"emailAddress": ANA}]}]}
    with pytest.raises(HttpError) as error:
        files.get(fileId=file.id, fields="a(b").execute()
    assert error.value.status_code == 400


def test_an_overlong_query_comes_as_a_form(google: SimulatedGoogle, caller: Caller) -> None:
    """The client library posts queries of more than 2048 characters; they are still a GET."""
    google.world.drive.create(ANA, name="a")
    terms = " or ".join(["name = 'a'"] * 300)
    assert names(caller.drive(), q=terms) == ["a"]
