"""Names the members of a domain: `*@example.com` is one watch for each of its active users."""

from __future__ import annotations

from dataclasses import replace

from functions.domain.model import Watch

EVERYBODY = "*@"


def is_domain(watch: Watch) -> bool:
    """Whether the declaration stands for every active user of a domain."""
    return watch.subject is not None and watch.subject.startswith(EVERYBODY)


def domain_of(watch: Watch) -> str:
    """Give the domain of such a declaration."""
    return (watch.subject or "").removeprefix(EVERYBODY).lower()


def member_name(declared: str, address: str) -> str:
    """Give the id of a member's watch."""
    return f"{declared}:{address.lower()}"


def split_name(name: str) -> tuple[str, str]:
    """Give the declared id and the member's address; the address is empty for other watches."""
    declared, _, address = name.partition(":")
    return declared, address


def member_of(watch: Watch, address: str) -> Watch | None:
    """Give the watch of one user; None for somebody who cannot be a member."""
    if not is_domain(watch) or not address.endswith(f"@{domain_of(watch)}"):
        return None
    return replace(watch, id=member_name(watch.id, address), subject=address.lower(), admin=None)
