"""Negotiation: rounds of talk, and the next version, which is the only way to change what was sent."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from libs.common.amounts import LARGEST, exponent, number_faults
from libs.common.contracts.estimates import EstimateRevised, EstimateRoundRecorded
from libs.common.errors import Invalid
from libs.common.tx import Tx
from services.estimates.model import Estimate, Round
from services.estimates.usecases import draft, facts, links
from services.estimates.usecases.timers import EXPIRY


def revise(tx: Tx, estimate: Estimate, *, reason: str) -> Estimate:
    """A next draft, copied. The offer that is out, if any, holds no longer, nor does its link."""
    links.demand_not_accepted(tx, estimate)
    was, last = estimate.state, estimate.revise()
    links.revoke_all(tx, estimate)
    tx.forget(EXPIRY, estimate.id)
    draft.next_version(tx, estimate, last, reason)
    talked = sa.select(Round).where(Round.estimate_id == estimate.id, Round.from_revision == last.revision)
    for step in tx.all(talked.where(Round.to_revision.is_(None))):
        step.to_revision = estimate.revision  # what was said of the last one led to this one
    before: dict[str, Any] = {"previous_revision": last.revision, "previous_state": was}
    tx.publish(EstimateRevised(**facts.head(tx, estimate), **before, reason=reason, revised_at=tx.now), of=estimate)
    return estimate


def record_round(
    tx: Tx,
    estimate: Estimate,
    *,
    side: str,
    kind: str,
    note: str = "",
    amount: Decimal | None = None,
    from_revision: int | None = None,
    to_revision: int | None = None,
) -> Round:
    """Who asked for or gave what. It changes no price: that takes a new version."""
    size = abs(amount) if amount is not None else None
    if wrong := list(number_faults("/amount", size, LARGEST, exponent(estimate.currency))):
        raise Invalid(f"this is no amount in {estimate.currency}", errors=wrong)
    said = {"side": str(side), "kind": str(kind), "amount": amount, "note": note}
    step = next_round(tx, estimate, from_revision=from_revision or estimate.revision, to_revision=to_revision, **said)
    told: dict[str, Any] = {
        name: getattr(step, name) for name in ("side", "kind", "amount", "note", "from_revision", "to_revision", "at")
    }
    tx.publish(EstimateRoundRecorded(**facts.head(tx, estimate), round=step.number, **told), of=estimate)
    return step


def next_round(tx: Tx, estimate: Estimate, **said: Any) -> Round:
    """Writes it down under the next number; whoever calls tells of it."""
    last = sa.select(sa.func.max(Round.number)).where(Round.estimate_id == estimate.id)
    number = (tx.session.execute(last).scalar() or 0) + 1
    step = Round(id=tx.store.ids(), estimate_id=estimate.id, number=number, at=tx.now, by=tx.actor, **said)
    tx.session.add(step)
    return step
