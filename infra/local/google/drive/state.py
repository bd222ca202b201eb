"""All files, shared drives and change logs, and what can be done to them.

Each account has a log of its own files and of those shared with it; each shared drive has its own.
"""

from infra.local.google.changelog import ChangeLog
from infra.local.google.drive.content import Content
from infra.local.google.drive.file import File
from infra.local.google.drive.membership import Membership
from infra.local.google.drive.sharing import Sharing
from infra.local.google.errors import GoogleError
from infra.local.google.ground import Ground


class Drive(Membership, Sharing):
    """Drive's state; every change is written to the logs and told to the channels."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.files: dict[str, File] = {}
        self.drives = {}
        self.logs: dict[str, ChangeLog] = {}
        self._order = 0

    def create(  # noqa: PLR0913 - as many as a file has
        self,
        account: str,
        *,
        name: str,
        mime_type: str = "text/plain",
        parents: list[str] | None = None,
        drive: str | None = None,
        content: bytes | str | None = None,
        size: int | None = None,
        file_id: str | None = None,
        created: float | None = None,
        **extra: object,
    ) -> File:
        """Make a file in an account's My Drive, or in a shared drive."""
        with self.ground.lock:
            account, now = account.lower(), self.ground.clock.now()
            drive = drive or self._drive_of(parents)
            self._order += 1
            file = File(
                id=file_id or "1" + self.ground.new_id(32),
                name=name,
                mime_type=mime_type,
                parents=self._parents(parents, account, drive),
                owner=None if drive else account,
                drive=drive,
                created=now if created is None else created,
                modified=now if created is None else created,
                modified_by=account,
                content=Content.of(content, size),
                order=self._order,
                extra=dict(extra),
            )
            if file.id in self.files:
                raise GoogleError("duplicate", "A file already exists with the provided ID.")
            self.files[file.id] = file
            self._tell(file, "add")
            self._tell_parents(file.parents)
            return file

    def update(
        self,
        file_id: str,
        *,
        account: str | None = None,
        name: str | None = None,
        content: bytes | str | None = None,
        size: int | None = None,
        parents: list[str] | None = None,
        mime_type: str | None = None,
        **extra: object,
    ) -> File:
        """Change a file; without anything to change, its properties are said to have changed."""
        with self.ground.lock:
            file = self.file(file_id)
            changed = []
            file.modified = self.ground.clock.now()
            file.modified_by = (account or file.owner or file.modified_by).lower()
            file.name = name or file.name
            file.mime_type = mime_type or file.mime_type
            file.extra |= extra
            if content is not None or size is not None:
                file.content = Content.of(content, size)
                file.revision += 1
                changed.append("content")
            moved = set(file.parents) ^ set(file.parents if parents is None else parents)
            if parents is not None:
                file.parents = list(parents)
                changed.append("parents")
            self._touch(file, "update", changed or ["properties"])
            self._tell_parents(sorted(moved))
            return file

    def trash(self, file_id: str) -> File:
        """Put a file into the trash."""
        return self._set_trashed(file_id, trashed=True)

    def untrash(self, file_id: str) -> File:
        """Take a file out of the trash."""
        return self._set_trashed(file_id, trashed=False)

    def remove(self, file_id: str) -> None:
        """Delete a file for good: of it only its id is told from then on."""
        with self.ground.lock:
            file = self.files.pop(self.file(file_id).id)
            self._tell(file, "remove")
            self._tell_parents(file.parents)

    def _set_trashed(self, file_id: str, *, trashed: bool) -> File:
        with self.ground.lock:
            file = self.file(file_id)
            file.trashed = trashed
            self._touch(file, "trash" if trashed else "untrash", ())
            return file

    def _drive_of(self, parents: list[str] | None) -> str | None:
        for parent in parents or ():
            if parent in self.drives:
                return parent
            if parent in self.files:
                return self.files[parent].drive
        return None

    def _parents(self, parents: list[str] | None, account: str, drive: str | None) -> list[str]:
        root = drive or root_id(account)
        return [root if each == "root" else each for each in parents or [root]]


def root_id(account: str) -> str:
    """Tell the id of an account's My Drive folder."""
    return f"0A{account.encode().hex()[:15]:0<15}9PVA"
