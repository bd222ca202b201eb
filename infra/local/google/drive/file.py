"""A file of Drive and how Google shows it to an account.

https://developers.google.com/workspace/drive/api/reference/rest/v3/files#File
"""

import zlib
from dataclasses import dataclass, field

from infra.local.google.clock import rfc3339
from infra.local.google.drive.content import Content
from infra.local.google.shape import Json

FOLDER = "application/vnd.google-apps.folder"
NATIVE = "application/vnd.google-apps."
DEFAULT_FIELDS = "kind,id,name,mimeType,driveId"


@dataclass(slots=True, kw_only=True, eq=False)
class File:
    """A file; it belongs to `owner`, or lies in the shared drive `drive`."""

    id: str
    name: str
    mime_type: str
    parents: list[str]
    owner: str | None
    drive: str | None
    created: float
    modified: float
    modified_by: str
    content: Content
    order: int  # of creation, for paging
    version: int = 1
    revision: int = 1
    trashed: bool = False
    viewers: set[str] = field(default_factory=set)
    viewed: dict[str, float] = field(default_factory=dict)
    extra: Json = field(default_factory=dict)  # any further fields of the resource

    @property
    def native(self) -> bool:
        """Tell whether this is a document, sheet, folder: something without bytes of its own."""
        return self.mime_type.startswith(NATIVE)

    def resource(self, account: str) -> Json:
        """Show the file to an account."""
        shown: Json = {
            "kind": "drive#file",
            "id": self.id,
            "name": self.name,
            "mimeType": self.mime_type,
            "starred": False,
            "trashed": self.trashed,
            "explicitlyTrashed": self.trashed,
            "parents": list(self.parents),
            "spaces": ["drive"],
            "version": str(self.version),
            "webViewLink": f"https://drive.google.com/file/d/{self.id}/view?usp=drivesdk",
            "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{self.mime_type}",
            "hasThumbnail": False,
            "thumbnailVersion": "0",
            "viewedByMe": account in self.viewed,
            "createdTime": rfc3339(self.created),
            "modifiedTime": rfc3339(self.modified),
            "modifiedByMe": self.modified_by == account,
            "lastModifyingUser": user(self.modified_by, account),
            "shared": bool(self.viewers or self.drive),
            "ownedByMe": self.owner == account,
            "quotaBytesUsed": "0" if self.native else str(self.content.size),
            "isAppAuthorized": False,
            "capabilities": {"canEdit": True, "canDownload": True, "canTrash": True},
        }
        if account in self.viewed:
            shown["viewedByMeTime"] = rfc3339(self.viewed[account])
        if self.drive:
            shown |= {"driveId": self.drive, "teamDriveId": self.drive}
        else:
            shown["owners"] = [user(self.owner or "", account)]
            shown["permissionIds"] = [permission_id(each) for each in self._readers()]
        if not self.native:
            shown |= self._bytes()
        return shown | self.extra

    def _readers(self) -> list[str]:
        return [self.owner or "", *sorted(self.viewers)]

    def _bytes(self) -> Json:
        extension = self.name.rpartition(".")[2] if "." in self.name else ""
        return {
            "originalFilename": self.name,
            "fileExtension": extension,
            "fullFileExtension": extension,
            "md5Checksum": self.content.md5,
            "size": str(self.content.size),
            "headRevisionId": f"0B{self.id[:16]}{self.revision:06d}",
            "webContentLink": f"https://drive.google.com/uc?id={self.id}&export=download",
        }


def user(address: str, account: str) -> Json:
    """Show a person to an account."""
    return {
        "kind": "drive#user",
        "displayName": address.partition("@")[0],
        "me": address == account,
        "permissionId": permission_id(address),
        "emailAddress": address,
    }


def permission_id(address: str) -> str:
    """Make the id that stands for a person in permissions: the same in every run."""
    return f"{zlib.crc32(address.encode()) * 4_294_967_291 % 10**20:020d}"
