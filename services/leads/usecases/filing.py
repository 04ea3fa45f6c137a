"""Files at a lead: photos and documents of whoever asks, or of whoever stood before the old boiler."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from libs.common import files
from libs.common.auth import Caller
from libs.common.contracts.leads import LeadFileAdded, LeadFileRemoved
from libs.common.contracts.opportunities import OpportunityFact
from libs.common.contracts.parts import FileAt
from libs.common.filekinds import Sent
from libs.common.files import FileRow
from libs.common.scoping import in_scope
from libs.common.tx import Tx
from services.leads.model import SHELF, Lead, Selling
from services.leads.states import LeadAction
from services.leads.usecases import facts
from services.leads.usecases.work import family

DOOR = "/api/v1/leads/{}/files"
SELLING: Any = Selling.__table__


def at(tx: Tx, lead: Lead) -> Sequence[FileRow]:
    """Every file at a lead and at what was merged into it."""
    return files.of(tx, SHELF, family(tx, lead))


def told(tx: Tx, lead: Lead) -> tuple[FileAt, ...]:
    """The same, as a fact says it."""
    return tuple(files.told(row) for row in at(tx, lead))


def put(tx: Tx, lead: Lead, sent: Sent) -> FileAt:
    """Keeps a file at a lead."""
    lead.demand(LeadAction.FILE)
    one = files.add(tx, SHELF, lead, sent, DOOR.format(lead.id))
    tx.publish(LeadFileAdded(**facts.head(lead), file=one), of=lead)
    return one


def remove(tx: Tx, lead: Lead, ident: UUID, *, reason: str) -> FileAt:
    """Takes a file away for good, whatever has become of the lead."""
    one = files.remove(tx, SHELF, lead, ident, reason=reason)
    tx.publish(LeadFileRemoved(**facts.head(lead), file=one, reason=reason), of=lead)
    return one


# -- who reads them besides


def sold_by(tx: Tx, event: OpportunityFact) -> None:
    """Whose the opportunity of a lead is by now, and whether there is anything left to do for it."""
    said = {name: getattr(event, name) for name in ("salesperson_id", "inside_rep_id", "branch")}
    about = {"lead_id": event.lead_id, "opportunity_id": event.subject, "open": event.stage_type == "open"}
    tx.keep(SELLING, {**about, **said}, "lead_id")


def goes_to_job(tx: Tx, lead_id: UUID, job_id: UUID | None) -> None:
    """A job shows the lead's files, or none does any more."""
    tx.execute(sa.update(SELLING).where(SELLING.c.lead_id == lead_id).values(job_id=job_id))


def may_read(tx: Tx, who: Caller, lead_id: UUID) -> bool:
    """Whether somebody may read a lead's files: they read it, what it was merged into, or what came of either."""
    ident: UUID | None = lead_id
    while ident is not None:
        lead, sold = tx.session.get(Lead, ident), tx.session.get(Selling, ident)
        if lead is None:
            return False
        if in_scope(lead, who, "lead.read") or (sold is not None and _reads_what_was_sold(who, sold)):
            return True
        ident = lead.duplicate_of
    return False


def _reads_what_was_sold(who: Caller, sold: Selling) -> bool:
    of_job = sold.job_id is not None and who.reaches("job.read", sold.branch, ())
    return of_job or who.reaches("opportunity.read", sold.branch, (sold.salesperson_id, sold.inside_rep_id))
