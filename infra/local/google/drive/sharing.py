"""Who looks at a file, and with whom it is shared."""

from infra.local.google.drive.file import File
from infra.local.google.drive.telling import Telling
from infra.local.google.errors import GoogleError


class Sharing(Telling):
    """The part of Drive's state that concerns the readers of files."""

    def view(self, file_id: str, account: str) -> File:
        """Open a file: Google counts a version and lists a change, though nothing changed."""
        with self.ground.lock:
            file = self.file(file_id)
            file.viewed[account.lower()] = self.ground.clock.now()
            self._touch(file, "update", ["properties"])
            return file

    def share(self, file_id: str, account: str) -> File:
        """Let another account see a file."""
        with self.ground.lock:
            file = self.file(file_id)
            file.viewers.add(account.lower())
            self._touch(file, "update", ["permissions"])
            return file

    def unshare(self, file_id: str, account: str) -> File:
        """Take a file away from another account; to it the file is removed."""
        with self.ground.lock:
            file = self.file(file_id)
            file.viewers.discard(account.lower())
            self._record(account.lower(), ("file", file.id))
            self.notify_file(file, account.lower(), "remove", ())
            self._touch(file, "update", ["permissions"])
            return file

    def file(self, file_id: str) -> File:
        """Find a file, whoever may see it."""
        try:
            return self.files[file_id]
        except KeyError:
            raise GoogleError(
                "notFound", f"File not found: {file_id}.", parameter="fileId"
            ) from None
