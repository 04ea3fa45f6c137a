"""What is due when nobody decided: the last day of an offer is over."""

from typing import Any
from uuid import UUID

from libs.common.contracts.estimates import EstimateExpired
from libs.common.tx import Tx
from services.estimates.model import Estimate
from services.estimates.usecases import facts

EXPIRY = "estimate.expiry"


def expire(tx: Tx, estimate_id: UUID, payload: dict[str, Any]) -> None:
    """Touches only an offer that nobody decided, and no other version than the timer was set for."""
    estimate, revision = tx.get(Estimate, estimate_id), payload["revision"]
    if not estimate.live or estimate.revision != revision:
        return
    if tx.now < estimate.expires_at:
        tx.remind(EXPIRY, estimate.id, estimate.expires_at, revision=revision)
        return
    estimate.expire(at=tx.now)
    tx.publish(EstimateExpired(**facts.head(tx, estimate), expired_at=tx.now), of=estimate)


TIMERS = {EXPIRY: expire}
