"""What every adapter of the port `Journal` promises, whoever reads it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest

from functions.domain.errors import Invalid
from functions.domain.model import Verdict
from functions.ports import Journal

Open = Callable[[io.StringIO], Journal]
SECRET = "sEcReT-value"


class Closed(io.StringIO):
    """A stream whose other end is gone."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


class Unspeakable:
    """What cannot be turned into a text."""

    def __str__(self) -> str:
        raise ValueError


class JournalContract:
    """Fixture to give: `open_journal`, makes the adapter on a stream without colours."""

    @pytest.fixture
    def stream(self) -> io.StringIO:
        """Give what the journal is written to."""
        return io.StringIO()

    @pytest.fixture
    def journal(self, open_journal: Open, stream: io.StringIO) -> Journal:
        """Give the adapter."""
        return open_journal(stream)

    def test_a_decision_is_one_line(self, journal: Journal, stream: io.StringIO) -> None:
        """Decision and facts are in one line, at once."""
        journal.note("job_queued", watch="ana-drive", number=7)
        line = stream.getvalue()
        assert line.count("\n") == 1
        assert line.endswith("\n")
        assert all(word in line for word in ("job_queued", "watch", "ana-drive", "number", "7"))

    @pytest.mark.parametrize("bad", ["two\nlines", "a\x1b[2Jscreen", "a\u2028line", "\ud800"])
    def test_nothing_breaks_the_line(self, journal: Journal, stream: io.StringIO, bad: str) -> None:
        """What comes from outside can neither forge a line nor move the cursor."""
        journal.note("job_queued", channel=bad)
        line = stream.getvalue()
        assert line.removesuffix("\n").isprintable()
        line.encode()

    @pytest.mark.parametrize(
        "name",
        [
            "token", "channel_token", "key", "signing_key", "secret", "client_secret", "keys",
            "Authorization", "authorization_header", "password", "cookie", "refresh-token",
        ],
    )  # fmt: skip
    def test_what_is_named_like_a_secret_is_dropped(
        self, journal: Journal, stream: io.StringIO, name: str
    ) -> None:
        """A slip of a caller's does not put a secret into a log, not even deep in a fact."""
        journal.note("job_queued", watch="ana", headers={name: SECRET}, **{name: SECRET})
        assert SECRET not in stream.getvalue()
        assert "ana" in stream.getvalue()

    @pytest.mark.parametrize(
        "name", ["key_id", "token_count", "secret_name", "monkey", "keyring_ids"]
    )
    def test_what_only_sounds_like_a_secret_stays(
        self, journal: Journal, stream: io.StringIO, name: str
    ) -> None:
        """Which key it was is what one wants to know."""
        journal.note("job_queued", **{name: "k7"})
        assert "k7" in stream.getvalue()

    def test_a_long_value_is_cut(self, journal: Journal, stream: io.StringIO) -> None:
        """What an API answers may be a whole page."""
        journal.warn("refused", text="x" * 10_000)
        assert "x" * 256 in stream.getvalue()
        assert "x" * 257 not in stream.getvalue()

    def test_a_foreign_error_is_only_named(self, journal: Journal, stream: io.StringIO) -> None:
        """Texts of our own errors carry no secret; those of others may."""
        journal.warn("failed", ours=Invalid("no such source"), theirs=ValueError(SECRET))
        assert "no such source" in stream.getvalue()
        assert "ValueError" in stream.getvalue()
        assert SECRET not in stream.getvalue()

    @pytest.mark.parametrize(
        "value",
        [
            object(), {1: {2: {3: {4: {5: 6}}}}}, [[[[[[]]]]]], {1, 2}, b"raw", float("nan"),
            float("-inf"), 10**5000, Verdict.OK, timedelta(days=-1), range(3), Unspeakable(),
        ],
        ids=lambda value: type(value).__name__,
    )  # fmt: skip
    def test_any_value_can_be_told(
        self, journal: Journal, stream: io.StringIO, value: object
    ) -> None:
        """A journal never fails for what it is given."""
        journal.note("odd", value=value)
        assert stream.getvalue().count("\n") == 1

    def test_a_value_that_contains_itself_is_told(
        self, journal: Journal, stream: io.StringIO
    ) -> None:
        """Depth is bounded."""
        loop: list[object] = []
        loop.append(loop)
        journal.note("odd", value=loop)
        assert stream.getvalue().count("\n") == 1

    def test_bytes_are_not_shown(self, journal: Journal, stream: io.StringIO) -> None:
        """A body is told by its length alone."""
        journal.note("odd", body=SECRET.encode())
        assert SECRET not in stream.getvalue()
        assert f"{len(SECRET)} bytes" in stream.getvalue()

    def test_a_lost_log_loses_no_work(self, open_journal: Open) -> None:
        """When nobody reads the log any more the work goes on."""
        open_journal(Closed()).note("job_queued")
        gone = io.StringIO()
        gone.close()
        open_journal(gone).warn("job_queued")
