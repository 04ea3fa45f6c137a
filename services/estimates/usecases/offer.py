"""An offer goes out, holds until its day, and is taken back."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from libs.common import mail, people
from libs.common.contracts.estimates import EstimateExtended, EstimateSent, EstimateWithdrawn
from libs.common.errors import Fault, Invalid
from libs.common.formatting import Say, full_day, said
from libs.common.parties import email_key
from libs.common.tx import Tx
from services.estimates.model import Estimate
from services.estimates.states import EstimateAction
from services.estimates.usecases import approval, draft, facts, links, together
from services.estimates.usecases.timers import EXPIRY


def send(tx: Tx, estimate: Estimate, *, to: Sequence[str], roles: Collection[str], say: Say) -> str:
    """Freezes the version and mails the customer its link. Returns the link, which is shown this once.

    ``say`` puts the letter into the customer's language.
    """
    estimate.send(to=to, reasons=approval.reasons(tx, estimate, roles), at=tx.now)
    tx.remind(EXPIRY, estimate.id, estimate.expires_at, revision=estimate.revision)
    url = share(tx, estimate, to=to, say=say)
    tx.publish(EstimateSent(**facts.head(tx, estimate), sent_at=tx.now, to=tuple(to)), of=estimate)
    return url


def share(tx: Tx, estimate: Estimate, *, to: Sequence[str], say: Say) -> str:
    """Another link to an offer that is out, mailed to these."""
    if not estimate.live:
        links.demand_not_accepted(tx, estimate)
        estimate.current.fire(EstimateAction.EXTEND)  # refuses, and says what is possible instead
    url = tx.store.deployment.link(f"/e/{links.issue(tx, estimate, to)}")
    company = str((people.branch(tx, estimate.branch) or {}).get("name") or say(said("us")))
    subject, letter = _letter(estimate, company, url, say)
    answers = people.answers_go_to(tx, estimate.salesperson_id, estimate.branch)
    for address in {email_key(one): one for one in to}.values():  # who is named twice gets one letter
        mail.queue(tx, address, subject, letter, reply_to=answers)
    tx.touch(estimate)
    return url


def _letter(estimate: Estimate, company: str, url: str, say: Say) -> tuple[str, str]:
    """Its subject and its text."""
    opportunity, number = estimate.opportunity, estimate.number
    name = opportunity.contact.get("name") or opportunity.contact.get("company")
    subject = say(said("Your estimate %(number)s from %(company)s"), number=number, company=company)
    parts = (
        say(said("Hello %(name)s,"), name=name) if name else say(said("Hello,")),
        say(said("here is your estimate %(number)s: %(title)s."), number=number, title=opportunity.title),
        url,
        say(
            said(
                "It holds until %(day)s. On that page you can accept it, ask for changes or decline; "
                "the link is yours alone, please do not pass it on."
            ),
            day=full_day(estimate.valid_until, say),
        ),
        company,
    )
    return subject, "\n\n".join(parts) + "\n"


def extend(tx: Tx, estimate: Estimate, *, valid_until: date, reason: str = "") -> Estimate:
    """A live offer holds until a later day."""
    before = estimate.valid_until
    if valid_until <= before:
        raise Invalid("only a later day extends it", errors=[Fault("/valid_until", f"is not after {before}")])
    estimate.extend()
    draft.hold_until(tx, estimate, valid_until)
    tx.remind(EXPIRY, estimate.id, estimate.expires_at, revision=estimate.revision)
    tx.publish(EstimateExtended(**facts.head(tx, estimate), previous_valid_until=before, reason=reason), of=estimate)
    return estimate


def withdraw(tx: Tx, estimate: Estimate, *, reason: str = "", opportunity_lost: bool = False) -> Estimate:
    """We take the offer back; its link says nothing of it any more."""
    links.demand_not_accepted(tx, estimate)
    estimate.withdraw(reason=reason, at=tx.now)
    links.revoke_all(tx, estimate)
    tx.forget(EXPIRY, estimate.id)
    told: dict[str, Any] = {"withdrawn_at": tx.now, "reason": reason, "opportunity_lost": opportunity_lost}
    tx.publish(EstimateWithdrawn(**facts.head(tx, estimate), **told), of=estimate)
    return estimate


def end_with(tx: Tx, opportunity_id: UUID, *, reason: str) -> None:
    """The opportunity is lost: nothing new is offered in it, and what is out is withdrawn.

    Also what whoever lost it did not know of, because it was sent at the same moment: nobody may be sold what we gave
    up. Undoing the loss instead would surprise more, and reopening is one act. An acceptance that came first stands.
    """
    estimates = together.of_opportunity(tx, opportunity_id)  # all, and first: one may just be on its way out
    if not estimates:
        return  # lost before anybody asked for a price
    estimates[0].opportunity.lost = True
    for estimate in [one for one in estimates if one.live]:
        withdraw(tx, estimate, reason=reason, opportunity_lost=True)
        tx.session.flush()  # the next one's fact says whether others are live


def reopen(tx: Tx, opportunity_id: UUID) -> None:
    opportunity = together.opportunity(tx, opportunity_id)
    if opportunity is not None:
        opportunity.lost = False
