"""`watch`, `channels`, `keys`, `tail` and `init` on one machine."""

from __future__ import annotations

import json

import pytest
import yaml

from functions.domain.model import ChannelState
from infra.local.google import serve_google
from tests.machine.conftest import Folder, Run

FILE = """\
# What we watch.
watches:
  - id: ana  # Ana's files
    source: drive.changes
    subject: "ana@example.com"
"""


def test_add_keeps_comments(run: Run, folder: Folder) -> None:
    """A watch is added, and what a person wrote stays as it was."""
    path = folder.path / "watches.yaml"
    path.write_text(FILE)
    ended = run("watch", "add", "team", "drive.changes", "--param", "driveId=0A", "--poll", "30m")
    assert ended.status == 0, ended.err
    assert path.read_text().startswith(FILE)
    assert yaml.safe_load(path.read_text())["watches"][1] == {
        "id": "team",
        "source": "drive.changes",
        "poll": "30m",
        "params": {"driveId": "0A"},
    }


def test_a_wrong_watch_changes_nothing(run: Run, folder: Folder) -> None:
    """A declaration that would be wrong is refused, and the file is as before."""
    path = folder.path / "watches.yaml"
    path.write_text(FILE)
    ended = run("watch", "add", "ana", "drive.changes")
    assert (ended.status, path.read_text()) == (2, FILE)
    assert "twice" in ended.err
    assert [each.name for each in folder.path.glob(".*draft")] == []


def test_pause_resume_remove(run: Run, folder: Folder) -> None:
    """A watch is paused, resumed and removed in the file, which then is as it was or empty."""
    path = folder.path / "watches.yaml"
    path.write_text(FILE)
    run("watch", "pause", "ana")
    assert yaml.safe_load(path.read_text())["watches"][0]["paused"] is True
    run("watch", "resume", "ana")
    assert path.read_text() == FILE
    assert run("watch", "remove", "ana").status == 0
    assert yaml.safe_load(path.read_text()) == {"watches": []}
    assert run("watch", "add", "new", "drive.changes").status == 0


@pytest.mark.parametrize("command", ["pause", "resume", "remove"])
def test_unknown_watches_are_named(run: Run, folder: Folder, command: str) -> None:
    """A watch that is not declared is refused with those that are."""
    (folder.path / "watches.yaml").write_text(FILE)
    ended = run("watch", command, "bob")
    assert ended.status == 2
    assert "it declares: ana" in ended.err


def test_pull_ends_back_off(run: Run, covered: Folder) -> None:
    """A pull that is asked for is due now, whatever the back-off."""
    covered.settle("ana", failures=7, retry_at=covered.now)
    assert run("watch", "pull", "ana").status == 0
    progress = covered.store.progress("ana")
    assert progress is not None
    assert (progress.failures, progress.retry_at) == (0, None)
    assert [one.watch for one in covered.store.due(progress.due_at or covered.now, 9)] == ["ana"]


def test_a_watch_that_was_not_begun(run: Run, folder: Folder) -> None:
    """It is declared, so `status` shows it; what is missing is a tick."""
    folder.declare({"id": "new", "source": "drive.changes"})
    ended = run("watch", "pull", "new")
    assert ended.status == 2
    assert "has not been begun yet" in ended.err
    assert "nothing is known" in run("watch", "pull", "other").err


def test_reset_asks_first(run: Run, covered: Folder) -> None:
    """A reset loses changes: it is asked for, and then the watch is another start."""
    assert run("watch", "reset-cursor", "ana").status == 1
    before = covered.store.progress("ana")
    assert run("watch", "reset-cursor", "ana", "--yes").status == 0
    after = covered.store.progress("ana")
    assert before is not None
    assert after is not None
    assert before.identity != after.identity


def test_channels_listed_and_shown(run: Run, covered: Folder) -> None:
    """Channels are listed, closed ones on demand, and shown by the beginning of an id."""
    covered.open("d2", "ana", state=ChannelState.CLOSED)
    assert [one["id"] for one in json.loads(run("channels", "list", "--json").out)] == ["c1"]
    every = json.loads(run("channels", "list", "--all", "--json").out)
    assert {one["id"] for one in every} == {"c1", "d2"}
    assert json.loads(run("channels", "show", "c", "--json").out)["resource_id"] == "R1"
    assert run("channels", "show", "x").status == 2


def test_a_channel_is_stopped(run: Run, covered: Folder) -> None:
    """A channel that Google no longer knows is closed, and its watch is looked at at once."""
    with serve_google() as google:
        ended = run("channels", "stop", "c1", "--yes", "--google", google.url)
    assert (ended.status, ended.out) == (0, "c1: closed\n")
    progress = covered.store.progress("ana")
    assert progress is not None
    assert [one.watch for one in covered.store.due(progress.look_at or covered.now, 9)] == ["ana"]


def test_keys_rotate_and_retire(run: Run, covered: Folder) -> None:
    """A new key is newest; the old one retires only when no channel needs it, or by force."""
    assert run("keys", "retire", covered.key).status == 2  # the only one
    assert run("keys", "rotate").status == 0
    listed = json.loads(run("keys", "list", "--json").out)
    assert [one["channels"] for one in listed] == [0, 1]
    ended = run("keys", "retire", covered.key)
    assert ended.status == 2
    assert "channels use" in ended.err
    assert run("keys", "retire", covered.key, "--force").status == 0
    left = json.loads(run("keys", "list", "--json").out)
    assert [one["id"] for one in left] == [listed[0]["id"]]
    secret = (covered.path / "secrets" / "signing-keys").read_text().split()[2]
    assert secret not in ended.out + ended.err


def test_tail_of_a_file(run: Run, folder: Folder) -> None:
    """The last events are shown, chosen by watch and type; a torn line is passed over."""
    events = [
        {"type": f"watchkeeper.drive.changes.file.{kind}", "watch": watch, "subject": "F"}
        for watch, kind in (("ana", "created"), ("bob", "created"), ("ana", "updated"))
    ]
    lines = [json.dumps(event) for event in events]
    (folder.path / "changes.jsonl").write_text("\n".join([*lines, '{"type": ']))
    assert len(run("tail", "--no-follow").out.splitlines()) == 3
    chosen = run("tail", "--no-follow", "--json", "--watch", "a*", "--type", "*.updated").out
    assert [json.loads(line) for line in chosen.splitlines()] == [events[2]]
    assert run("tail", "none.jsonl").status == 2
    assert run("tail", "--for", "100ms", "-n", "1").out.count("\n") == 1


def test_init_writes_what_serve_reads(run: Run, folder: Folder) -> None:
    """A first declaration is written, checked, and never over another."""
    options = ("--source", "drive.files", "--subject", "ana@example.com", "--param", "fileId=1a")
    assert run("init", *options, "--id", "doc").status == 0
    text = (folder.path / "watches.yaml").read_text()
    assert yaml.safe_load(text)["watches"][0]["params"] == {"fileId": "1a"}
    assert run("init", *options, "--id", "doc").status == 2
    assert run("init", *options, "--id", "No!", "--to", "other.yaml").status == 2
    assert run("init", *options, "--id", "d", "--terraform", "--project", "my-project").status == 0
    assert 'project_id = "my-project"' in (folder.path / "terraform.tfvars").read_text()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--id", "Ana_X"], "--id: 'Ana_X' is not 1 to 40 of a-z, 0-9 and -"),
        (["--id", "a", "--param", "driveID=1"], "--param: unknown key 'driveID'; allowed: driveId"),
        (["--id", "a", "--param", "driveId="], "--param driveId: '' is"),
        (["--id", "a", "--subject", "ana"], "--subject: 'ana' is not an e-mail address"),
    ],
)
def test_init_names_the_option_that_is_wrong(
    run: Run, folder: Folder, given: list[str], said: str
) -> None:
    """What is wrong is named as it was given, not by its place in a list that nobody wrote."""
    ended = run("init", "--source", "drive.changes", "--subject", "ana@example.com", *given)
    assert ended.status == 2
    assert said in ended.err
    assert "[0]" not in ended.err
    assert not (folder.path / "watches.yaml").exists()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("", "--source, --subject, --id, --admin (of *@DOMAIN)"),
        ("--source drive.files --subject a@example.com", "--id, --param fileId=..."),
        ("--terraform --source drive.changes --subject - --id a", "--project"),
        ("--source drive.changes --subject *@example.com --id a", "--admin (of *@DOMAIN)"),
    ],
)
def test_init_without_a_terminal(run: Run, folder: Folder, given: str, wanted: str) -> None:
    """Nobody can be asked: wrong usage, with the options that are to be given."""
    ended = run("init", *given.split())
    assert ended.status == 2
    assert f"there is no terminal to ask on: give {wanted}\n" in ended.err
    assert "Aborted" not in ended.err
    assert not (folder.path / "watches.yaml").exists()


def test_init_takes_answers_from_a_pipe(run: Run, folder: Folder) -> None:
    """What a script answers is as good as what somebody types."""
    ended = run("init", "--source", "drive.changes", said_before="ana@example.com\nana\n")
    assert ended.status == 0
    assert yaml.safe_load((folder.path / "watches.yaml").read_text())["watches"][0]["id"] == "ana"


def test_wrong_usage_is_status_two(run: Run, folder: Folder) -> None:
    """Unknown commands and options, missing arguments and double places are wrong usage."""
    for arguments in (
        ("nonsense",),
        ("plan", "--nonsense"),
        ("watch", "pause"),
        ("keys", "retire"),
        ("status", "--store", "nowhere"),
        ("status", "--store", "firestore", "--project", "p"),
        ("plan", "--address", "ftp://x"),
        ("status", "--database", "other"),
        ("dead-letters", "drop", "--all", "and-one"),
    ):
        assert run(*arguments).status == 2, arguments


@pytest.mark.parametrize("command", ["pull", "reset-cursor"])
def test_a_whole_domain_names_its_members(run: Run, folder: Folder, command: str) -> None:
    """A domain has nothing to pull itself: who has is named, with what to type."""
    everybody = {"source": "drive.changes", "subject": "*@example.com", "admin": "a@example.com"}
    folder.declare({"id": "all", **everybody}, {"id": "all-too", **everybody})
    yes = ["--yes"] * (command == "reset-cursor")
    none = run("watch", command, "all", *yes)
    assert none.status == 2
    assert "none is known yet: `status` says why" in none.err
    for user in "hgfedcb":
        folder.settle(f"all:{user}@example.com")
    folder.settle("all:gone@example.com", removed_at=folder.now)
    folder.settle("all-too:a@example.com")
    ended = run("watch", command, "all", *yes)
    assert ended.status == 2
    assert "'all' stands for the users of *@example.com, each with a watch of its own" in ended.err
    assert "all:b@example.com, all:c@example.com" in ended.err
    assert f"and 2 more (`status`). Name those you mean, e.g. `watch {command} all:b@" in ended.err
    assert "gone@" not in ended.err
    assert "too" not in ended.err
    assert run("watch", command, "all:b@example.com", *yes).status == 0
