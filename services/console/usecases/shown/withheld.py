"""What of a card is not for whoever has to do with leads alone: how far one has come is, what it is sold for is not."""

from collections.abc import Sequence
from typing import Any

from libs.common.auth import Caller

SOLD = ("opportunity.read", "booking.read")  #: with one of them somebody has to do with what becomes of a lead
#: a column of a card each, or one of the lists that go with a whole card
OF_THE_SALE = (
    "value", "value_max", "expected_value", "estimate_id", "estimate_number", "estimate_state", "estimate_total",
    "estimate_total_max", "revision", "valid_until", "expires_at", "offer_ends_at", "booking_id", "booking_number",
    "booking_state", "contract_total", "acknowledge_by", "work_due_at", "take_over_by", "job_id", "job_title",
    "customer_id", "customer_name",
)  # fmt: skip
LISTS = ("estimates", "bookings")
OF_A_LEAD = "lead."  #: what the kinds of a lead's own facts begin with


def leads_alone(who: Caller) -> bool:
    """Whether the sale is none of this person's business."""
    return not who.may(SOLD)


def withhold(who: Caller, rows: Sequence[dict[str, Any]]) -> None:
    """Empties what the caller is not to see of these cards."""
    if leads_alone(who):
        for row in rows:
            row.update(
                {name: None for name in OF_THE_SALE if name in row}, **{name: [] for name in LISTS if name in row}
            )
