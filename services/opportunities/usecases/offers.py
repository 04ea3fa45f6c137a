"""What happens to its estimates moves an opportunity: which is selected, how far the talks are, whether all failed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.contracts.estimates import EstimateDeclined, EstimateFact, EstimateSent
from libs.common.errors import NotFound, NotYet
from libs.common.tx import Tx
from services.opportunities.model import Offer, Opportunity
from services.opportunities.settings import ESTIMATE_SENT, NEGOTIATION
from services.opportunities.states import LIVE_OFFERS, UNSENT_OFFERS
from services.opportunities.usecases import decide, facts, stages

OFFERS: Any = Offer.__table__
SENT_SINCE = sa.select(OFFERS.c.estimate_id).where(
    OFFERS.c.opportunity_id == sa.bindparam("opportunity"),
    OFFERS.c.live,
    OFFERS.c.sent_at > sa.bindparam("at", type_=OFFERS.c.sent_at.type),
)


def known(tx: Tx, opportunity_id: UUID) -> Opportunity:
    """The opportunity that another service's fact is about. Raises NotYet."""
    try:
        return tx.get(Opportunity, opportunity_id)
    except NotFound as missing:
        raise NotYet(str(missing)) from missing


def note(tx: Tx, fact: EstimateFact) -> Opportunity:
    """Keeps how the estimate stands, so that it is known what the customer could still accept."""
    opportunity = known(tx, fact.opportunity_id)
    stands: dict[str, Any] = {"number": fact.number, "state": fact.state, "live": fact.state in LIVE_OFFERS}
    if isinstance(fact, EstimateSent):
        stands["sent_at"] = fact.sent_at
    about = {"estimate_id": fact.subject, "opportunity_id": opportunity.id}
    tx.keep(OFFERS, {**about, **stands}, "estimate_id")
    return opportunity


def select(tx: Tx, fact: EstimateFact, *, at: datetime | None = None) -> None:
    """The opportunity stands on this estimate. Two estimates' facts may come in any order: the later choice counts.

    One that does not say when was made as its fact was.
    """
    opportunity = note(tx, fact)
    assert tx.origin.message is not None, "another service's fact is being applied"
    at, last = at or tx.origin.message.time, opportunity.selected_at
    if last is not None and at < last:
        return
    opportunity.selected_at = at
    if opportunity.selected_estimate_id != fact.subject:
        opportunity.selected_estimate_id = fact.subject
        worth = _worth(opportunity, fact) if fact.state in LIVE_OFFERS else ()
        facts.tell_change(tx, opportunity, "selected_estimate_id", *worth)


def sent(tx: Tx, fact: EstimateFact) -> None:
    """The customer has a price."""
    opportunity = note(tx, fact)
    worth, stage = _worth(opportunity, fact) if fact.selected else (), opportunity.stage
    if opportunity.is_open:
        stages.advance(tx, opportunity, ESTIMATE_SENT, gated=False)
    if worth and opportunity.stage == stage:  # else that was told with the stage
        facts.tell_change(tx, opportunity, *worth)


def was_offered(fact: EstimateFact) -> bool:
    """Whether the customer had this price, or an earlier version of it: a next one is begun only of what was sent."""
    return fact.revision > 1 or fact.state not in UNSENT_OFFERS


def negotiate(tx: Tx, fact: EstimateFact) -> None:
    """Somebody wants something else than what was offered."""
    stages.advance(tx, note(tx, fact), NEGOTIATION, gated=False)


def declined(tx: Tx, fact: EstimateDeclined) -> None:
    """The customer said no. With no other offer live that is the end of it, unless one was sent since.

    Two estimates' facts may come in any order, and what is lost takes back what is offered.
    """
    opportunity = note(tx, fact)
    since = {"opportunity": opportunity.id, "at": fact.declined_at}
    if not fact.others_live and tx.execute(SENT_SINCE, since).first() is None:
        decide.lose_by_decline(tx, opportunity, estimate_id=fact.subject, reason=fact.reason, note=fact.note)


def _worth(opportunity: Opportunity, offered: EstimateFact) -> Sequence[str]:
    """What it may come to is what the customer was offered. Returns what that changes."""
    before, now = (opportunity.expected_value, opportunity.currency), (offered.total, offered.currency)
    if not opportunity.is_open or before == now:
        return ()
    opportunity.expected_value, opportunity.currency = now
    return ("expected_value",)
