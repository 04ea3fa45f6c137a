"""What of a card is not for everybody who sees it.

Who has leads alone is told how far one has come, and not what it was sold for; who does the work, of the estimates that
were accepted, and of no other.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from libs.common.auth import Caller
from services.console.model import Estimate, Told

SOLD = ("opportunity.read", "booking.read")  #: with one of them somebody has to do with what becomes of a lead
#: a column of a card each, or one of the lists that go with a whole card
OF_THE_SALE = (
    "value", "value_max", "expected_value", "estimate_id", "estimate_number", "estimate_state", "estimate_total",
    "estimate_total_max", "revision", "valid_until", "expires_at", "offer_ends_at", "booking_id", "booking_number",
    "booking_state", "contract_total", "acknowledge_by", "work_due_at", "take_over_by", "job_id", "job_title",
    "customer_id", "customer_name",
)  # fmt: skip
LISTS = ("estimates", "bookings")
OF_A_LEAD, OF_AN_ESTIMATE = "lead.", "estimate."  #: what the kinds of their own facts begin with
ACCEPTED = "accepted"
TOLD: Any = Told.__table__.c
E: Any = Estimate.__table__.c


def leads_alone(who: Caller) -> bool:
    """Whether the sale is none of this person's business."""
    return not who.may(SOLD)


def accepted_alone(who: Caller) -> bool:
    """Whether an estimate is this person's business once it was accepted, and not before."""
    return who.may("estimate.read") and not who.may("opportunity.read")


def told_to(who: Caller) -> list[sa.ColumnElement[bool]]:
    """Which facts of a card the caller hears of."""
    if leads_alone(who):
        return [TOLD.kind.startswith(OF_A_LEAD)]
    if accepted_alone(who):
        accepted = sa.exists().where(E.id == TOLD.subject, E.state == ACCEPTED)
        return [sa.or_(sa.not_(TOLD.kind.startswith(OF_AN_ESTIMATE)), accepted)]
    return []


def withhold(who: Caller, rows: Sequence[dict[str, Any]]) -> None:
    """Empties what the caller is not to see of these cards."""
    for row in rows:
        if leads_alone(who):
            row.update({name: None for name in OF_THE_SALE if name in row})
            row.update({name: [] for name in LISTS if name in row})
        elif "estimates" in row and accepted_alone(who):
            row["estimates"] = [one for one in row["estimates"] if one["state"] == ACCEPTED]
