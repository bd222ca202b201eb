"""Directory: the users of a domain or customer, and the aliases of one user, by comparing lists.

There is no log and no sync token. A notification's body names the user it is about, which is read
at once; the full comparison is left to the poll.
https://developers.google.com/workspace/admin/directory/v1/guides/push
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from functions.domain.change import Found, State, fingerprint
from functions.domain.model import Message
from functions.sources.call import Answer, Call
from functions.sources.source import (
    Moment,
    Page,
    Params,
    Profile,
    Unlogged,
    Untargeted,
    need_id,
    next_page,
    optional_list,
    read_entries,
    read_time,
    readable,
)

USERS = "https://www.googleapis.com/auth/admin.directory.user.readonly"
ALIASES = "https://www.googleapis.com/auth/admin.directory.user.alias.readonly"
API = "admin"
VERSION = "directory_v1"
# Google's guide says two hours by default and two days at most; others saw six hours granted.
# What counts is what is granted.
DEFAULT_LIFE = timedelta(hours=2)
LONGEST_LIFE = timedelta(days=2)
PAGE_SIZE = 500

# What changes without anybody having changed the user.
NOISE = frozenset({"etag", "lastLoginTime"})


def read_user(resource: Mapping[str, Any]) -> Found:
    """Read a user; without a version of Google's its fields are its version."""
    return Found(
        noun="user",
        item=need_id(resource, "user"),
        state=State.GONE if resource.get("deletionTime") else State.PRESENT,
        resource=resource,
        stamp=fingerprint(resource, NOISE),
        born=read_time(resource.get("creationTime")),
    )


class DirectoryUsers(Unlogged):
    """`directory.users`: the users of a domain, or of the whole customer."""

    profile = Profile(
        name="directory.users",
        api=API,
        version=VERSION,
        scopes=(USERS,),
        kinds=("user.created", "user.updated", "user.deleted"),
        default_life=DEFAULT_LIFE,
        longest_life=LONGEST_LIFE,
        cursor="the users seen",
        params={
            "domain": {"type": "string", "minLength": 1, "maxLength": 253},
            "customer": {"type": "string", "minLength": 1, "maxLength": 64},
        },
        # https://developers.google.com/workspace/admin/directory/reference/rest/v1/users/list
        one_of=("domain", "customer"),
        needs_subject=True,
        lists_late=True,
    )

    def normal(self, params: Params) -> Params:
        """Fill in one's own customer; a domain stands for itself."""
        return dict(params) if params.get("domain") else {"customer": "my_customer", **params}

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call:
        """Build users.watch: one channel for all events, so it names none."""
        del cursor
        return self.profile.call("users.watch", params, body=body, once=True)

    def stop(self, *, channel: str, resource_id: str) -> Call:
        """Build channels.stop."""
        body = {"id": channel, "resourceId": resource_id}
        return self.profile.call("channels.stop", {}, body=body)

    def listing(self, params: Params, moment: Moment) -> Call:
        """Build users.list."""
        wanted = {**params, "maxResults": PAGE_SIZE, "projection": "full", "orderBy": "email"}
        if moment.page:
            wanted["pageToken"] = moment.page
        return self.profile.call("users.list", wanted)

    def read_listing(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read a page of users."""
        del params, moment
        users = optional_list(answer, "users")
        found, unreadable = read_entries(users, lambda user: [read_user(user)])
        return Page(found=found, page=next_page(answer), unreadable=unreadable)

    def get(self, params: Params, *, item: str) -> Call:
        """Build users.get."""
        del params
        return self.profile.call("users.get", {"userKey": item, "projection": "full"})

    def read_get(self, params: Params, answer: Answer, *, item: str) -> Found:
        """Read one user."""
        del params, item
        return readable(answer, read_user)

    def targets(self, message: Message) -> tuple[str, ...]:
        """Name the user a notification's body is about."""
        try:
            body = json.loads(message.body) if message.body else {}
        except (ValueError, RecursionError):
            return ()
        user = body.get("id") if isinstance(body, dict) else None
        return (user,) if isinstance(user, str) and 0 < len(user) <= 128 else ()  # noqa: PLR2004


class DirectoryAliases(Unlogged, Untargeted):
    """`directory.aliases`: the aliases of one user."""

    profile = Profile(
        name="directory.aliases",
        api=API,
        version=VERSION,
        scopes=(USERS, ALIASES),
        kinds=("alias.created", "alias.deleted"),
        default_life=DEFAULT_LIFE,
        longest_life=LONGEST_LIFE,
        cursor="the aliases seen",
        params={"userKey": {"type": "string", "minLength": 1, "maxLength": 320}},
        required=("userKey",),
        needs_subject=True,
        get_is_container=True,
    )

    def normal(self, params: Params) -> Params:
        """Nothing to fill in."""
        return dict(params)

    def watch(self, params: Params, *, cursor: str, body: Mapping[str, Any]) -> Call:
        """Build users.aliases.watch."""
        del cursor
        return self.profile.call("users.aliases.watch", params, body=body, once=True)

    def stop(self, *, channel: str, resource_id: str) -> Call:
        """Build channels.stop."""
        body = {"id": channel, "resourceId": resource_id}
        return self.profile.call("channels.stop", {}, body=body)

    def listing(self, params: Params, moment: Moment) -> Call:
        """Build users.aliases.list, which has no pages."""
        del moment
        return self.profile.call("users.aliases.list", params)

    def read_listing(self, params: Params, moment: Moment, answer: Answer) -> Page:
        """Read the aliases."""
        del params, moment
        aliases = optional_list(answer, "aliases")
        found, unreadable = read_entries(aliases, lambda alias: [_read_alias(alias)])
        return Page(found=found, unreadable=unreadable)

    def get(self, params: Params, *, item: str) -> Call:
        """Build users.get: there is no get of an alias, but the user names them all."""
        del item
        return self.profile.call("users.get", {"userKey": params["userKey"]})

    def read_get(self, params: Params, answer: Answer, *, item: str) -> Found:
        """Look for the alias among those of the user."""
        del params
        aliases = answer.body.get("aliases")
        there = isinstance(aliases, list) and item in aliases
        return _found_alias(item, {"alias": item}, there=there)


def _read_alias(resource: Mapping[str, Any]) -> Found:
    return _found_alias(need_id(resource, "alias", "alias"), resource, there=True)


def _found_alias(alias: str, resource: Mapping[str, Any], *, there: bool) -> Found:
    return Found(
        noun="alias",
        item=alias,
        state=State.PRESENT if there else State.GONE,
        resource=resource,
        stamp=fingerprint(alias),
        known_at_baseline=True,
        tells_updated=False,
    )
