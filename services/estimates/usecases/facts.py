"""How an estimate is told to others: the parts that its facts share."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import msgspec
import sqlalchemy as sa

from libs.common import money
from libs.common.contracts.parts import Address, BillTo, Contact, LineSold, Material, Prospect, Totals
from libs.common.tx import Tx
from services.estimates.model import Acceptance, Estimate, Line, Opportunity
from services.estimates.states import LIVE

OTHERS = sa.select(Estimate.id).where(
    Estimate.opportunity_id == sa.bindparam("opportunity"),
    Estimate.id != sa.bindparam("this"),
    Estimate.state.in_(LIVE),
)


def head(tx: Tx, estimate: Estimate, *, every: Collection[Estimate] | None = None) -> dict[str, Any]:
    """What every fact of an estimate says. Takes the opportunity's row, so that what is said of its others is true.

    Who has ``every`` estimate of the opportunity at hand gives them. Who changes several in one act without that writes
    each out before the next is told of.
    """
    opportunity = estimate.opportunity
    if not tx.holds(opportunity):
        tx.get(Opportunity, opportunity.id)
    if every is None:
        which = {"opportunity": opportunity.id, "this": estimate.id}
        others_live = tx.execute(OTHERS, which).first() is not None
    else:
        others_live = any(one.live for one in every if one is not estimate)
    return {
        "subject": estimate.id,
        "opportunity_id": opportunity.id,
        "lead_id": estimate.lead_id,
        "number": estimate.number,
        "title": opportunity.title,
        "revision": estimate.revision,
        "state": str(estimate.state),
        "total": money.rounded(estimate.total, estimate.currency),
        "total_max": money.rounded(estimate.total_max, estimate.currency),
        "currency": estimate.currency,
        "others_live": others_live,
        "selected": opportunity.selected_estimate_id == estimate.id,
        "salesperson_id": estimate.salesperson_id,
        "job_id": estimate.job_id,
        "branch": estimate.branch,
        "valid_until": estimate.valid_until,
        "expires_at": estimate.expires_at,
    }


def sold(estimate: Estimate, acceptance: Acceptance, lines: Iterable[Line]) -> dict[str, Any]:
    """What was agreed to, for whom and where: all that the sale needs."""
    opportunity, lines = estimate.opportunity, list(lines)
    totals = msgspec.convert(acceptance.totals, Totals, strict=False)
    return {
        "acceptance_id": acceptance.id,
        "option_id": acceptance.option_id,
        "option_name": acceptance.option_name,
        "lines": tuple(_line(line, estimate.currency) for line in lines),
        "materials": tuple(one for line in lines for one in _materials(line)),
        "totals": totals,
        "deposit_due": totals.deposit,
        "typed_name": acceptance.typed_name,
        "method": acceptance.method,
        "accepted_at": acceptance.accepted_at,
        "cancel_until": acceptance.cancel_until,
        "contact": msgspec.convert(opportunity.contact, Contact),
        "bill_to": msgspec.convert(opportunity.bill_to, BillTo),
        "prospect": msgspec.convert(opportunity.prospect, Prospect),
        "site": msgspec.convert(opportunity.site, Address) if opportunity.site else None,
        "opportunity_number": opportunity.number,
        "product_interest": opportunity.product_interest,
        "job_type": opportunity.prospect.get("trade", ""),
        "notes": estimate.current.notes,
        "snapshot_hash": acceptance.snapshot_hash,
    }


def _line(line: Line, currency: str) -> LineSold:
    return LineSold(
        description=line.description,
        qty=line.qty,
        unit_price=line.unit_price,
        amount=money.rounded(line.amount, currency),
        task_code=line.task_code or "",
        discount_percent=line.discount_percent,
        discount_amount=line.discount_amount,
        taxable=line.taxable,
        tax_code=line.tax_code or "",
        hours=line.hours,
        add_on=line.add_on,
    )


def _materials(line: Line) -> Iterable[Material]:
    """The assembly of a line, times how often it was sold."""
    for part in line.materials:
        one = msgspec.convert({**part, "task_code": line.task_code or ""}, Material, strict=False)
        yield replace(one, qty=one.qty * line.qty)
