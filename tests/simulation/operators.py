"""What operators do: they edit declarations, restart, and rotate keys."""

from __future__ import annotations

from typing import Any

from tests.simulation.draw import DAY
from tests.simulation.handlers import HANDLERS
from tests.simulation.simulation import Simulation
from tests.world.ports import key

KEYS_APART = 2 * DAY  # an old key is withdrawn when no channel can be signed by it any more


class Operators:
    """Edits of declarations, restarts, rotations of keys."""

    def __init__(self, simulation: Simulation) -> None:
        self._it = simulation
        self._world = simulation.world
        self._documents: dict[str, dict[str, Any]] = {}
        self._gone: dict[str, dict[str, Any]] = {}
        self._made = self._edits = 0
        self._keys = 1
        self.working = True

    def begin(self) -> None:
        """Declare the first watches."""
        for _ in range(self._world.watches):
            self._add()
        for _ in range(self._world.more.mails):
            self._add_mail()
        self._declare()
        self._later()

    def settle(self) -> None:
        """Put an end to edits: everything runs, and every back-off of ours ends."""
        self.working = False
        for name, document in self._documents.items():
            if document.pop("paused", False):
                self._want(name)
        self._declare()

    def _later(self) -> None:
        wait = self._it.random.expovariate(1 / (self._world.edits * DAY))
        self._it.timeline.after(wait, self._edit)

    def _edit(self) -> None:
        if not self.working:
            return
        self._later()
        draw = self._it.random
        acts = [self._add, self._remove, self._return, self._pause, self._resume, self._change]
        if self._world.more.mails:
            acts += [self._rest_mailbox]
        if self._world.more.flips:
            acts += [self._begin_anew] * 12  # so that it sees in two lives what flips back
        if self._world.more.handles:
            acts += [self._rehandle, self._leave, self._leave, self._leave]
        act = draw.choice([*acts, self._poll, self._restart, self._rotate])
        act()
        self._it.figures["edits"] += 1
        self._declare()

    def _add(self) -> None:
        draw = self._it.random
        if len(self._documents) > self._world.watches + self._world.more.mails:
            return
        name = f"w{self._made}"
        self._made += 1
        self._declared_as(name, draw.choice(self._world.sources))

    def _declared_as(self, name: str, source: str) -> None:
        draw = self._it.random
        document: dict[str, Any] = {"source": source, "subject": self._subject()}
        document["poll"] = draw.choice(self._world.polls)[0]
        ttl = draw.choice((None, None, None, None, "24h", "24h", "6h", "2h"))
        if ttl:
            document["ttl"] = ttl
        if draw.random() < 0.1:
            document["push"] = False
        document["params"] = self._params(source, document["subject"])
        if self._world.more.handles:
            document["handle"] = self._handlers()
        self._documents[name] = document
        self._want(name)

    def _add_mail(self) -> None:
        name = f"mail{len(self._documents)}"
        self._declared_as(name, "gmail.mailbox")
        if self._world.more.others:
            self._it.google.boxes.others.add(self._documents[name]["subject"])

    def _subject(self) -> str:
        return f"s{self._it.random.randrange(1 + self._world.watches // 2)}@example.com"

    def _params(self, source: str, subject: str) -> dict[str, Any]:
        draw = self._it.random
        if source == "calendar.events":
            return {"calendarId": draw.choice(("primary", "team@example.com"))}
        if source == "gmail.mailbox":
            labels = draw.choice(((), (), ("INBOX",), ("STARRED",), ("INBOX", "UNREAD")))
            return {"labelIds": list(labels)} if labels else {}
        if source == "reports.activities":
            return {"applicationName": "admin"}
        if source == "drive.files":
            drive: Any = self._it.google.collection(f"drive {subject}")
            item = draw.choice(sorted(drive.files)) if drive.files else drive.create()
            drive.kept.add(item)
            return {"fileId": item}
        return {}

    def _some(self) -> str | None:
        names = sorted(self._documents)
        return self._it.random.choice(names) if names else None

    def _remove(self) -> None:
        name = self._some()
        if name is None or len(self._documents) == 1:
            return
        self._gone[name] = self._documents.pop(name)
        self._it.warden.want(name, wanted=False)
        self._it.postmaster.fault(self._gone[name]["subject"])
        account = self._it.judge.accounts.get(name)
        if account is not None:
            account.stopped = True

    def _return(self) -> None:
        if not self._gone:
            return
        name = self._it.random.choice(sorted(self._gone))
        self._documents[name] = self._gone.pop(name)
        self._want(name)

    def _pause(self) -> None:
        name = self._some()
        if name is not None:
            self._documents[name] = {**self._documents[name], "paused": True}
            self._want(name)

    def _rest_mailbox(self) -> None:
        """Pause every watch of a mailbox: the last that goes has it stopped."""
        mails = {n: d for n, d in self._documents.items() if d["source"] == "gmail.mailbox"}
        subject = self._it.random.choice([d["subject"] for d in mails.values()] or [""])
        for name, document in mails.items():
            if document["subject"] == subject:
                self._documents[name] = {**document, "paused": True}
                self._want(name)

    def _resume(self) -> None:
        for name, document in self._documents.items():
            if document.get("paused"):
                self._documents[name] = {k: v for k, v in document.items() if k != "paused"}
                self._want(name)
                return

    def _change(self) -> None:
        name = self._some()
        if name is not None:
            self._edit_subject(name)

    def _begin_anew(self) -> None:
        """Have a watch of users begin anew; it is of the same users."""
        users = [n for n, d in self._documents.items() if d["source"] == "directory.users"]
        if users:
            self._edit_subject(self._it.random.choice(users))

    def _edit_subject(self, name: str) -> None:
        old, subject = self._documents[name], self._subject()
        self._it.postmaster.left(old["subject"])
        params = self._params(old["source"], subject)
        self._documents[name] = {**old, "subject": subject, "params": params}
        self._want(name)
        account = self._it.judge.accounts.get(name)
        if account is not None:
            account.stopped = True  # its next pull begins anew

    def _poll(self) -> None:
        name = self._some()
        if name is not None:
            poll = self._it.random.choice(self._world.polls)[0]
            self._documents[name] = {**self._documents[name], "poll": poll}
            self._want(name)

    def _handlers(self) -> list[dict[str, Any]]:
        return self._it.random.sample(HANDLERS, self._it.random.choice((0, 1, 1, 2)))

    def _rehandle(self) -> None:
        name = self._some()
        if name is not None:
            self._documents[name] = {**self._documents[name], "handle": self._handlers()}
            self._want(name)

    def _leave(self) -> None:
        """Have a receiver want no more."""
        forwards = [h["forward"]["url"] for h in HANDLERS if "forward" in h]
        self._it.customers.gone.add(self._it.random.choice(forwards))

    def _restart(self) -> None:
        """Nothing but another revision."""

    def _rotate(self) -> None:
        timeline, keys = self._it.timeline, self._it.keys
        if len(keys.held.keys) > 1:
            return
        made = key(f"k{self._keys}", created=timeline.moment())
        self._keys += 1
        keys.held = type(keys.held)((made, *keys.held.keys))
        timeline.after(KEYS_APART, self._withdraw)

    def _withdraw(self) -> None:
        keys = self._it.keys
        keys.held = type(keys.held)(keys.held.keys[:1])

    def _want(self, name: str) -> None:
        document = self._documents[name]
        wanted = document.get("push", True) and not document.get("paused", False)
        by_topic = document["source"] == "gmail.mailbox"  # of its channel the postmaster knows
        self._it.warden.want(name, wanted=wanted and not by_topic)
        self._it.postmaster.fault(document["subject"])
        self._it.judge.trouble(name)
        account = self._it.judge.accounts.get(name)
        if account is not None:
            account.stopped = bool(document.get("paused"))
            account.poll = max(account.poll, dict(self._world.polls)[document["poll"]])

    def _declare(self) -> None:
        self._edits += 1
        documents = {name: dict(document) for name, document in self._documents.items()}
        self._it.store.declare(documents, revision=str(self._edits))
        self._it.follower.declared()
