"""A sheet of paper on its way by mail, to whoever is to have it in the van."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from libs.common import mail, people
from libs.common.errors import Fault, Invalid
from libs.common.formatting import said
from libs.common.parties import email_key
from libs.common.pdf import Sheet
from libs.common.tx import Tx


def demand_ours(to: Sequence[str], theirs: Iterable[str]) -> None:
    """Refuses to send the customer what we wrote down for ourselves. Raises Invalid naming each such address."""
    known = {email_key(one) for one in theirs}
    faults = [
        Fault(f"/to/{place}", "is the customer's, and this is for colleagues: notes and states of ours are on it")
        for place, one in enumerate(to)
        if email_key(one) in known
    ]
    if faults:
        raise Invalid("this paper is not for the customer; they are sent the estimate", errors=faults)


def send(tx: Tx, sheet: Sheet, drawn: bytes, *, to: Sequence[str], note: str | None, at: str) -> None:
    """``drawn`` is its PDF, ``at`` where the console shows the record. Who is named twice gets one letter."""
    say, sender = sheet.say, people.person(tx, UUID(tx.actor)) or {}
    who, answers = sender.get("name"), str(sender.get("email") or "")
    parts = (
        say(said("Hello,")),
        say(said("here is %(heading)s: %(title)s."), heading=sheet.heading, title=sheet.title),
        (note or "").strip(),
        say(said("How it stands by now: %(url)s"), url=tx.store.deployment.link(at)),
        ", ".join(one for one in (who, sheet.company) if one),
    )
    letter = "\n\n".join(one for one in parts if one) + "\n"
    paper = mail.Attachment(f"{sheet.number}.pdf", "application/pdf", drawn)
    for address in {email_key(one): one for one in to}.values():
        mail.queue(tx, address, f"{sheet.heading}: {sheet.title}", letter, [paper], reply_to=answers)
