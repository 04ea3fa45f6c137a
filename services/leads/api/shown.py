"""What an act on a lead answers."""

from libs.common.tx import Tx
from libs.common.web import Answer, caller
from services.leads.model import Lead
from services.leads.schemas.outgoing import LeadOut
from services.leads.usecases import decide, duplicates


def shown(tx: Tx, lead: Lead) -> Answer:
    """The lead after an act on it."""
    return tx.answer(LeadOut(), dressed(tx, lead))


def dressed(tx: Tx, lead: Lead) -> Lead:
    """With the duplicates there are by now, and with what the caller's company still wants of it."""
    lead.duplicates = duplicates.of(tx, lead)
    decide.look(tx, lead, caller().roles)
    return lead
