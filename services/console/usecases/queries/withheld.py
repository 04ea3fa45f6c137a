"""What of a card is not for everybody who sees it: of each record no more than its own service would show them.

A card is somebody's for its lead, for its opportunity, or for the work that it became; that it is theirs for one does
not open the others. How far it has come, and what that is worth to whom an opportunity may be shown, is the card's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from libs.common.auth import ALL, OWN, Caller, Role
from services.console.model import Estimate, Told
from services.console.states import Phase
from services.console.usecases.queries.asking import C

ACCEPTED = "accepted"
TOLD: Any = Told.__table__.c
E: Any = Estimate.__table__.c
CardShown = Mapping[str, Any]

VALUE = ("value", "value_max")
#: a column of a card each, or one of the lists that go with a whole card, by the record whose it is
OF: Mapping[str, tuple[str, ...]] = {
    "lead": (
        "lead_number", "lead_state", "lead_type", "score", "request", "channel", "source", "campaign", "lead_source",
        "lead_campaign", "invalid_reason", "duplicate_of", "decided_at", "response_due_at", "responded_at",
        "next_action_at", "generated_by", "lead_owner_id", "answer_due_at", "converted_at",
    ),
    "opportunity": (
        "opportunity_id", "opportunity_number", "opportunity_title", "opportunity_source", "opportunity_campaign",
        "probability", "next_follow_up_at", "qualified", "expected_value", "expected_currency", "expected_close",
        "priced_from", "lost_reason", "lost_in", "salesperson_id", "inside_rep_id", "next_appointment_at",
        "appointments",
    ),
    "estimate": (
        "estimate_id", "estimate_number", "estimate_state", "estimate_total", "estimate_total_max",
        "estimate_currency", "estimate_selected_at", "revision", "valid_until", "expires_at", "offer_ends_at",
        "estimates",
    ),
    "booking": (
        "booking_id", "booking_number", "booking_state", "booking_made_at", "contract_total", "contract_currency",
        "team_id", "assignee_id", "acknowledge_by", "work_due_at", "take_over_by", "assigned_at", "accepted_at",
        "completed_at", "returns", "bookings",
    ),
    "job": ("job_id", "job_title"),
    "customer": ("customer_id", "customer_name"),
}  # fmt: skip
WORK = ("booking", "job", "customer")  #: what a sale becomes
LISTS = ("appointments", "estimates", "bookings")
#: what the facts of a record begin with, where that is not its own name alone
TOLD_OF: Mapping[str, tuple[str, ...]] = {
    "opportunity": ("opportunity.", "appointment."),
    "booking": ("booking.", "sale."),
}


@dataclass(frozen=True)
class Seen:
    """What of a card somebody sees, by the kind of record; ``sold``: of the estimates those that were accepted."""

    kinds: frozenset[str]
    sold: bool = False


def leads_alone(who: Caller) -> bool:
    """Whether the sale is none of this person's business."""
    return not who.may(("opportunity.read", "booking.read"))


def seen(who: Caller, row: CardShown) -> Seen:
    """By the people and the branch of the card, as the doors of the records' own services have it."""
    sells, beside, branch = row["salesperson_id"], row["inside_rep_id"], row["branch"]
    office = replace(who, roles=who.roles - {Role.OPERATIONS})  # who does the work sees a part of the estimates only
    doors = {
        "lead": who.reaches("lead.read", branch, (row["lead_owner_id"], row["generated_by"])),
        "opportunity": who.reaches("opportunity.read", branch, (sells, beside)),
        "estimate": office.reaches("estimate.read", branch, (sells,)),
        **{kind: who.reaches(f"{kind}.read", branch, ()) for kind in WORK},
    }
    doors["lead"] |= doors["opportunity"]  # which holds the whole prospect
    if sells in who.whose(OWN):  # whoever sold it sees what becomes of it, also for another branch
        doors |= {kind: True for kind in WORK if who.may(f"{kind}.read")}
    sold = not doors["estimate"] and who.reaches("estimate.read", branch, ())
    return Seen(frozenset(kind for kind, opens in doors.items() if opens), sold)


def told_to(shown: Seen) -> list[sa.ColumnElement[bool]]:
    """Which facts of a card are heard."""
    kinds = [begin for kind in OF if kind in shown.kinds for begin in TOLD_OF.get(kind, (f"{kind}.",))]
    ways = [TOLD.kind.startswith(begin) for begin in kinds]
    if shown.sold:
        accepted = sa.exists().where(E.id == TOLD.subject, E.state == ACCEPTED)
        ways.append(sa.and_(TOLD.kind.startswith("estimate."), accepted))
    return [sa.or_(sa.false(), *ways)]


def worth(who: Caller) -> Any:
    """What a card counts with where values are added up: nothing where its opportunity is none of theirs."""
    mine = theirs(who)
    return C.value if mine is None else sa.case((mine, C.value))


def theirs(who: Caller) -> sa.ColumnElement[bool] | None:
    """Whose opportunity the card is, for who sees their own or their team's; None for everybody else."""
    scope = who.scope("opportunity.read")
    if scope in (None, ALL):
        return None
    whose = who.whose(scope)
    return sa.or_(C.salesperson_id.in_(whose), C.inside_rep_id.in_(whose))


def withhold(who: Caller, rows: Sequence[dict[str, Any]]) -> None:
    """Empties what the caller is not to see of these cards."""
    for row in rows:
        shown = seen(who, row)
        hidden = {name for kind, names in OF.items() if kind not in shown.kinds for name in names}
        hidden -= _sold(shown, row)
        if not ("opportunity" in shown.kinds or ("booking" in shown.kinds and row["phase"] == Phase.BOOKING)):
            hidden |= set(VALUE)
        row.update({name: [] if name in LISTS else None for name in hidden if name in row})
        if row.get("last_kind") and not _heard(shown, row["last_kind"]):
            row["last_kind"] = row["last_at"] = None


def _sold(shown: Seen, row: dict[str, Any]) -> set[str]:
    """What of the estimates is shown all the same: the accepted ones."""
    if not shown.sold:
        return set()
    if "estimates" in row:
        row["estimates"] = [one for one in row["estimates"] if one["state"] == ACCEPTED]
    return set(OF["estimate"]) if row.get("estimate_state") == ACCEPTED else {"estimates"}


def _heard(shown: Seen, kind: str) -> bool:
    begin = kind.partition(".")[0] + "."
    of = next((name for name in OF if begin in TOLD_OF.get(name, (f"{name}.",))), "")
    return of in shown.kinds or (of == "estimate" and shown.sold)
