"""Files at a lead: photos and documents of whoever asks, or of whoever stood before the old boiler."""

from collections.abc import Sequence
from uuid import UUID

from libs.common import files
from libs.common.contracts.leads import LeadFileAdded, LeadFileRemoved
from libs.common.contracts.parts import FileAt
from libs.common.filekinds import Sent
from libs.common.files import FileRow
from libs.common.tx import Tx
from services.leads.model import SHELF, Lead
from services.leads.states import LeadAction
from services.leads.usecases import facts
from services.leads.usecases.work import family

DOOR = "/api/v1/leads/{}/files"


def at(tx: Tx, lead: Lead) -> Sequence[FileRow]:
    """Every file at a lead and at what was merged into it."""
    return files.of(tx, SHELF, family(tx, lead))


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
