"""Sold work on the real database: the shape is the classes', and two sales at once meet as they should."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa

from embedded.testing import CAST, OPERATIONS
from libs.common import migrate
from libs.common.contracts.estimates import EstimateAccepted
from services.bookings import usecases
from services.bookings.model import Booking, Customer, Job
from services.bookings.service import SPEC
from tests.service.bookings_world import BOOKINGS, Orders, acceptance, phone
from tests.service.on_paper import mails, words
from tests.system.postgres_world import bench_over, until_one_waits


@pytest.fixture
def orders(new_database: Callable[[str], str]) -> Iterator[Orders]:
    bench = bench_over(SPEC, new_database("bookings"))
    yield Orders(bench)
    bench.close()


def sell_one(orders: Orders, accepted: EstimateAccepted) -> None:
    with orders.bench.system.parts["bookings"].store.begin() as tx:
        usecases.sell(tx, accepted)


def sell_at_once(orders: Orders, sold: list[EstimateAccepted]) -> None:
    with ThreadPoolExecutor(len(sold)) as pool:
        list(pool.map(lambda accepted: sell_one(orders, accepted), sold))


def test_the_migrated_database_is_what_the_classes_say(orders: Orders) -> None:
    with orders.bench.system.parts["bookings"].store.database.engine.connect() as connection:
        assert migrate.difference(SPEC, connection) == []


def test_an_order_goes_all_the_way(orders: Orders) -> None:
    booking = orders.in_state("completed")
    assert booking["contract_total"] == "8400.00"
    assert booking["assignments"][0]["outcome"] == "accepted"


def test_an_order_is_printed_and_mailed_as_it_is_on_sqlite(orders: Orders) -> None:
    booking = orders.ready()
    paper = orders.bench.as_("operations").get(f"{BOOKINGS}/{booking['id']}/booking.pdf").data
    assert booking["number"] in words(paper)
    orders.act(booking, "mail", "operations", {"to": ["crew@trucks.example"]})
    [sent] = mails(orders.bench, "bookings")
    assert [name for name, _, shown in sent["paper"] if "Ivy Castellan" in shown] == [f"{booking['number']}.pdf"]


def test_two_sales_to_one_prospect_at_once_make_one_customer_and_two_names(orders: Orders) -> None:
    same = {"emails": ("ivy@home.example",), "phones": phone("+16155550142")}
    sell_at_once(orders, [acceptance(**same) for _ in range(6)])
    with orders.bench.system.parts["bookings"].store.reading() as tx:
        assert len(tx.all(sa.select(Customer))) == 1
        assert len(set(tx.all(sa.select(Job.name)))) == 6


def test_two_acceptances_of_one_opportunity_at_once_are_one_order(orders: Orders) -> None:
    first = acceptance(emails=("ivy@home.example",))
    again = {"opportunity_id": first.opportunity_id, "lead_id": first.lead_id, "emails": ("ivy@home.example",)}
    sell_at_once(orders, [first, *(acceptance(**again) for _ in range(3))])
    with orders.bench.system.parts["bookings"].store.reading() as tx:
        [booking] = tx.all(sa.select(Booking))
        assert len(booking.acceptance_ids) == 4
        assert booking.contract_total == 4 * first.total


def test_an_acceptance_that_waited_for_an_order_asks_again_whether_it_has_room(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else makes the two take turns: they are of two customers."""
    store, first = orders.bench.system.parts["bookings"].store, acceptance()
    orders.sell(first)
    monkeypatch.setitem(usecases.sell.__globals__, "LARGEST_SUM", 2 * first.total)  # there is room for one more
    one, other = (acceptance(opportunity_id=first.opportunity_id, lead_id=first.lead_id) for _ in range(2))
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            usecases.sell(tx, one)
            tx.session.flush()
            waiting = pool.submit(sell_one, orders, other)
            until_one_waits(store.database.engine)
        waiting.result()

    with store.reading() as tx:
        found = [booking.acceptance_ids for booking in tx.all(sa.select(Booking).order_by(Booking.created_at))]
    assert found == [[str(first.acceptance_id), str(one.acceptance_id)], [str(other.acceptance_id)]]


def test_who_waited_for_an_order_sees_what_was_done_with_it_meanwhile(orders: Orders) -> None:
    part = orders.bench.system.parts["bookings"]
    path = f"{BOOKINGS}/{orders.in_state('assigned')['id']}"
    with ThreadPoolExecutor(1) as pool:
        with part.store.begin() as tx:
            booking = tx.get(Booking, UUID(path.rpartition("/")[2]))
            usecases.reassign(tx, booking, assignee_id=CAST["operations"][0])
            tx.session.flush()
            waiting = pool.submit(lambda: orders.bench.as_("operations").post(f"{path}/accept").get_json())
            until_one_waits(part.store.database.engine)
        chain = waiting.result()["assignments"]
    assert [one["outcome"] for one in chain] == ["reassigned", "accepted"]


def test_of_assignments_at_once_one_wins(orders: Orders) -> None:
    booking = orders.ready()
    manager, body = orders.bench.as_("manager"), {"team_id": str(OPERATIONS)}
    path = f"{BOOKINGS}/{booking['id']}/assign-to-operation"
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: manager.post(path, body).status_code, range(5)))
    assert sorted(answers) == [200, 409, 409, 409, 409]


def test_an_acceptance_is_booked_once_however_many_ask(orders: Orders) -> None:
    sold = acceptance()
    orders.act(orders.sell(sold), "cancel", "office", {"reason": "anew"})
    office, body = orders.bench.as_("office"), {"acceptance_ids": [str(sold.acceptance_id)]}
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: office.post(BOOKINGS, body).status_code, range(5)))
    assert sorted(answers) == [201, 409, 409, 409, 409]
    with orders.bench.system.parts["bookings"].store.reading() as tx:
        assert UUID(orders.sale(sold.acceptance_id)["booking_id"]) in set(tx.all(sa.select(Booking.id)))
