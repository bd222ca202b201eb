"""Names of secrets: which are valid, which are ours, and what an account's is called."""

from __future__ import annotations

import pytest

from infra.secret_names import SIGNING_KEYS, is_reserved, is_secret_name, oauth_secret


def test_an_accounts_secret_is_its_address_in_base32() -> None:
    """Operators store a token under a name that other programs can compute, too."""
    assert oauth_secret("ana@example.com") == "oauth-MFXGCQDFPBQW24DMMUXGG33N"


def test_an_address_has_one_name_in_any_case() -> None:
    """Addresses are one in any case."""
    assert oauth_secret("Ana@Example.COM") == oauth_secret("ana@example.com")


@pytest.mark.parametrize("address", ["a@b.c", "o'neil+x@example.com", "ünï@example.com", "x" * 64])
def test_any_address_makes_a_valid_name(address: str) -> None:
    """Whatever an address is made of, Secret Manager takes its name, without padding."""
    assert is_secret_name(oauth_secret(address))
    assert "=" not in oauth_secret(address)


@pytest.mark.parametrize(
    ("name", "reserved"),
    [
        (SIGNING_KEYS, True),
        (oauth_secret("ana@example.com"), True),
        ("forward-key", False),
        ("my-oauth-key", False),
    ],
)
def test_our_own_secrets_are_reserved(name: str, reserved: bool) -> None:  # noqa: FBT001 - a table
    """No handler may send the signing keys or somebody's token away."""
    assert is_reserved(name) is reserved


@pytest.mark.parametrize("name", ["a", "A-b_9", "x" * 255])
def test_what_secret_manager_takes_is_valid(name: str) -> None:
    """Letters, digits, hyphens and underscores, up to 255."""
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["", "x" * 256, "a.b", "a/b", "ä", "a\n", "٣"])
def test_what_it_does_not_take_is_not(name: str) -> None:
    """The same names work on one machine and in the cloud."""
    assert not is_secret_name(name)
