"""What everybody's facts mean here: something to show."""

from libs.common import people
from libs.common.contracts import appointments, bookings, estimates, leads, notifications, opportunities, sales
from libs.common.contracts.base import Event, facts
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rebuild import ReadModel
from libs.common.service import Subscriptions
from libs.common.tx import Tx
from services.console import usecases
from services.console.model import READ, TABLES

subscriptions = Subscriptions()
people.subscribe(subscriptions)

OF_A_FUNNEL = {
    module.__name__ for module in (leads, opportunities, appointments, estimates, sales, bookings, notifications)
}


def hear(tx: Tx, event: Event) -> None:
    usecases.hear(tx, event)


for fact in facts():
    if fact.__module__ in OF_A_FUNNEL:
        subscriptions.on(fact)(hear)

#: all of it holds nothing but what facts said, so it can be built anew while it serves
READ_MODEL = ReadModel(
    tuple(sorted(set(PUBLISHERS.values()))), (*READ, TABLES.people, TABLES.teams, TABLES.branches), subscriptions
)
