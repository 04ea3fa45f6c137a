"""What other services' facts mean here: something to keep in view and, where the table says so, people to tell."""

from libs.common import backfill, people
from libs.common.contracts import appointments, bookings, estimates, leads, opportunities
from libs.common.contracts.base import Event, facts
from libs.common.service import Subscriptions
from libs.common.tx import Tx
from services.notifications import usecases

subscriptions = Subscriptions()
people.subscribe(subscriptions)

WATCHED = {module.__name__ for module in (leads, opportunities, appointments, estimates, bookings)}


def hear(tx: Tx, event: Event) -> None:
    """The record first, as it is now; then the people, and other systems."""
    usecases.watch(tx, event)
    if is_news(tx):
        usecases.tell(tx, event)
        usecases.forward(tx, event)


def pass_on(tx: Tx, event: Event) -> None:
    if is_news(tx):
        usecases.forward(tx, event)


def is_news(tx: Tx) -> bool:
    """Nobody is told today of what happened before this service listened for it."""
    message = tx.origin.message
    return message is None or not backfill.happened_before(tx, message)


for fact in facts():
    if fact.__module__ in usecases.FORWARDED:
        subscriptions.on(fact)(hear if fact.__module__ in WATCHED else pass_on)
