"""All mailboxes, and what happens to the mail in them."""

from collections.abc import Iterable, Sequence

from infra.local.google.errors import GoogleError
from infra.local.google.gmail.mail import Kind, Mail, Record
from infra.local.google.gmail.mailbox import Mailbox
from infra.local.google.gmail.push import push
from infra.local.google.ground import Ground


class Gmail:
    """Gmail's state; every step is written to the mailbox's history and pushed to its watch."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.mailboxes: dict[str, Mailbox] = {}
        self.gone: set[str] = set()

    def mailbox(self, account: str) -> Mailbox:
        """Find an account's mailbox."""
        account = account.lower()
        if account in self.gone:
            raise GoogleError("failedPrecondition", "Mail service not enabled")
        if account not in self.mailboxes:
            start = self.ground.random.randint(1000, 1_000_000)
            self.mailboxes[account] = Mailbox(account, start)
        return self.mailboxes[account]

    def deliver(
        self,
        account: str,
        *,
        subject: str = "Hello",
        sender: str = "someone@example.net",
        labels: Iterable[str] = ("INBOX", "UNREAD"),
        thread: str | None = None,
        ago: float = 0.0,
    ) -> Mail:
        """Put a message into a mailbox."""
        with self.ground.lock:
            mailbox, mail_id = self.mailbox(account), self.ground.random.randbytes(8).hex()
            mail = Mail(
                id=mail_id,
                thread=thread or mail_id,
                labels=set(labels),
                at=self.ground.clock.now() - ago,
                subject=subject,
                sender=sender,
            )
            mailbox.mails[mail.id] = mail
            self._write(mailbox, Kind.ADDED, mail)
            return mail

    def label(
        self, account: str, mail_id: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> Mail:
        """Change the labels of a message; what changes nothing is not told."""
        with self.ground.lock:
            mailbox = self.mailbox(account)
            mail = mailbox.mail(mail_id)
            gained, lost = set(add) - mail.labels, set(remove) & mail.labels
            mail.labels = (mail.labels | gained) - lost
            if gained:
                self._write(mailbox, Kind.LABELED, mail, sorted(gained))
            if lost:
                self._write(mailbox, Kind.UNLABELED, mail, sorted(lost))
            return mail

    def trash(self, account: str, mail_id: str) -> Mail:
        """Put a message into the trash: for the history that is a matter of labels."""
        return self.label(account, mail_id, add=["TRASH"], remove=["INBOX"])

    def untrash(self, account: str, mail_id: str) -> Mail:
        """Take a message out of the trash."""
        return self.label(account, mail_id, remove=["TRASH"])

    def delete(self, account: str, mail_id: str) -> None:
        """Delete a message for good."""
        with self.ground.lock:
            mailbox = self.mailbox(account)
            mail = mailbox.mail(mail_id)
            del mailbox.mails[mail.id]
            self._write(mailbox, Kind.DELETED, mail)

    def forget_history(self, account: str) -> None:
        """Forget a mailbox's history, as Google does after a week."""
        with self.ground.lock:
            self.mailbox(account).forget_history()

    def _write(
        self, mailbox: Mailbox, kind: Kind, mail: Mail, labels: Sequence[str] = ()
    ) -> Record:
        record = mailbox.write(
            kind,
            mail,
            labels=labels,
            step=self.ground.random.randint(1, 100),
            visible_at=self.ground.visible_at("gmail.users.history.list", mailbox.account),
        )
        if mailbox.watch and mailbox.watch.concerns(record):
            push(self.ground, mailbox)
        return record
