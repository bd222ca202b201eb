"""Writes Drive's changes to the logs they belong to, and tells the channels that watch."""

from collections.abc import Iterable, Sequence

from infra.local.google.changelog import ChangeLog
from infra.local.google.drive.file import File
from infra.local.google.drive.shared_drive import SharedDrive
from infra.local.google.ground import Ground


class Telling:
    """The part of Drive's state that keeps logs and tells channels."""

    ground: Ground
    files: dict[str, File]
    drives: dict[str, SharedDrive]
    logs: dict[str, ChangeLog]

    def log(self, name: str) -> ChangeLog:
        """Find the log of an account or of a shared drive (by its id)."""
        if name not in self.logs:
            # Logs begin anywhere, so that a token of one is no token of another.
            self.logs[name] = ChangeLog(self.ground.random.randint(100, 1_000_000))
        return self.logs[name]

    def invalidate(self, name: str) -> None:
        """Refuse every page token of a log given so far."""
        with self.ground.lock:
            self.log(name).invalidate()

    def sees(self, account: str, file: File) -> bool:
        """Tell whether an account may see a file."""
        if file.drive:
            drive = self.drives.get(file.drive)
            return bool(drive and not drive.removed and account in drive.members)
        return account == file.owner or account in file.viewers

    def notify_file(self, file: File, account: str, state: str, changed: Sequence[str]) -> None:
        """Tell the channels by which an account watches a file."""
        self.ground.channels.notify(file_resource(account, file.id), state, changed=changed)

    def _touch(self, file: File, state: str, changed: Sequence[str]) -> None:
        file.version += 1
        self._tell(file, state, changed)

    def _tell(self, file: File, state: str, changed: Sequence[str] = ()) -> None:
        self._record(file.drive or file.owner or "", ("file", file.id))
        for account in file.viewers:
            self._record(account, ("file", file.id))
        for account in self._audience(file):
            self.notify_file(file, account, state, changed)

    def _tell_parents(self, parents: Iterable[str]) -> None:
        for parent in parents:
            if folder := self.files.get(parent):
                for account in self._audience(folder):
                    self.notify_file(folder, account, "update", ["children"])

    def _tell_drive(self, drive: SharedDrive, accounts: Iterable[str]) -> None:
        self._record(drive.id, ("drive", drive.id))
        for account in sorted(accounts):
            self._record(account, ("drive", drive.id))

    def _record(self, log: str, key: tuple[str, str]) -> None:
        now = self.ground.clock.now()
        visible_at = self.ground.visible_at("drive.changes.list", log)
        self.log(log).record(key, at=now, visible_at=visible_at)
        audience = self.drives[log].members if log in self.drives else {log}
        for account in sorted(audience):
            self.ground.channels.notify(log_resource(account, log), "change")

    def _audience(self, file: File) -> list[str]:
        if file.drive:
            return sorted(self.drives[file.drive].members)
        return [file.owner or "", *sorted(file.viewers)]


def log_resource(account: str, log: str) -> str:
    """Name a log as something an account watches."""
    return f"drive changes {account} {log}"


def file_resource(account: str, file: str) -> str:
    """Name a file as something an account watches."""
    return f"drive file {account} {file}"
