"""The settings of a deployment: environment variables, all read and checked here.

Terraform sets them; the README lists them. Each error names the variable and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from functions.domain.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable: what it is for, and what it may be."""

    name: str
    purpose: str
    allowed: str
    form: str
    default: str | None = None
    used_by: str = "all"


ADDRESS: Final = Variable(
    name="WATCHKEEPER_ADDRESS",
    purpose="the address of `receive` that is given to Google",
    allowed="an https URL",
    form=r"https://[^\s/?#@]+(/[^\s?#]*)?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?(/[^\s?#]*)?",
    used_by="renew, sync, handle",
)
PROJECT: Final = Variable(
    name="WATCHKEEPER_PROJECT",
    purpose="the Google Cloud project of Firestore and Secret Manager",
    allowed="a project id",
    form=r"[a-z][a-z0-9-]{2,61}",
    used_by="renew, sync, handle",
)
DATABASE: Final = Variable(
    name="WATCHKEEPER_DATABASE",
    purpose="the Firestore database",
    allowed="(default) or the id of a database",
    form=r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]",
    default="(default)",
    used_by="renew, sync, handle",
)
NOTIFICATIONS: Final = Variable(
    name="WATCHKEEPER_NOTIFICATIONS",
    purpose="the topic of notifications",
    allowed="projects/PROJECT/topics/TOPIC",
    form=r"projects/[^/\s]+/topics/[^/\s]+",
    used_by="receive, renew, sync",
)
CHANGES: Final = Variable(
    name="WATCHKEEPER_CHANGES",
    purpose="the topic of changes",
    allowed="projects/PROJECT/topics/TOPIC",
    form=r"projects/[^/\s]+/topics/[^/\s]+",
    used_by="sync",
)
KEYS: Final = Variable(
    name="WATCHKEEPER_KEYS",
    purpose="the file of the signing keys, a mounted secret",
    allowed="an absolute path",
    form=r"/\S+",
    used_by="receive, renew",
)
WORKSPACE: Final = Variable(
    name="WATCHKEEPER_WORKSPACE",
    purpose="the service account as which Google Workspace is called; none: the function's own",
    allowed="the e-mail address of a service account",
    form=r"([^@\s]+@[^@\s]+)?",
    default="",
    used_by="renew, sync, handle",
)
GOOGLE: Final = Variable(
    name="WATCHKEEPER_GOOGLE",
    purpose="another root for every Google API call, such as a simulated Google; none: Google",
    allowed="an http or https URL",
    form=r"(https?://[^\s/?#]+(/[^\s?#]*)?)?",
    default="",
    used_by="renew, sync, handle",
)
PUBSUB: Final = Variable(
    name="WATCHKEEPER_PUBSUB",
    purpose="the regional endpoint of Pub/Sub, as order holds within one region",
    allowed="a host name such as europe-west1-pubsub.googleapis.com",
    form=r"([a-z0-9.-]+(:[0-9]+)?)?",
    default="",
)
GMAIL: Final = Variable(
    name="WATCHKEEPER_GMAIL",
    purpose="the topic that Gmail publishes to; none: mailboxes are polled",
    allowed="projects/PROJECT/topics/TOPIC",
    form=r"(projects/[^/\s]+/topics/[^/\s]+)?",
    default="",
    used_by="renew, sync",
)
CREW: Final = Variable(
    name="WATCHKEEPER_CREW",
    purpose="how many calls of Google `renew` makes side by side",
    allowed="1 to 256",
    form=r"[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-6]",
    default="16",
    used_by="renew",
)

PRIVATE: Final = Variable(
    name="WATCHKEEPER_PRIVATE_FORWARD",
    purpose="whether `forward` may call loopback and private addresses",
    allowed="true or false",
    form=r"true|false",
    default="false",
    used_by="handle",
)

VARIABLES: Final = (
    ADDRESS,
    PROJECT,
    DATABASE,
    NOTIFICATIONS,
    CHANGES,
    KEYS,
    WORKSPACE,
    GOOGLE,
    PUBSUB,
    GMAIL,
    CREW,
    PRIVATE,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as found; a variable is checked when it is asked for.

    A function is given what it needs and no more, so that what it does not use may be missing.
    """

    environment: Mapping[str, str]

    def text(self, variable: Variable) -> str:
        """Give the value of a variable.

        Raises:
            Misconfigured: it is missing or not allowed; the value itself is not shown.
        """
        value = self.environment.get(variable.name, "").strip()
        if not value and variable.default is not None:
            return variable.default
        if not value:
            raise Misconfigured(f"{variable.name} is not set: {variable.purpose}")
        if not re.fullmatch(variable.form, value):
            raise Misconfigured(f"{variable.name} is not {variable.allowed}: {variable.purpose}")
        return value

    def optional(self, variable: Variable) -> str | None:
        """Give the value of a variable that may be empty."""
        return self.text(variable) or None

    def number(self, variable: Variable, read: Callable[[str], int] = int) -> int:
        """Give the value of a variable that is a number."""
        return read(self.text(variable))
