"""What is remembered of messages: the last of each channel, within bounds."""

from __future__ import annotations

from dataclasses import replace

from functions.domain.hearing import MOST_CHANNELS, as_heard, hear, heard_at
from functions.domain.model import Job
from tests.functions.examples import MINUTE, NOW, channel, message, progress


def job(name: str = "c1", *, minute: int = 0, number: int = 1) -> Job:
    """Make the job of a message that came so many minutes from now."""
    said = message(name, number=number)
    at = NOW + minute * MINUTE
    return Job(watch="ana-drive", queued_at=at, reason="notification", message=said)


def test_the_last_message_of_a_channel_is_known() -> None:
    """Its time and number; an older one that comes late changes neither."""
    known = hear(hear(progress(), job(minute=3, number=9)), job(minute=1, number=4))
    assert heard_at(known) == NOW + 3 * MINUTE
    one = as_heard(channel(), known)
    assert (one.last_number, one.heard_at) == (9, NOW + 3 * MINUTE)


def test_a_due_pull_is_no_message() -> None:
    """Only notifications are heard."""
    assert hear(progress(), Job(watch="ana-drive", queued_at=NOW, reason="due")) == progress()
    assert heard_at(progress()) is None
    assert heard_at(None) is None


def test_gmail_s_message_names_no_channel() -> None:
    """It is heard of the watch; no channel's record is touched."""
    said = Job(watch="ana-drive", queued_at=NOW, reason="notification", ahead="7")
    known = hear(progress(), said)
    assert heard_at(known) == NOW
    assert as_heard(channel(), known) == channel()


def test_old_channels_fall_from_memory() -> None:
    """However many channels speak, few are remembered: the last ones."""
    known = progress()
    for number in range(MOST_CHANNELS + 2):
        known = hear(known, job(f"c{number}", minute=number))
    assert [one.channel for one in known.heard] == ["c2", "c3", "c4", "c5"]


def test_a_record_is_never_set_back() -> None:
    """What the record knows better stays, and of another channel nothing is taken."""
    one = channel(last_number=20, heard_at=NOW + MINUTE)
    assert as_heard(one, hear(progress(), job(number=3))) == one
    assert as_heard(channel("c9"), hear(progress(), job())) == replace(channel("c9"))
    assert as_heard(one, None) == one
