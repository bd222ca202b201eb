"""Who is calling: the bearer token is the subject's address, unless its access was revoked."""

from infra.local.google.errors import GoogleError

SERVICE_ACCOUNT = "service-account"


class Access:
    """Subjects whose access was taken away, with the reason they are refused for."""

    def __init__(self) -> None:
        self.revoked: dict[str, str] = {}

    def account(self, authorization: str) -> str:
        """Tell the account of a call by its `Authorization` header; GoogleError if it may not."""
        scheme, _, token = authorization.partition(" ")
        account = token.strip().lower()
        if scheme.lower() != "bearer" or not account:
            text = "Request is missing required authentication credential."
            raise GoogleError("required", text, status=401)
        if reason := self.revoked.get(account):
            raise GoogleError(reason, status=401 if reason == "authError" else 403)
        return account

    def revoke(self, account: str, reason: str = "authError") -> None:
        """Refuse an account's calls: 401 for `authError`, 403 for any other reason."""
        self.revoked[account.lower()] = reason

    def restore(self, account: str) -> None:
        """Let an account call again."""
        self.revoked.pop(account.lower(), None)
