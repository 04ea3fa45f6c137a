"""What an act on an estimate answers."""

from libs.common.tx import Tx
from libs.common.web import caller
from services.estimates.model import Estimate
from services.estimates.usecases import approval


def shown(tx: Tx, estimate: Estimate) -> Estimate:
    """The estimate with what stands in the caller's way, whoever that is."""
    who = caller()
    return approval.look(tx, estimate, roles=who.roles, by=who.person_id)
