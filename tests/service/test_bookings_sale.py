"""The sale: an acceptance becomes customer, job and booking order, and others tick what is theirs."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from embedded.testing import CAST, Bench
from libs.common.bus import Delivery
from libs.common.contracts.base import Event, Message
from libs.common.contracts.bookings import BookingCancelled, BookingCreated
from libs.common.contracts.estimates import EstimateAccepted, EstimateMoved
from libs.common.contracts.leads import LeadConverted
from libs.common.contracts.opportunities import OpportunityChanged, OpportunityWon
from libs.common.contracts.sales import (
    JobChanged,
    JobCreated,
    SaleCompleted,
    SaleRetried,
    SaleStarted,
    SaleStepDone,
    SaleStepFailed,
    SaleUndone,
)
from tests.service.bookings_world import BOOKINGS, SOLD_AT, Orders, acceptance

STEPS = [
    "customer", "job", "booking", "estimate_moved", "opportunity_won", "appointments_moved", "lead_converted",
]  # fmt: skip


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def moved(sold: EstimateAccepted, job: str | None) -> EstimateMoved:
    said: dict[str, Any] = {
        "opportunity_id": sold.opportunity_id, "lead_id": sold.lead_id, "number": sold.number, "title": sold.title,
        "revision": 1, "state": "accepted", "total": sold.total, "total_max": sold.total, "currency": "USD",
        "others_live": False, "acceptance_id": sold.acceptance_id, "job_id": UUID(job) if job else None,
    }  # fmt: skip
    return EstimateMoved(subject=sold.subject, **said)


def won(sold: EstimateAccepted) -> OpportunityWon:
    return OpportunityWon(
        subject=sold.opportunity_id, lead_id=sold.lead_id, number="O-1", title=sold.title, stage="won",
        stage_type="won", acceptance_id=sold.acceptance_id, estimate_id=sold.subject, total=sold.total,
        currency="USD", won_at=SOLD_AT,
    )  # fmt: skip


def linked(sold: EstimateAccepted, changed: tuple[str, ...] = ("job_id",), named: bool = True) -> OpportunityChanged:
    return OpportunityChanged(
        subject=sold.opportunity_id, lead_id=sold.lead_id, number="O-1", title=sold.title, stage="won",
        stage_type="won", changed=changed, probability=100,
        acceptance_id=sold.acceptance_id if named else None,
    )  # fmt: skip


def converted(sold: EstimateAccepted) -> LeadConverted:
    return LeadConverted(
        subject=sold.lead_id, number="L-1", title=sold.title, state="converted", opportunity_id=sold.opportunity_id,
        acceptance_id=sold.acceptance_id, received_at=SOLD_AT, converted_at=SOLD_AT,
    )  # fmt: skip


def states(sale: dict[str, Any]) -> dict[str, str]:
    return {step["key"]: step["state"] for step in sale["steps"]}


def test_an_acceptance_becomes_customer_job_and_booking_however_often_we_hear_of_it(orders: Orders) -> None:
    sold = acceptance(deposit="840.00")
    booking = orders.sell(sold)
    orders.bench.tell(sold, by="estimates")

    office = orders.bench.as_("office")
    [row] = office.items(f"{BOOKINGS}?opportunity_id={sold.opportunity_id}")
    assert (row["number"], row["state"], row["contract_total"]) == ("BO-00001", "draft", "8400.00")
    assert booking["deposit_due"] == "840.00"
    assert booking["acceptance_ids"] == [str(sold.acceptance_id)]
    assert [one["done"] for one in booking["checklist"]] == [False] * 3
    job = office.get(f"{BOOKINGS}/jobs/{booking['job_id']}").get_json()
    assert (job["number"], job["name"]) == ("J-00001", "Ivy Castellan – HVAC – 1204 Forrest Ave")
    assert job["estimate_id"] == str(sold.subject)
    customer = office.get(f"{BOOKINGS}/customers/{booking['customer_id']}").get_json()
    assert (customer["number"], customer["name"]) == ("C-00001", "Ivy Castellan")
    assert booking["title"] == job["name"]


def test_the_sale_tells_every_part_of_it_in_one_funnel(orders: Orders) -> None:
    sold = acceptance()
    booking = orders.sell(sold)

    told = orders.bench.told("bookings")
    assert [one.type.removeprefix("plumbline.").removesuffix(".v1") for one in told] == [
        "sale.started", "customer.created", "job.created", "booking.created", *["sale.step_done"] * 3,
    ]  # fmt: skip
    assert {one.correlationid for one in told} == {sold.lead_id}
    [created] = orders.bench.told("bookings", JobCreated)
    assert created.data["acceptance_id"] == str(sold.acceptance_id)
    assert created.data["moves"] == ["estimate", "appointments", "answers", "files"]
    [drafted] = orders.bench.told("bookings", BookingCreated)
    assert drafted.data["contract_total"] == "8400.00"
    assert drafted.data["work"]["lines"][0]["description"] == "Heat pump, installed"
    assert drafted.data["estimate_ids"] == [str(sold.subject)]
    [started] = orders.bench.told("bookings", SaleStarted)
    assert started.data["steps"] == STEPS
    assert started.data["booking_id"] == booking["id"]
    assert orders.bench.told("bookings", SaleStepDone)[-1].data["remaining"] == STEPS[3:]


def test_steps_are_ticked_by_their_owners_and_the_last_one_completes_the_sale(orders: Orders) -> None:
    sold = acceptance()
    booking = orders.sell(sold)
    sale = orders.sale(sold.acceptance_id)
    assert [step["key"] for step in sale["steps"]] == STEPS
    assert [step["state"] for step in sale["steps"]] == ["done"] * 3 + ["pending"] * 4

    for fact, by, step in (
        (moved(sold, booking["job_id"]), "estimates", "estimate_moved"),
        (won(sold), "opportunities", "opportunity_won"),
        (linked(sold), "opportunities", "appointments_moved"),
        (converted(sold), "leads", "lead_converted"),
    ):
        orders.bench.tell(fact, by=by)
        assert states(orders.sale(sold.acceptance_id))[step] == "done"

    assert orders.sale(sold.acceptance_id)["state"] == "completed"
    assert len(orders.bench.told("bookings", SaleCompleted)) == 1
    assert len(orders.bench.told("bookings", SaleStepDone)) == len(STEPS)
    orders.bench.tell(converted(sold), by="leads")  # said once more, as after a retry
    assert len(orders.bench.told("bookings", SaleStepDone)) == len(STEPS)


def test_appointments_of_an_opportunity_that_names_no_acceptance_are_its_sales(orders: Orders) -> None:
    sold, other = acceptance(), acceptance()
    orders.sell(sold), orders.sell(other)
    orders.bench.tell(linked(sold, named=False), by="opportunities")
    assert states(orders.sale(sold.acceptance_id))["appointments_moved"] == "done"
    assert states(orders.sale(other.acceptance_id))["appointments_moved"] == "pending"


def test_a_change_of_something_else_and_a_move_back_tick_nothing(orders: Orders) -> None:
    sold = acceptance()
    orders.sell(sold)
    orders.bench.tell(linked(sold, changed=("description",)), by="opportunities")
    orders.bench.tell(moved(sold, None), by="estimates")
    assert [step["state"] for step in orders.sale(sold.acceptance_id)["steps"]] == ["done"] * 3 + ["pending"] * 4


@pytest.mark.parametrize("make", [won, converted])
def test_a_step_that_is_heard_of_before_its_acceptance_waits_for_it(
    orders: Orders, make: Callable[[EstimateAccepted], Event]
) -> None:
    sold = acceptance()
    early = make(sold)
    who = {"opportunity": "opportunities", "lead": "leads"}[early.aggregate()]
    message = Message(
        id=uuid4(), source=f"/plumbline/{who}", type=early.name, subject=early.subject, sequence="1",
        time=orders.bench.clock(), correlationid=sold.lead_id, causationid="test", data=early.data(),
    )  # fmt: skip
    consumer = orders.bench.system.parts["bookings"].consumer
    consumer.deliver([Delivery(message.encode())])

    orders.sell(sold)
    orders.bench.clock.forward(seconds=31)
    consumer.retry_due()

    assert list(states(orders.sale(sold.acceptance_id)).values()).count("done") == 4


# -- failing, repeating, taking back


def test_steps_nobody_spoke_of_count_as_failed_until_somebody_does(orders: Orders) -> None:
    sold = acceptance()
    booking = orders.sell(sold)
    orders.bench.tell(won(sold), by="opportunities")
    orders.bench.clock.forward(minutes=14)
    orders.bench.system.due()
    assert orders.sale(sold.acceptance_id)["state"] == "running"

    orders.bench.clock.forward(minutes=2)
    orders.bench.system.due()

    sale = orders.sale(sold.acceptance_id)
    assert sale["state"] == "failed"
    assert [key for key, state in states(sale).items() if state == "failed"] == [STEPS[3], STEPS[5], STEPS[6]]
    [failed] = orders.bench.told("bookings", SaleStepFailed)
    assert failed.data["steps"] == [STEPS[3], STEPS[5], STEPS[6]]

    orders.bench.tell(moved(sold, booking["job_id"]), by="estimates")
    assert states(orders.sale(sold.acceptance_id))["estimate_moved"] == "done"


def test_a_failed_sale_is_repeated_and_can_fail_again(orders: Orders) -> None:
    sold = acceptance()
    orders.sell(sold)
    orders.bench.clock.forward(minutes=16)
    orders.bench.system.due()

    answer = orders.bench.as_("office").post(f"{BOOKINGS}/sales/{sold.acceptance_id}/retry")

    assert answer.status_code == 200
    assert set(states(answer.get_json()).values()) == {"done", "pending"}
    [again] = orders.bench.told("bookings", SaleRetried)
    assert again.data["steps"] == STEPS[3:]
    assert again.data["job_id"]
    orders.bench.clock.forward(minutes=16)
    orders.bench.system.due()
    assert orders.sale(sold.acceptance_id)["state"] == "failed"


def complete(orders: Orders, sold: EstimateAccepted, booking: dict[str, Any]) -> None:
    for fact, by in (
        (moved(sold, booking["job_id"]), "estimates"),
        (won(sold), "opportunities"),
        (linked(sold), "opportunities"),
        (converted(sold), "leads"),
    ):
        orders.bench.tell(fact, by=by)


def test_a_completed_sale_has_nothing_to_repeat(orders: Orders) -> None:
    sold = acceptance()
    complete(orders, sold, orders.sell(sold))
    orders.bench.clock.forward(minutes=60)
    orders.bench.system.due()
    assert orders.sale(sold.acceptance_id)["state"] == "completed"
    answer = orders.bench.as_("office").post(f"{BOOKINGS}/sales/{sold.acceptance_id}/retry")
    assert answer.status_code == 409


@pytest.mark.parametrize("finished", [True, False])
def test_an_undone_sale_cancels_order_and_job_and_tells_the_others(orders: Orders, finished: bool) -> None:
    sold, bystander = acceptance(), orders.sell()
    booking = orders.sell(sold)
    if finished:
        complete(orders, sold, booking)

    path = f"{BOOKINGS}/sales/{sold.acceptance_id}/undo"
    answer = orders.bench.as_("manager").post(path, {"reason": "changed their mind"})

    assert (answer.status_code, answer.get_json()["state"]) == (200, "undone")
    assert orders.see(booking["id"])["state"] == "cancelled"
    job = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/{booking['job_id']}").get_json()
    assert job["status"] == "cancelled"
    assert orders.see(bystander["id"]) == bystander
    [undone] = orders.bench.told("bookings", SaleUndone)
    assert (undone.data["job_id"], undone.data["booking_id"]) == (booking["job_id"], booking["id"])
    assert len(orders.bench.told("bookings", BookingCancelled)) == 1
    assert orders.bench.told("bookings", JobChanged)[-1].data["status"] == "cancelled"
    assert orders.bench.as_("manager").post(path).status_code == 409
    orders.bench.tell(moved(sold, None), by="estimates")  # what was moved back, and what comes late, ticks nothing
    before = len(orders.bench.told("bookings"))
    orders.bench.tell(converted(sold), by="leads")
    assert len(orders.bench.told("bookings")) == before


# -- what a branch may set


def settings(orders: Orders, **body: Any) -> None:
    answer = orders.bench.as_("admin").edit("PUT", f"{BOOKINGS}/settings", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)


def test_the_office_makes_the_job_where_the_branch_wants_that(orders: Orders) -> None:
    settings(orders, sale_creates="task")
    sold = acceptance()
    booking = orders.sell(sold)
    assert booking["job_id"] is None
    assert states(orders.sale(sold.acceptance_id))["job"] == "pending"
    refused = orders.act(orders.ticked(booking), "ready", "office", status=409)
    assert [one["pointer"] for one in refused["errors"]] == ["/job_id"]
    orders.bench.clock.forward(days=3)
    orders.bench.system.due()
    assert orders.sale(sold.acceptance_id)["state"] == "running"  # a task is no failure

    body = {"acceptance_id": str(sold.acceptance_id), "name": "The Castellan house"}
    answer = orders.bench.as_("office").post(f"{BOOKINGS}/jobs", body)

    assert (answer.status_code, answer.get_json()["name"]) == (201, "The Castellan house")
    assert states(orders.sale(sold.acceptance_id))["job"] == "done"
    after = orders.see(booking["id"])
    assert (after["job_id"], after["title"]) == (answer.get_json()["id"], "The Castellan house")
    assert len(orders.bench.told("bookings", JobCreated)) == 1
    assert orders.bench.as_("office").post(f"{BOOKINGS}/jobs", body).status_code == 409
    orders.act(booking, "ready", "office")


def test_only_what_the_branch_moves_is_waited_for(orders: Orders) -> None:
    settings(orders, moves=["appointments"])
    sold = acceptance()
    orders.sell(sold)
    assert [step["key"] for step in orders.sale(sold.acceptance_id)["steps"]] == [
        one for one in STEPS if one != STEPS[3]
    ]
    assert orders.bench.told("bookings", JobCreated)[0].data["moves"] == ["appointments"]


def test_the_checklist_is_the_branchs_and_stays_as_it_was_when_the_order_was_drafted(orders: Orders) -> None:
    settings(orders, checklist=[{"key": "crane", "label": "Crane booked"}])
    booking = orders.sell()
    settings(orders, checklist=[])
    assert [one["key"] for one in orders.see(booking["id"])["checklist"]] == ["crane"]
    assert orders.sell()["checklist"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"naming_template": "{surname}"},
        {"naming_template": "{zip:000}"},
        {"naming_template": "{customer"},
        {"naming_template": " "},
        {"checklist": [{"key": "a", "label": "A"}, {"key": "a", "label": "B"}]},
        {"checklist": [{"key": "No Key", "label": "A"}]},
        {"moves": ["everything"]},
        {"moves": ["invoices"]},
        {"sale_minutes": 0},
        {"sale_creates": "chaos"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(orders: Orders, wrong: dict[str, Any]) -> None:
    answer = orders.bench.as_("admin").edit("PUT", f"{BOOKINGS}/settings", wrong)
    assert answer.status_code == 422
    assert answer.get_json()["errors"]


def test_an_unknown_sale_is_not_found(orders: Orders) -> None:
    assert orders.bench.as_("office").get(f"{BOOKINGS}/sales/{uuid4()}").status_code == 404


def test_failed_sales_can_be_listed(orders: Orders) -> None:
    sold = acceptance()
    orders.sell(sold)
    orders.bench.clock.forward(minutes=16)
    orders.bench.system.due()
    orders.sell()
    [failed] = orders.bench.as_("office").items(f"{BOOKINGS}/sales?state=failed")
    assert failed["acceptance_id"] == str(sold.acceptance_id)
    assert failed["salesperson_id"] == str(CAST["salesperson"][0])


def test_sales_that_lack_their_job_or_an_order_can_be_listed(orders: Orders) -> None:
    manager = orders.bench.as_("manager")

    def lacking(what: str, **of: str) -> list[str]:
        found = manager.items(f"{BOOKINGS}/sales?{urlencode({'lacks': what, **of})}")
        return [one["acceptance_id"] for one in found]

    whole, cancelled, undone = (orders.sell() for _ in range(3))
    orders.act(cancelled, "cancel", "manager", {"reason": "they moved"})
    assert manager.post(f"{BOOKINGS}/sales/{undone['acceptance_ids'][0]}/undo").status_code == 200
    orders.bench.as_("admin").edit("PUT", f"{BOOKINGS}/settings", {"sale_creates": "task"})
    left = orders.sell()

    assert lacking("job") == left["acceptance_ids"]
    assert lacking("booking") == cancelled["acceptance_ids"]
    assert lacking("booking", job_id=cancelled["job_id"]) == cancelled["acceptance_ids"]
    assert lacking("booking", job_id=whole["job_id"]) == []
