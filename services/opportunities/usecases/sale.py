"""The opportunity's part of a sale: won at once, its appointments moved to the job, and all of it taken back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common.amounts import rounded
from libs.common.contracts.appointments import AppointmentMoved
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.opportunities import OpportunityReopened, OpportunityWon
from libs.common.contracts.sales import JobCreated, SaleRetried, SaleUndone
from libs.common.errors import NotYet
from libs.common.tx import Tx
from services.opportunities.model import Appointment, Opportunity, Sale
from services.opportunities.model.questions import PROFILE
from services.opportunities.states import StageType
from services.opportunities.usecases import facts, filing, flows, offers, sheets
from services.opportunities.usecases.appointments import OF_OPPORTUNITY

APPOINTMENTS, ANSWERS, FILES = "appointments", "answers", "files"  #: what the branch of the sale may have named

# Made once, as every sale asks for them.
SALES = sa.select(Sale).where(
    Sale.opportunity_id == sa.bindparam("opportunity"), Sale.undone_at.is_(None), Sale.accepted_at.is_not(None)
)
STANDING = SALES.order_by(Sale.accepted_at).limit(1)
WITHOUT_JOB = SALES.where(Sale.job_id.is_(None))

PROFILES = (PROFILE,)  #: of site and customer, for whoever does the work; what qualified them is the sale's own


def won(tx: Tx, accepted: EstimateAccepted) -> None:
    """The customer agreed to a price: won, even if it was thought lost meanwhile. A further one is told as well."""
    opportunity = offers.note(tx, accepted)
    sale = _sale(tx, accepted.acceptance_id, opportunity, accepted.subject)
    if sale.accepted_at is not None:
        return
    sale.total, sale.currency, sale.accepted_at = accepted.total, accepted.currency, accepted.accepted_at
    sale.job_id = sale.job_id or accepted.job_id or opportunity.job_id
    sale.customer_id = sale.customer_id or opportunity.customer_id
    if opportunity.stage_type != StageType.WON:
        _win(tx, opportunity, sale, at=accepted.accepted_at)
    _tell_won(tx, opportunity, sale)


def job_created(tx: Tx, job: JobCreated) -> None:
    """The sold work has its job: the opportunity and, if ``moves`` names them, its appointments belong to it now."""
    opportunity = offers.known(tx, job.opportunity_id)
    sale = _sale(tx, job.acceptance_id, opportunity, job.estimate_id)
    others = _others_without_job(tx, opportunity)
    for one in (sale, *others):
        one.job_id, one.customer_id = job.subject, job.customer_id
    if sale.undone_at is not None and others:  # meanwhile; the job goes on with what else was sold
        sale = others[0]
    _move(tx, opportunity, sale, job.moves)


def retried(tx: Tx, asked: SaleRetried) -> None:
    """Steps of the sale did not arrive: what there is to do is done, and all of it is said again."""
    opportunity = offers.known(tx, asked.opportunity_id)
    sale = tx.session.get(Sale, asked.subject)
    if sale is None or sale.accepted_at is None or (asked.job_id is not None and sale.job_id is None):
        raise NotYet(f"nobody told of the acceptance {asked.subject} or its job yet")
    if sale.undone_at is None:
        _tell_won(tx, opportunity, sale)
        if sale.job_id is not None:
            _move(tx, opportunity, sale, asked.moves)


def undone(tx: Tx, undo: SaleUndone) -> None:
    """The sale was taken back: open again where it was, its appointments without a job, unless another sale stands."""
    opportunity = offers.known(tx, undo.opportunity_id)
    sale = tx.session.get(Sale, undo.subject)
    if sale is None or sale.accepted_at is None or (undo.job_id is not None and sale.job_id is None):
        raise NotYet(f"nobody told of the acceptance {undo.subject} or its job yet")
    if sale.undone_at is not None:
        return
    sale.undone_at = undo.undone_at
    tx.session.flush()
    other = _standing(tx, opportunity)
    over = (None, undo.job_id)  # there was no job yet, or it ended
    crossed = other is not None and sale.job_id in over and other.job_id in over
    if other is not None and crossed:
        other.job_id = other.customer_id = None  # it was accepted meanwhile, and gets a job of its own
    if sale.job_id is not None and (other is None or other.job_id != sale.job_id):
        there = _appointments(tx, opportunity, sale.job_id)
        _move_appointments(tx, there, other.job_id if other else None, sale.acceptance_id)
    if other is not None and not crossed:
        opportunity.job_id, opportunity.customer_id = other.job_id, other.customer_id
        before = opportunity.expected_value
        _worth(opportunity, other)
        changed = ("job_id",) if opportunity.expected_value == before else ("job_id", "expected_value")
        about = {}
        if opportunity.files_job_id not in (None, other.job_id):
            opportunity.files_job_id = other.job_id
            about["files"] = filing.told(tx, opportunity)
        facts.tell_change(tx, opportunity, *changed, acceptance_id=sale.acceptance_id, **about)
        return
    flow, was = flows.of(tx, opportunity.branch), opportunity.stage
    opportunity.undo(flow.stage(opportunity.last_open_stage) or flow.first, at=tx.now)
    tx.publish(
        OpportunityReopened(
            **facts.head(opportunity),
            previous_stage=was,
            probability=opportunity.probability,
            note=undo.reason,
            acceptance_id=sale.acceptance_id,
        ),
        of=opportunity,
    )
    if other is not None and other.accepted_at is not None:  # told as if it had come after, so its lead converts anew
        _win(tx, opportunity, other, at=other.accepted_at)
        _tell_won(tx, opportunity, other)


def _win(tx: Tx, opportunity: Opportunity, sale: Sale, *, at: datetime) -> None:
    opportunity.win(flows.of(tx, opportunity.branch).end(StageType.WON), at=at)
    _worth(opportunity, sale)


def _worth(opportunity: Opportunity, sale: Sale) -> None:
    opportunity.expected_value, opportunity.currency = sale.total, sale.currency or opportunity.currency


def _move(tx: Tx, opportunity: Opportunity, sale: Sale, moves: Collection[str]) -> None:
    """To the job, and said, even when there is nothing to move: the sale's step waits for it."""
    if sale.undone_at is not None or sale.job_id is None:
        return
    there = _appointments(tx, opportunity, None, sale.job_id)
    if APPOINTMENTS in moves:
        _move_appointments(tx, [one for one in there if one.job_id is None], sale.job_id, sale.acceptance_id)
    opportunity.job_id = opportunity.job_id or sale.job_id
    opportunity.customer_id = opportunity.customer_id or sale.customer_id
    moved = tuple(one.id for one in there if one.job_id == sale.job_id)
    about: dict[str, Any] = {"acceptance_id": sale.acceptance_id, "moved_appointment_ids": moved}
    about["answers"] = sheets.answered(tx, opportunity, PROFILES) if ANSWERS in moves else ()
    if FILES in moves:
        opportunity.files_job_id = sale.job_id
        about["files"] = filing.told(tx, opportunity)
    facts.tell_change(tx, opportunity, "job_id", **about)


def _appointments(tx: Tx, opportunity: Opportunity, *jobs: UUID | None) -> Sequence[Appointment]:
    """Its appointments that belong to one of these jobs or, for None, to none; held."""
    with tx.session.no_autoflush:
        held = tx.session.scalars(OF_OPPORTUNITY, {"opportunity": opportunity.id})
        return [one for one in held if one.job_id in jobs]


def _move_appointments(tx: Tx, appointments: Sequence[Appointment], to_job: UUID | None, acceptance_id: UUID) -> None:
    for one in appointments:
        one.job_id = to_job
        tx.publish(AppointmentMoved(**facts.appointment(one), acceptance_id=acceptance_id), of=one)


def _sale(tx: Tx, acceptance_id: UUID, opportunity: Opportunity, estimate_id: UUID) -> Sale:
    sale = tx.session.get(Sale, acceptance_id)
    if sale is None:
        sale = Sale(acceptance_id=acceptance_id, opportunity_id=opportunity.id, estimate_id=estimate_id)
        tx.session.add(sale)
    return sale


def _standing(tx: Tx, opportunity: Opportunity) -> Sale | None:
    """Another sale of it that holds, the first of them."""
    return tx.session.scalars(STANDING, {"opportunity": opportunity.id}).first()


def _others_without_job(tx: Tx, opportunity: Opportunity) -> Sequence[Sale]:
    """What else was sold before there was a job: it is work of the same one."""
    return tx.session.scalars(WITHOUT_JOB, {"opportunity": opportunity.id}).all()


def _tell_won(tx: Tx, opportunity: Opportunity, sale: Sale) -> None:
    if sale.total is None or sale.currency is None or sale.accepted_at is None:
        raise NotYet(f"what was accepted with {sale.acceptance_id} is not known yet")
    tx.publish(
        OpportunityWon(
            **facts.head(opportunity),
            acceptance_id=sale.acceptance_id,
            estimate_id=sale.estimate_id,
            total=rounded(sale.total, sale.currency),
            currency=sale.currency,
            won_at=opportunity.won_at or sale.accepted_at,  # what is sold on top does not win it anew
            job_id=sale.job_id,
            customer_id=sale.customer_id,
            **facts.origin(opportunity),
        ),
        of=opportunity,
    )
