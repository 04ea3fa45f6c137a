"""What PostgreSQL refuses for good is the fact's own fault; what it lacks for a while is nobody's."""

import json
import random
import string
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from libs.common import orm
from libs.common.bus import Delivery
from libs.common.contracts.commands import Command
from libs.common.errors import Unavailable
from libs.common.intake import Intake
from libs.common.store import Store
from libs.common.tx import Tx
from tests.contract.throwaway import (
    MAKER_TABLES,
    Taker,
    make,
    maker,
    taker,
    throwaway_facts,  # noqa: F401 - an autouse fixture
)


@pytest.fixture
def sides(new_database: Callable[[str], str]) -> Iterator[tuple[Store, Taker]]:
    one, two = orm.connect(new_database("maker")), orm.connect(new_database("taker"))
    yield maker(one), taker("taker", two)
    one.dispose()
    two.dispose()


def told(store: Store) -> list[Delivery]:
    column = MAKER_TABLES.outbox.c
    with store.reading() as tx:
        return [Delivery(bytes(body)) for body in tx.execute(sa.select(column.body).order_by(column.id)).scalars()]


def test_a_fact_that_no_index_can_hold_is_parked_and_delays_nobody_else(sides: tuple[Store, Taker]) -> None:
    store, reader = sides
    with reader.store.database.engine.begin() as connection:
        connection.execute(sa.text("CREATE INDEX by_note ON effects (note)"))
    with store.begin() as tx:
        bad, good = make(tx, "".join(random.choices(string.printable, k=9000))), make(tx, "good")

    reader.consumer.deliver(told(store))

    assert reader.heard(good) == ["good"]
    for _ in range(6):
        reader.let_time_pass()
        reader.consumer.retry_due()
    [parked] = reader.parked()
    assert (parked.agg, parked.reason, parked.blocks) == (bad, "handler_error", True)


def test_while_a_table_is_away_no_fact_is_blamed_for_it(sides: tuple[Store, Taker]) -> None:
    """As while a dump is restored over the database."""
    store, reader = sides
    with store.begin() as tx:
        subject = make(tx, "made", "changed")
    engine = reader.store.database.engine
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE effects RENAME TO away"))
    for again in range(8):
        with pytest.raises(Unavailable):
            reader.consumer.deliver([Delivery(one.body, redelivered=again > 0) for one in told(store)])
        reader.let_time_pass()
    assert not reader.parked()
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO effects"))

    reader.consumer.deliver([Delivery(one.body, redelivered=True) for one in told(store)])

    assert reader.heard(subject) == ["made", "changed"]


def test_while_a_table_is_away_no_wish_is_refused_for_it(sides: tuple[Store, Taker]) -> None:
    store, _ = sides
    wish = {"specversion": "1.0", "id": "1", "source": "/crm", "type": "plumbline.thing.make.v1", "data": {}}
    asked = [Delivery(json.dumps(wish).encode())]

    def wanted(tx: Tx, _command: Command) -> None:
        make(tx, "wanted")

    intake = Intake(store, {"plumbline.thing.make.v1": wanted})
    with store.database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE things RENAME TO away"))
    with pytest.raises(Unavailable):
        intake.deliver(asked)
    with store.database.engine.begin() as connection:
        assert connection.execute(sa.select(MAKER_TABLES.parked)).all() == []
        connection.execute(sa.text("ALTER TABLE away RENAME TO things"))

    intake.deliver(asked)

    assert [one.read().data for one in told(store)] == [{"note": "wanted"}]
