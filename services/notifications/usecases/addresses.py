"""Addresses that people typed for us to post to, whether of another system or of their own chat."""

from typing import Any

import sqlalchemy as sa

from libs.common import egress
from libs.common.errors import Fault, Invalid
from libs.common.tx import Tx
from services.notifications.model import WAITING, Webhook, WebhookDelivery
from services.notifications.states import DeliveryState, WebhookAction

deliveries: Any = WebhookDelivery.__table__


def host_of(tx: Tx, url: str, pointer: str = "/url") -> str:
    """What an address is told by. Raises Invalid for one that nobody may have us post to."""
    try:
        return egress.target(url, tx.store.deployment.inside).host
    except egress.NotOutside as wrong:
        raise Invalid("only addresses outside are posted to", errors=[Fault(pointer, str(wrong))]) from wrong


def remove(tx: Tx, webhook: Webhook, why: str) -> None:
    """Nothing goes there any more, nor what waited."""
    webhook.goes(WebhookAction.REMOVE)
    give_up(tx, webhook, why)


def give_up(tx: Tx, webhook: Webhook, why: str) -> None:
    """What waits for it goes nowhere."""
    waiting = sa.update(deliveries).where(deliveries.c.webhook_id == webhook.id, WAITING)
    tx.execute(waiting.values(state=DeliveryState.GIVEN_UP, settled_at=tx.now, error=why))
