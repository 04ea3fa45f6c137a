"""Two workers of one service that read the same queue."""

from collections.abc import Callable

import sqlalchemy as sa

from libs.common import orm
from libs.common.bus import Delivery
from libs.common.tx import Tx
from tests.contract.store_suite import throwaway_facts  # noqa: F401 - an autouse fixture
from tests.contract.throwaway import MAKER_TABLES, make, maker, taker


def test_workers_that_meet_at_the_same_new_records_go_on_with_all_of_them_together(
    new_database: Callable[[str], str],
) -> None:
    """One of them loses the race for all: it looks again, finds what is done, and takes nothing apart."""
    databases = [orm.connect(new_database("maker")), *map(orm.connect, [new_database("taker")] * 2)]
    store = maker(databases[0])
    one, other = (taker("taker", database) for database in databases[1:])
    with store.begin() as tx:
        subjects = [make(tx, str(number)) for number in range(20)]
    with store.reading() as tx:
        facts = [Delivery(bytes(body)) for body in tx.session.scalars(sa.select(MAKER_TABLES.outbox.c.body))]
    begun: list[str] = []

    def quicker(_tx: Tx) -> None:
        if begun.count("consumer_delivered") == 1:
            other.consumer.deliver(facts)

    one.moods["0"], one.store.crash = quicker, begun.append
    one.consumer.deliver(facts)

    assert begun.count("consumer_delivered") == 2
    assert [one.heard(subject) for subject in subjects] == [[str(number)] for number in range(20)]
    for database in databases:
        database.dispose()
