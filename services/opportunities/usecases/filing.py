"""Files at an opportunity: its own, and those of its lead, which the lead's owner keeps."""

from collections.abc import Sequence
from uuid import UUID

from libs.common import files
from libs.common.auth import Caller
from libs.common.contracts.leads import LeadFileAdded, LeadFileRemoved
from libs.common.contracts.opportunities import OpportunityFileAdded, OpportunityFileRemoved
from libs.common.contracts.parts import FileAt
from libs.common.filekinds import Sent
from libs.common.files import FileRow
from libs.common.tx import Tx
from services.opportunities.model import SHELF, Opportunity
from services.opportunities.states import OpportunityAction
from services.opportunities.usecases import facts

DOOR = "/api/v1/opportunities/{}/files"


def at(tx: Tx, opportunity: Opportunity) -> Sequence[FileRow]:
    """Every file at it."""
    return files.of(tx, SHELF, [opportunity.id])


def told(tx: Tx, opportunity: Opportunity) -> tuple[FileAt, ...]:
    """The same, as a fact says it."""
    return tuple(files.told(row) for row in at(tx, opportunity))


def put(tx: Tx, opportunity: Opportunity, sent: Sent) -> FileAt:
    """Keeps a file at an opportunity; a job that shows its files shows this one, too."""
    opportunity.demand(OpportunityAction.FILE)
    one = files.add(tx, SHELF, opportunity, sent, DOOR.format(opportunity.id))
    about = facts.head(opportunity)
    tx.publish(OpportunityFileAdded(**about, file=one, job_id=opportunity.files_job_id), of=opportunity)
    return one


def remove(tx: Tx, opportunity: Opportunity, ident: UUID, *, reason: str) -> FileAt:
    """Takes a file away for good, whatever has become of the opportunity."""
    one = files.remove(tx, SHELF, opportunity, ident, reason=reason)
    about = facts.head(opportunity)
    tx.publish(
        OpportunityFileRemoved(**about, file=one, reason=reason, job_id=opportunity.files_job_id), of=opportunity
    )
    return one


def job_shows(opportunity: Opportunity, who: Caller) -> bool:
    """Whether somebody reads its files because a job shows them, whose branch is theirs."""
    return opportunity.files_job_id is not None and who.reaches("job.read", opportunity.branch, ())


def lead_has(tx: Tx, opportunity: Opportunity | None, fact: LeadFileAdded) -> None:
    """Something was put at its lead; of one that is not valid yet, that fact will tell."""
    if opportunity is not None and files.refer(tx, SHELF, opportunity.id, [fact.file]):
        tell_job(tx, opportunity)


def lead_has_no_more(tx: Tx, opportunity: Opportunity | None, fact: LeadFileRemoved) -> None:
    if opportunity is not None and files.forget(tx, SHELF, opportunity.id, [fact.file.id]):
        tell_job(tx, opportunity)


def tell_job(tx: Tx, opportunity: Opportunity) -> None:
    """A job that shows its files is told all of them anew."""
    if opportunity.files_job_id is not None:
        facts.tell_change(tx, opportunity, "files", files=told(tx, opportunity))
