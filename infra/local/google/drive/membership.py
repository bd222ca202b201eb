"""Shared drives: who is a member, and what happens to a drive as a whole."""

from infra.local.google.drive.shared_drive import SharedDrive
from infra.local.google.drive.telling import Telling
from infra.local.google.errors import GoogleError


class Membership(Telling):
    """The part of Drive's state that concerns shared drives."""

    drives: dict[str, SharedDrive]

    def create_drive(
        self, name: str, members: list[str], *, drive_id: str | None = None
    ) -> SharedDrive:
        """Make a shared drive with its members."""
        with self.ground.lock:
            drive = SharedDrive(
                id=drive_id or "0A" + self.ground.new_id(17),
                name=name,
                members={each.lower() for each in members},
                created=self.ground.clock.now(),
            )
            self.drives[drive.id] = drive
            self._tell_drive(drive, drive.members)
            return drive

    def rename_drive(self, drive_id: str, name: str) -> SharedDrive:
        """Change a shared drive: its own log and its members' tell of it."""
        with self.ground.lock:
            drive = self.drive(drive_id)
            drive.name = name
            self._tell_drive(drive, drive.members)
            return drive

    def remove_drive(self, drive_id: str, *, lingers: bool = False) -> None:
        """Delete a shared drive and its files; if it lingers, its log still tells of that."""
        with self.ground.lock:
            drive = self.drive(drive_id)
            drive.removed, drive.lingers = True, lingers
            for file in [each for each in self.files.values() if each.drive == drive_id]:
                del self.files[file.id]
            self._tell_drive(drive, drive.members)

    def join(self, drive_id: str, account: str) -> SharedDrive:
        """Make an account a member: one change for the drive, none for its files."""
        with self.ground.lock:
            drive = self.drive(drive_id)
            drive.members.add(account.lower())
            self._tell_drive(drive, {account.lower()})
            return drive

    def leave(self, drive_id: str, account: str) -> SharedDrive:
        """Take a member out: to that account drive and files are gone."""
        with self.ground.lock:
            drive = self.drive(drive_id)
            drive.members.discard(account.lower())
            self._tell_drive(drive, {account.lower()})
            return drive

    def drive(self, drive_id: str) -> SharedDrive:
        """Find a shared drive, whoever may see it."""
        drive = self.drives.get(drive_id)
        if drive is None or drive.removed:
            raise GoogleError(
                "notFound", f"Shared drive not found: {drive_id}", parameter="driveId"
            )
        return drive

    def drive_for(self, drive_id: str, account: str) -> SharedDrive:
        """Find a shared drive whose log an account may read."""
        drive = self.drives.get(drive_id)
        if drive and account in drive.members and (drive.lingers or not drive.removed):
            return drive
        raise GoogleError("notFound", f"Shared drive not found: {drive_id}", parameter="driveId")
