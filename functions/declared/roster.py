"""Calls the roll of a domain: which active users there are, by the Directory API.

A listing that fails or is incomplete changes nothing, and a missing user is a leaver only after
Google said so of that user.
https://developers.google.com/workspace/admin/directory/reference/rest/v1/users/list
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.domain import errors
from functions.domain.model import Verdict, Watch
from functions.domain.roster import domain_of
from functions.ports import Google, Journal
from functions.sources.call import Call
from functions.sources.directory import API, PAGE_SIZE, USERS, VERSION
from functions.sources.source import next_page, optional_list

MOST_PAGES = 2000
FIELDS = "nextPageToken,users(primaryEmail,suspended,archived)"


class Roster:
    """Asks who the members of a domain are, as the declaration's `admin`."""

    def __init__(self, google: Google, journal: Journal) -> None:
        """Keep what is asked."""
        self._google = google
        self._journal = journal
        self.unlisted: dict[str, str] = {}  # the declarations whose domain was not listed, and why

    def members(self, watch: Watch) -> list[str] | None:
        """Give the addresses of all active users; None if they could not all be listed."""
        addresses: list[str] = []
        page: str | None = None
        try:
            for _ in range(MOST_PAGES):
                answer = self._google.call(_list(watch, page), subject=watch.admin)
                addresses += _active(optional_list(answer, "users"), domain_of(watch))
                page = next_page(answer)
                if page is None:
                    return sorted(set(addresses))
            raise errors.Invalid(f"more than {MOST_PAGES} pages")
        except errors.Trouble as trouble:
            self.unlisted[watch.id] = trouble.text
            self._journal.warn("domain not listed", watch=watch.id, reason=trouble.text)
        return None

    def left(self, watch: Watch, addresses: Sequence[str]) -> list[str]:
        """Give those of the missing users of whom Google says that they are not active members."""
        return [address for address in addresses if self._has_left(watch, address)]

    def _has_left(self, watch: Watch, address: str) -> bool:
        call = Call(
            api=API,
            version=VERSION,
            method="users.get",
            params={"userKey": address, "fields": "primaryEmail,suspended,archived"},
            scopes=(USERS,),
        )
        try:
            user = self._google.call(call, subject=watch.admin).body
        except errors.Refused as refusal:
            return refusal.verdict is Verdict.NOT_FOUND
        except errors.Trouble as trouble:
            self._journal.warn("leaver not verified", watch=watch.id, reason=trouble.text)
            return False
        # Another primary address is another member: this one is an alias of it now.
        return address not in _active([user], domain_of(watch))


def _list(watch: Watch, page: str | None) -> Call:
    wanted: dict[str, Any] = {
        "domain": domain_of(watch),
        "maxResults": PAGE_SIZE,
        "orderBy": "email",
        "fields": FIELDS,
    }
    if page:
        wanted["pageToken"] = page
    return Call(api=API, version=VERSION, method="users.list", params=wanted, scopes=(USERS,))


def _active(users: Sequence[Any], domain: str) -> list[str]:
    addresses = [
        user.get("primaryEmail")
        for user in users
        if isinstance(user, Mapping)
        and user.get("suspended") is not True
        and user.get("archived") is not True
    ]
    texts = [address.lower() for address in addresses if isinstance(address, str)]
    return [address for address in texts if address.endswith(f"@{domain}")]
