"""`receive` under ten thousand generated requests: it is total, and lets nothing unproven in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from random import Random

from functions.domain import token
from tests.world.doorway import CHANNEL, headers, opened, proof
from tests.world.ports import key

HOW_MANY = 10_000
NAMES = [*sorted(headers()), "X-Goog-Changed", "X-Goog-New-In-2031", "X-Forwarded-For"]
LETTERS = [chr(code) for code in (*range(0x20, 0x7F), *range(0x80, 0x100), 9)]
SEEDS = [
    "",
    " ",
    "0",
    "1",
    "-1",
    "1_0",
    "7",
    str(2**63),
    "sync",
    "change",
    CHANNEL,
    "a.b.c.d",
    "\t",
]


def mangled(text: str, lot: Random) -> str:
    """Damage a text in one of the ways that texts get damaged."""
    place = lot.randrange(len(text) + 1)
    ways: list[Callable[[], str]] = [
        lambda: text[:place] + lot.choice(LETTERS) + text[place:],
        lambda: text[:place] + text[place + 1 :],
        lambda: text[:place],
        lambda: text[place:],
        text.upper,
        lambda: text * lot.randrange(40),
        lambda: lot.choice(SEEDS),
        lambda: "".join(lot.choices(LETTERS, k=lot.randrange(300))),
    ]
    return lot.choice(ways)()


def generated(lot: Random) -> dict[str, str]:
    """Make a set of headers: a genuine one with up to four things wrong, or nothing at all."""
    given = headers(Channel_Token=tokens(lot))
    for _ in range(lot.randrange(4)):
        name = lot.choice(NAMES)
        if lot.random() < 0.3:
            given.pop(name, None)
        else:
            given[name] = mangled(given.get(name, ""), lot)
    return given


def tokens(lot: Random) -> str:
    """Make a genuine token, one of another channel or key, or one of the right shape alone."""
    ways: list[Callable[[], str]] = [
        proof,
        lambda: proof(watch="w" * lot.randrange(1, 200)),
        lambda: proof(channel=CHANNEL[1:]),
        lambda: proof(signer=lot.choice(["k0", "k1", "k2"])),
        lambda: mangled(proof(), lot),
    ]
    return lot.choice(ways)()


def is_proven(given: dict[str, str]) -> bool:
    """Tell, by other means than the product's, whether a token was made for this channel."""
    proven = given.get("X-Goog-Channel-Token", "").strip(" \t")
    channel = given.get("X-Goog-Channel-ID", "").strip(" \t")
    name = token._decode(proven.split(".")[2]) if proven.count(".") == 3 else ""
    made = {token.mint(key(each), channel=channel, watch=name) for each in ("k1", "k2")}
    return bool(name) and proven in made


def test_no_request_fails_and_none_gets_in_unproven() -> None:
    """Whatever comes: never 5xx, never 2xx without a valid token, one answer to each refusal."""
    lot = Random(20260301)
    answers: defaultdict[tuple[int, bool], set[object]] = defaultdict(set)
    counts: defaultdict[int, int] = defaultdict(int)
    with opened() as doorway:
        for number in range(HOW_MANY):
            given, framed = generated(lot), number % 5 == 0
            status, told = doorway.knock(given) if framed else doorway.ask(given)
            answers[status, framed].add(told)
            counts[status] += 1
            assert status in {204, 400, 401}, given
            assert status != 204 or is_proven(given), given
    assert {kind: len(told) for kind, told in answers.items()} == dict.fromkeys(answers, 1)
    assert min(counts.values()) > 500, counts  # the generator reaches every row of the table
