"""What every adapter of the port `Secrets` promises, whatever keeps its secrets."""

from __future__ import annotations

from typing import Protocol

import pytest

from functions.domain.errors import Misconfigured, Unavailable
from functions.ports import Secrets
from infra.secret_names import oauth_secret


class Vault(Protocol):
    """What the operator does to the secrets behind an adapter."""

    def put(self, name: str, value: str) -> None:
        """Give a secret a new newest value."""
        ...

    def drop(self, name: str) -> None:
        """Remove a secret."""
        ...

    def fail(self, name: str) -> None:
        """Make reading this secret fail, as a broken disk or network would."""
        ...

    def wait(self) -> None:
        """Let the five minutes pass."""
        ...


class SecretsContract:
    """Fixtures to give: `secrets`, the adapter, and `vault`, the operator's side of it."""

    def test_what_the_operator_wrote_is_read(self, secrets: Secrets, vault: Vault) -> None:
        """The value comes back to the letter, newlines and other alphabets included."""
        vault.put("forward-key", "whsec_MfKQ\nwhsec_Öçα\n")
        assert secrets.read("forward-key") == "whsec_MfKQ\nwhsec_Öçα\n"

    def test_a_secret_that_is_not_there_is_none(self, secrets: Secrets) -> None:
        """A missing secret is an answer, not a failure."""
        assert secrets.read("forward-key") is None

    def test_a_new_value_is_seen_in_five_minutes(self, secrets: Secrets, vault: Vault) -> None:
        """A rotated secret takes effect without a restart."""
        vault.put("forward-key", "old")
        assert secrets.read("forward-key") == "old"
        vault.put("forward-key", "new")
        vault.wait()
        assert secrets.read("forward-key") == "new"

    def test_a_late_secret_is_found_in_five_minutes(self, secrets: Secrets, vault: Vault) -> None:
        """That a secret was missing is not remembered for longer."""
        assert secrets.read("forward-key") is None
        vault.put("forward-key", "new")
        vault.wait()
        assert secrets.read("forward-key") == "new"

    def test_a_removed_secret_is_gone_in_five_minutes(self, secrets: Secrets, vault: Vault) -> None:
        """A withdrawn secret is used no longer."""
        vault.put("forward-key", "old")
        assert secrets.read("forward-key") == "old"
        vault.drop("forward-key")
        vault.wait()
        assert secrets.read("forward-key") is None

    def test_names_do_not_meet(self, secrets: Secrets, vault: Vault) -> None:
        """Each name has its own value, that of an address's token included."""
        name = oauth_secret("Ana.Maria+x@Example.com")
        vault.put("forward-key", "one")
        vault.put(name, "two")
        assert (secrets.read("forward-key"), secrets.read(name)) == ("one", "two")

    def test_a_failure_is_an_outage_that_passes(self, secrets: Secrets, vault: Vault) -> None:
        """What cannot be read is `Unavailable`, never "no secret"; afterwards it is read again."""
        vault.fail("forward-key")
        with pytest.raises(Unavailable, match="forward-key"):
            secrets.read("forward-key")
        vault.put("forward-key", "new")
        assert secrets.read("forward-key") == "new"

    @pytest.mark.parametrize(
        "name",
        ["", ".", "..", "../forward-key", "a/b", "/etc/passwd", "a\x00", "ключ", "a b", "x" * 256],
    )
    def test_no_name_leads_elsewhere(self, secrets: Secrets, name: str) -> None:
        """What cannot be a secret's name is refused before anything is looked up."""
        with pytest.raises(Misconfigured):
            secrets.read(name)
