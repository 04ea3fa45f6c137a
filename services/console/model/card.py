"""The card of a funnel: what became of one enquiry, from the lead to its booking, in one row.

Each record writes its own columns, in whichever order their facts arrive, and the database works the rest out of them:
so the row does not depend on that order. ``id`` is the lead's, which is the correlation id of everything that follows.
Amounts are whole numbers of the currency's smallest unit.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.auth import Role
from libs.common.columns import UtcDateTime
from services.console.model.base import Base

SOLD = "(booking_id IS NOT NULL AND booking_state <> 'cancelled')"
PRICED = "(estimate_total > 0)"
WORKED = "(opportunity_id IS NULL AND lead_state IN ('new', 'contacted', 'nurturing'))"
OFFERED = f"(estimate_state IN ('sent', 'viewed', 'changes_requested') AND stage_type = 'open' AND NOT {SOLD})"
LANE = f"""(CASE WHEN {SOLD} THEN 'booking.' || booking_state
    WHEN opportunity_id IS NOT NULL THEN 'opportunity.' || stage ELSE 'lead.' || coalesce(lead_state, 'new') END)"""
OUTCOME = f"""(CASE WHEN {SOLD} AND booking_state = 'completed' THEN 'done' WHEN {SOLD} OR stage_type = 'won' THEN 'won'
    WHEN stage_type = 'lost' THEN 'lost'
    WHEN opportunity_id IS NULL AND lead_state IN ('invalid', 'merged') THEN lead_state ELSE 'open' END)"""
STEPS = f"""CASE WHEN opportunity_id IS NOT NULL THEN 1 ELSE 0 END + CASE WHEN priced_from IS NOT NULL THEN 2 ELSE 0 END
    + CASE WHEN won_at IS NOT NULL THEN 4 ELSE 0 END + CASE WHEN {SOLD} THEN 8 ELSE 0 END
    + CASE WHEN {SOLD} AND assigned_at IS NOT NULL THEN 16 ELSE 0 END"""


def _works_out(kind: Any, rule: str) -> Any:
    """A column that the database keeps by rule."""
    return mapped_column(kind, sa.Computed(" ".join(rule.split()), persisted=True))


class Card(Base):
    __tablename__ = "cards"
    __allow_unmapped__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)

    # the lead's
    lead_number: Mapped[str | None]
    lead_title: Mapped[str | None]
    lead_state: Mapped[str | None]
    lead_owner_id: Mapped[UUID | None]
    lead_branch: Mapped[UUID | None]
    generated_by: Mapped[UUID | None] = mapped_column(index=True)
    company: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    channel: Mapped[str | None]
    lead_source: Mapped[str | None]
    lead_campaign: Mapped[str | None]
    trade: Mapped[str | None]
    interest: Mapped[str | None]
    request: Mapped[str | None]
    lead_type: Mapped[str | None]
    score: Mapped[int | None]
    street: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    received_at: Mapped[datetime | None]
    response_due_at: Mapped[datetime | None]
    responded_at: Mapped[datetime | None]
    next_action_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]  #: found valid or not to be one
    invalid_reason: Mapped[str | None]
    duplicate_of: Mapped[UUID | None]
    converted_at: Mapped[datetime | None]

    # the opportunity's
    opportunity_id: Mapped[UUID | None] = mapped_column(index=True)
    opportunity_number: Mapped[str | None]
    opportunity_title: Mapped[str | None]
    opportunity_branch: Mapped[UUID | None]
    opportunity_source: Mapped[str | None]
    opportunity_campaign: Mapped[str | None]
    stage: Mapped[str | None]
    stage_type: Mapped[str | None]
    stage_entered_at: Mapped[datetime | None]
    probability: Mapped[int | None]
    salesperson_id: Mapped[UUID | None] = mapped_column(index=True)
    inside_rep_id: Mapped[UUID | None] = mapped_column(index=True)
    next_follow_up_at: Mapped[datetime | None]
    product_interest: Mapped[str | None]
    qualified: Mapped[bool | None]
    expected_value: Mapped[int | None] = mapped_column(sa.BigInteger)
    expected_currency: Mapped[str | None]
    expected_close: Mapped[date | None]
    opened_at: Mapped[datetime | None]
    priced_from: Mapped[datetime | None]  #: converted: ready for a price
    won_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    lost_reason: Mapped[str | None]
    lost_in: Mapped[str | None]

    # the selected estimate's
    estimate_id: Mapped[UUID | None]
    estimate_selected_at: Mapped[datetime | None]
    estimate_number: Mapped[str | None]
    revision: Mapped[int | None]
    estimate_state: Mapped[str | None]
    estimate_total: Mapped[int | None] = mapped_column(sa.BigInteger)
    estimate_total_max: Mapped[int | None] = mapped_column(sa.BigInteger)
    estimate_currency: Mapped[str | None]
    valid_until: Mapped[date | None]
    expires_at: Mapped[datetime | None]

    # the latest booking order's
    booking_id: Mapped[UUID | None]
    booking_made_at: Mapped[datetime | None]
    booking_number: Mapped[str | None]
    booking_state: Mapped[str | None]
    job_id: Mapped[UUID | None]
    job_title: Mapped[str | None]
    customer_id: Mapped[UUID | None]
    customer_name: Mapped[str | None]
    #: of all its acceptances, whichever order has them
    contract_total: Mapped[int | None] = mapped_column(sa.BigInteger)
    contract_currency: Mapped[str | None]
    team_id: Mapped[UUID | None] = mapped_column(index=True)
    assignee_id: Mapped[UUID | None] = mapped_column(index=True)
    acknowledge_by: Mapped[datetime | None]
    work_due_at: Mapped[datetime | None]
    assigned_at: Mapped[datetime | None]  #: to operations
    accepted_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    returns: Mapped[int | None]  #: how often operations gave the work of this funnel back

    # worked out
    phase: Mapped[str] = _works_out(
        sa.Text,
        f"""CASE WHEN {SOLD} THEN 'booking' WHEN estimate_id IS NOT NULL THEN 'estimate'
            WHEN opportunity_id IS NOT NULL THEN 'opportunity' ELSE 'lead' END""",
    )
    lane: Mapped[str] = _works_out(sa.Text, LANE)
    outcome: Mapped[str] = _works_out(sa.Text, OUTCOME)  #: open, won, done, lost, invalid, merged
    open_lane: Mapped[str | None] = _works_out(sa.Text, f"CASE WHEN {OUTCOME} IN ('open', 'won') THEN {LANE} END")
    closed_lane: Mapped[str | None] = _works_out(sa.Text, f"CASE WHEN {OUTCOME} IN ('lost', 'done') THEN {LANE} END")
    steps: Mapped[int] = _works_out(sa.Integer, STEPS)  #: what it has come to: the sum of Step's numbers
    settled_at: Mapped[datetime | None] = _works_out(  #: when the opportunity was won or lost
        UtcDateTime, "CASE WHEN stage_type IN ('won', 'lost') THEN coalesce(won_at, lost_at) END"
    )
    closed_at: Mapped[datetime | None] = _works_out(
        UtcDateTime,
        f"""CASE WHEN {SOLD} AND booking_state = 'completed' THEN completed_at
            WHEN {SOLD} OR stage_type = 'won' THEN coalesce(won_at, booking_made_at)
            WHEN stage_type = 'lost' THEN lost_at
            WHEN opportunity_id IS NULL AND lead_state = 'invalid' THEN decided_at END""",
    )
    branch: Mapped[UUID | None] = _works_out(sa.Uuid, "coalesce(opportunity_branch, lead_branch)")
    owner_id: Mapped[UUID | None] = _works_out(sa.Uuid, "coalesce(salesperson_id, lead_owner_id)")
    who: Mapped[str | None] = _works_out(sa.Text, "coalesce(customer_name, lead_title, opportunity_title)")
    what: Mapped[str | None] = _works_out(
        sa.Text, "coalesce(nullif(product_interest, ''), nullif(request, ''), nullif(interest, ''))"
    )
    source: Mapped[str | None] = _works_out(
        sa.Text, "coalesce(nullif(opportunity_source, ''), nullif(lead_source, ''))"
    )
    campaign: Mapped[str | None] = _works_out(
        sa.Text, "coalesce(nullif(opportunity_campaign, ''), nullif(lead_campaign, ''))"
    )
    value: Mapped[int | None] = _works_out(
        sa.BigInteger,
        f"CASE WHEN {SOLD} THEN contract_total WHEN {PRICED} THEN estimate_total ELSE expected_value END",
    )
    value_max: Mapped[int | None] = _works_out(
        sa.BigInteger,
        f"CASE WHEN {SOLD} THEN contract_total WHEN {PRICED} THEN estimate_total_max ELSE expected_value END",
    )
    currency: Mapped[str | None] = _works_out(
        sa.Text,
        f"CASE WHEN {SOLD} THEN contract_currency WHEN {PRICED} THEN estimate_currency ELSE expected_currency END",
    )
    answer_due_at: Mapped[datetime | None] = _works_out(
        UtcDateTime,
        """CASE WHEN responded_at IS NULL AND lead_state NOT IN ('invalid', 'merged', 'converted')
           THEN response_due_at END""",
    )
    follow_up_at: Mapped[datetime | None] = _works_out(
        UtcDateTime,
        f"""CASE WHEN {SOLD} THEN NULL WHEN stage_type = 'open' THEN next_follow_up_at
            WHEN {WORKED} THEN next_action_at END""",
    )
    offer_ends_at: Mapped[datetime | None] = _works_out(UtcDateTime, f"CASE WHEN {OFFERED} THEN expires_at END")
    take_over_by: Mapped[datetime | None] = _works_out(
        UtcDateTime, f"CASE WHEN {SOLD} AND booking_state = 'assigned' THEN acknowledge_by END"
    )

    @classmethod
    def owner_columns(cls) -> Sequence[Any]:
        """The columns that say whose it is: those of the lead and of the opportunity."""
        return (cls.salesperson_id, cls.inside_rep_id, cls.lead_owner_id, cls.generated_by)

    @classmethod
    def parts_seen(cls) -> Mapping[Role, sa.ColumnElement[bool]]:
        """Operations see what was sold, and nothing of what is still being worked on."""
        return {Role.OPERATIONS: cls.phase == "booking"}


def _index(name: str, *names: str, there: str | None = None) -> None:
    """What is summed up or looked for is in the index itself: rows of cards are wide."""
    table: Any = Card.__table__
    only = None if there is None else table.c[there].is_not(None)
    sa.Index(f"ix_cards_{name}", *(table.c[one] for one in names), postgresql_where=only, sqlite_where=only)


SEEN_BY = ("branch", "owner_id", "salesperson_id", "inside_rep_id", "lead_owner_id", "generated_by")
LATE_BY = ("answer_due_at", "follow_up_at", "take_over_by")
_index(
    "open",
    "open_lane",
    "received_at",
    "id",
    "currency",
    "value",
    "probability",
    "trade",
    "source",
    "team_id",
    *SEEN_BY,
    *LATE_BY,
    there="open_lane",
)
_index(
    "closed",
    "closed_at",
    "closed_lane",
    "received_at",
    "id",
    "currency",
    "value",
    "probability",
    "trade",
    "source",
    "team_id",
    *SEEN_BY,
    there="closed_lane",
)
_index("lane", "lane", "received_at")
_index("value", "value", "id", *SEEN_BY)
_index("received", "received_at", "id", *SEEN_BY)
_index("lead_owner", "lead_owner_id")
_index("duplicate_of", "duplicate_of", there="duplicate_of")
_index("source", "source", "received_at", "outcome", "steps", "currency", "value", *SEEN_BY)
_index("owner", "owner_id", "received_at", "outcome", "responded_at", "response_due_at", *SEEN_BY[:1], *SEEN_BY[2:])
_index(
    "settled",
    "owner_id",
    "settled_at",
    "stage_type",
    "currency",
    "value",
    *SEEN_BY[:1],
    *SEEN_BY[2:],
    there="settled_at",
)
for _due in (*LATE_BY, "offer_ends_at"):
    _index(_due, _due, "id", *SEEN_BY, there=_due)
