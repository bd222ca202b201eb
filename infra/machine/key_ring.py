"""Changes the key ring of an installation: a file on one machine, a secret in the cloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from functions.domain.errors import Misconfigured, Unavailable
from functions.domain.keyring import MOST_KEYS, Key, Ring, format_ring
from functions.domain.model import ChannelState
from infra.local import key_making
from infra.machine.installation import Installation
from infra.secret_names import SIGNING_KEYS

_ENDED = {ChannelState.CLOSED, ChannelState.RETIRING}


def held(at: Installation) -> Ring:
    """Give the ring; on one machine a file that must be there.

    Raises:
        Misconfigured: there is none, or it cannot be read.
    """
    path = at.site.place.folder / SIGNING_KEYS
    if not at.site.is_cloud and not path.exists():
        raise Misconfigured(f"there are no keys at {path}: the first start of serve makes them")
    return at.keys.ring()


def users(at: Installation) -> Mapping[str, int]:
    """Count the channels in use by the key that signed them; nothing if the store is not there."""
    try:
        at.store  # noqa: B018 - refuses a store that is not there
        every = at.operating.all_channels()
        return Counter(one.key_id for one in every if one.state not in _ENDED)
    except Misconfigured:
        return {}


def rotated(at: Installation) -> Key:
    """Add a new newest key."""
    now = at.clock.now()
    if not at.site.is_cloud:
        return key_making.rotate(at.site.place.folder, now=now)
    ring = at.keys.ring()
    if len(ring.keys) >= MOST_KEYS:
        raise Misconfigured(f"the ring has {MOST_KEYS} keys: retire some first")
    key = key_making.new_key(now, taken=ring.ids)
    _write(at, Ring((key, *ring.keys)))
    return key


def retired(at: Installation, key: str, *, force: bool) -> None:
    """Take a key out of the ring.

    Raises:
        Misconfigured: there is no such key, it is the only one, or channels use it.
    """
    ring = held(at)
    if ring.find(key) is None:
        raise Misconfigured(f"there is no key {key!r}: `keys list` names them")
    if len(ring.keys) == 1:
        raise Misconfigured(f"{key!r} is the only key: `keys rotate` first")
    using = users(at).get(key, 0)
    if using and not force:
        raise Misconfigured(
            f"live channels use {key!r} ({using}): wait until renew has replaced them, within a "
            "day, or --force if it leaked"
        )
    if at.site.is_cloud:
        _write(at, Ring(tuple(one for one in ring.keys if one.id != key)))
    else:
        key_making.retire(at.site.place.folder, key)


def _write(at: Installation, ring: Ring) -> None:
    """Add a version to the secret; `latest` is what the functions have mounted."""
    from infra.cloud.secret_writing import add_version

    if at.site.project is None:
        raise Unavailable("no project")
    add_version(at.site.project, SIGNING_KEYS, format_ring(ring))
