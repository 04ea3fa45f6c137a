"""What an act on a lead answers."""

from libs.common.tx import Tx
from libs.common.web import Answer
from services.leads.model import Lead
from services.leads.schemas.outgoing import LeadOut
from services.leads.usecases import duplicates


def shown(tx: Tx, lead: Lead) -> Answer:
    """The lead after an act on it, with the duplicates there are by now."""
    lead.duplicates = duplicates.of(tx, lead)
    return tx.answer(LeadOut(), lead)
