"""Sold work on the real database: the shape is the classes', and two sales at once meet as they should."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from embedded.testing import CAST, OPERATIONS
from libs.common import dberrors, migrate
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.tx import Tx
from services.bookings import usecases
from services.bookings.model import Booking, Customer, Job
from services.bookings.service import SPEC
from tests.service.bookings_world import BOOKINGS, Orders, acceptance, phone
from tests.service.on_paper import mails, words
from tests.system.postgres_world import NewDatabases, bench_over, until_one_waits


@pytest.fixture
def orders(new_database: NewDatabases) -> Iterator[Orders]:
    bench = bench_over(SPEC, new_database)
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
    office = orders.bench.as_("office")
    assert [len(office.items(f"{BOOKINGS}/sales{said}")) for said in ("?lacks=booking", "")] == [0, 1]


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


def cancel(tx: Tx, sold: EstimateAccepted, booking: Mapping[str, Any]) -> Iterator[None]:
    """One at a desk cancels an order, whose job follows."""
    found = tx.get(Booking, UUID(booking["id"]))
    yield
    usecases.cancel(tx, found, reason="They moved away")


def sell_more(tx: Tx, sold: EstimateAccepted, booking: Mapping[str, Any]) -> Iterator[None]:
    """One batch of the bus: what was answered, which is the job's, and a second yes, which is a change order."""
    usecases.learn(tx, UUID(booking["job_id"]), [])
    yield
    again = {"opportunity_id": sold.opportunity_id, "lead_id": sold.lead_id, "emails": sold.prospect.emails}
    usecases.sell(tx, acceptance(**again))


def give_on(tx: Tx, sold: EstimateAccepted, booking: Mapping[str, Any]) -> Iterator[None]:
    """Another: what was answered, and that somebody else sells it."""
    usecases.learn(tx, UUID(booking["job_id"]), [])
    yield
    usecases.follow(tx, sold.subject, salesperson_id=CAST["colleague"][0])


RENAME = ("POST", "jobs/{job_id}/rename", {"name": "The house by the lake"})
CORRECT = ("PATCH", "customers/{customer_id}", {"name": "Ivy Castellan-Reed"})
CANCEL = ("POST", "{id}/cancel", {"reason": "No longer wanted"})
UNDO = ("POST", "sales/{acceptance_ids[0]}/undo", {"reason": "They may take it back"})


@pytest.mark.parametrize(
    ("meanwhile", "asked"),
    [(cancel, RENAME), (cancel, CORRECT), (sell_more, CANCEL), (give_on, CANCEL), (give_on, UNDO)],
)
def test_who_meets_others_at_one_customers_work_waits_and_none_of_them_has_to_try_again(
    orders: Orders, monkeypatch: pytest.MonkeyPatch, meanwhile: Any, asked: tuple[str, str, dict[str, str]]
) -> None:
    monkeypatch.setattr(dberrors, "ATTEMPTS", 1)  # a try that nobody sees, neither
    sold = acceptance()
    booking = orders.sell(sold)
    office, store = orders.bench.as_("office"), orders.bench.system.parts["bookings"].store
    method, path, body = asked
    headers = {"If-Match": "*"} if method == "PATCH" else {}
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            act = meanwhile(tx, sold, booking)
            next(act)
            waiting = pool.submit(
                office.call, method, f"{BOOKINGS}/{path.format(**booking)}", json=body, headers=headers
            )
            until_one_waits(store.database.engine)
            next(act, None)
        assert waiting.result().status_code == 200, waiting.result().get_data(as_text=True)


def test_what_is_sold_while_the_office_makes_the_job_belongs_to_that_job(orders: Orders) -> None:
    edited = orders.bench.as_("admin").edit("PUT", f"{BOOKINGS}/settings", {"sale_creates": "task"})
    assert edited.status_code == 200, edited.get_data(as_text=True)
    first = acceptance()
    orders.sell(first)
    more = acceptance(opportunity_id=first.opportunity_id, lead_id=first.lead_id, emails=first.prospect.emails)
    office, store = orders.bench.as_("office"), orders.bench.system.parts["bookings"].store
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            usecases.sell(tx, more)
            tx.session.flush()
            making = pool.submit(office.post, f"{BOOKINGS}/jobs", {"acceptance_id": str(first.acceptance_id)})
            until_one_waits(store.database.engine)
        made = making.result().get_json()
    assert [orders.sale(one.acceptance_id)["job_id"] for one in (first, more)] == [made["id"], made["id"]]


def test_what_is_of_another_customer_is_refused_without_waiting_for_whoever_is_at_their_work(orders: Orders) -> None:
    ours, theirs = orders.sell(), orders.sell()
    both = {"acceptance_ids": [*ours["acceptance_ids"], *theirs["acceptance_ids"]]}
    office, store = orders.bench.as_("office"), orders.bench.system.parts["bookings"].store
    with store.begin() as tx:
        tx.get(Booking, UUID(theirs["id"]))
        more = {"acceptance_id": theirs["acceptance_ids"][0]}
        refused = [
            office.post(BOOKINGS, both).get_json(),
            office.post(f"{BOOKINGS}/{ours['id']}/change-orders", more).get_json(),
        ]
    assert all("is of another customer" in str(one.get("errors")) for one in refused), refused
