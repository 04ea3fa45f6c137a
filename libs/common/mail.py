"""Outgoing mail: queued with the act that caused it, sent by the worker at least once under a stable Message-ID.

Without a mail server (``PLUMBLINE_SMTP_URL``) mail stays ``unsent`` in the database and is shown; that is no error.
"""

import base64
import re
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import sqlalchemy as sa

from libs.common.deployment import Deployment
from libs.common.egress import trusted
from libs.common.errors import Fault, Invalid
from libs.common.service import Job
from libs.common.store import Store
from libs.common.tx import Tx

UNSENT, SENT, FAILED = "unsent", "sent", "failed"
LEASE = timedelta(minutes=5)  #: a sender that dies holds its mail this long; longer than a server can take over one
TRIES = 12
BATCH = 20
TIMEOUT_S = 20  #: for each thing that is asked of the server, some ten a mail
BREAKS = re.compile(r"(?:[\x00-\x1f\x7f\x85\u2028\u2029]|%0[ad]|=0[ad]|&#(?:10|13|x0?[ad]);?)+", re.IGNORECASE)
SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Attachment:
    """A file that goes along; ``kind`` is its media type, such as ``application/pdf``."""

    name: str
    kind: str
    content: bytes


def queue(
    tx: Tx,
    to: str,
    subject: str,
    body: str,
    attachments: Sequence[Attachment] = (),
    *,
    ident: UUID | None = None,
    due_at: datetime | None = None,
    reply_to: str = "",
) -> UUID:
    """Puts a mail to one address into the outbox of this act, to go at ``due_at`` or at once. Returns its id.

    ``reply_to`` is whom its reader's answer is to reach; else that goes to who mail comes from, where nobody may read.
    Raises Invalid for an address that would not be one.
    """
    address = to.strip()
    if not _is_address(address):
        raise Invalid("this mail has no address it could go to", errors=[Fault("/to", "is not one e-mail address")])
    ident = ident or tx.store.ids()
    row = {
        "id": ident,
        "recipient": address,
        "subject": one_line(subject),
        "body": SURROGATES.sub("�", body),
        "attachments": [
            {"name": one_line(one.name), "kind": one.kind, "content": base64.b64encode(one.content).decode()}
            for one in attachments
        ],
        "state": UNSENT,
        "attempts": 0,
        "due_at": due_at or tx.now,
        "reply_to": reply_to if _is_address(reply_to) else None,
    }
    tx.put(tx.tables.mail, [row])
    return ident


def _is_address(text: str) -> bool:
    return not BREAKS.search(text) and re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", text) is not None


def one_line(text: str) -> str:
    """Text that cannot end a header and begin another, plain or encoded."""
    return SURROGATES.sub("�", BREAKS.sub(" ", text)).strip()[:400]


def message(row: Any, sender: str) -> EmailMessage:
    """The mail as it goes out; the same row is always the same Message-ID."""
    mail = EmailMessage()
    name, address = parseaddr(sender)
    local, _, domain = address.partition("@")
    mail["From"] = Address(one_line(name), local, domain)
    mail["To"] = row.recipient
    if row.reply_to:
        mail["Reply-To"] = row.reply_to
    mail["Subject"] = row.subject
    mail["Date"] = format_datetime(row.due_at - LEASE)  # now: it was just taken to be sent
    mail["Message-ID"] = f"<{row.id}@{domain or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(row.body or "")
    for one in row.attachments:
        main, _, sub = str(one["kind"]).partition("/")
        mail.add_attachment(base64.b64decode(one["content"]), maintype=main, subtype=sub, filename=one["name"])
    return mail


def deliver(store: Store) -> int:
    """Sends what is due, one after the other, and returns how much that was. Each is sent in no transaction."""
    if not store.deployment.smtp_url:
        return 0
    mail, count = store.tables.mail, 0
    with store.alone(changing=False) as look:
        due = sa.select(mail.c.id, mail.c.attempts, mail.c.due_at).order_by(mail.c.due_at).limit(BATCH)
        waiting = look.execute(due.where(mail.c.state == UNSENT, mail.c.due_at <= store.now(look))).all()
    for seen in waiting:
        row = _lease(store, seen)
        if row is not None:
            count += 1
            store.crash("mail_leased")
            _send(store, row)
    return count


def _lease(store: Store, seen: Any) -> Any:
    """Takes a mail right before it is sent and counts the attempt, unless another sender was faster. None: not now."""
    mail = store.tables.mail
    with store.alone() as one:
        lease: dict[str, Any] = {"attempts": seen.attempts + 1, "due_at": store.now(one) + LEASE}
        if seen.attempts >= TRIES:
            why = f"{TRIES} attempts ended without a word"
            lease |= {"state": FAILED, "error": sa.func.coalesce(mail.c.error, why)}
        free = sa.and_(_attempt(mail, seen), mail.c.due_at == seen.due_at)
        row = one.execute(sa.update(mail).where(free).values(lease).returning(mail)).first()
    return None if seen.attempts >= TRIES else row


def _attempt(mail: sa.Table, row: Any) -> sa.ColumnElement[bool]:
    return sa.and_(mail.c.id == row.id, mail.c.state == UNSENT, mail.c.attempts == row.attempts)


def _send(store: Store, row: Any) -> None:
    try:
        post(store.deployment, message(row, store.deployment.mail_from))
    except smtplib.SMTPRecipientsRefused as refused:
        code, said = next(iter(refused.recipients.values()))
        _note(store, row, f"{code} {said.decode(errors='replace')}", final=code >= 500)
    except smtplib.SMTPDataError as refused:
        _note(store, row, str(refused), final=refused.smtp_code >= 500)
    except Exception as trouble:  # noqa: BLE001 - also what `email` stumbles over: it is of this mail alone
        _note(store, row, f"{type(trouble).__name__}: {trouble}")
    else:
        store.crash("mail_sent")
        mail = store.tables.mail
        with store.alone() as one:
            # The text is gone once it is delivered: it may hold a customer's link.
            done = {"state": SENT, "sent_at": store.now(one), "error": None, "body": None, "attachments": []}
            one.execute(sa.update(mail).where(mail.c.id == row.id).values(done))


def _note(store: Store, row: Any, why: str, final: bool = False) -> None:
    """It did not go: tried again later, less and less often; never again when the server said so for good.

    Nothing is noted where somebody else took it over meanwhile, and perhaps sent it.
    """
    mail = store.tables.mail
    with store.alone() as one:
        pause = timedelta(seconds=min(3600, 5 * 2 ** (row.attempts - 1)))
        state = FAILED if final or row.attempts >= TRIES else UNSENT
        noted = {"error": one_line(why), "due_at": store.now(one) + pause, "state": state}
        one.execute(sa.update(mail).where(_attempt(mail, row)).values(noted))


def post(around: Deployment, mail: EmailMessage) -> None:
    """Hands one mail to the server."""
    where = urlsplit(around.smtp_url)
    host = where.hostname or "localhost"
    if where.scheme == "smtps":
        session: smtplib.SMTP = smtplib.SMTP_SSL(host, where.port or 465, timeout=TIMEOUT_S, context=trusted())
    else:
        session = smtplib.SMTP(host, where.port or 25, timeout=TIMEOUT_S)
    with session:
        session.ehlo()
        if where.scheme == "smtp" and session.has_extn("starttls"):
            session.starttls(context=trusted())
        if where.username:
            session.login(unquote(where.username), unquote(where.password or ""))
        session.send_message(mail)


def prune(store: Store, batch: int = 500) -> int:
    """Removes mail that went, or that no server took, when it is as old as the setting says. Returns how many."""
    mail = store.tables.mail
    return forget_old(store, mail, mail.c.state != UNSENT, mail.c.due_at, batch)


def forget_old(
    store: Store, table: Any, over: sa.ColumnElement[bool], at: sa.ColumnElement[datetime], batch: int
) -> int:
    """Removes rows that are ``over`` and older than news is kept. Only the first are looked at: ids are in order."""
    if not (days := store.deployment.news_keep_days):
        return 0
    oldest = sa.select(table.c.id).order_by(table.c.id).limit(batch).scalar_subquery()
    with store.reading() as tx:
        old = sa.select(table.c.id).where(table.c.id.in_(oldest), over, at < tx.now - timedelta(days=days))
        ids = list(tx.execute(old).scalars())
    if ids:
        with store.begin() as tx:
            tx.execute(sa.delete(table).where(table.c.id.in_(ids)))
    return len(ids)


JOB = Job("mail", deliver, every_s=2.0, apart=True)
RETENTION = Job("mail retention", prune, every_s=600.0)
