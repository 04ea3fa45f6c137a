"""One opportunity sold more than once, through every service: each sale is taken back by itself, on one job."""

from typing import Any

import pytest

from tests.flow.funnel import API, Funnel

Record = dict[str, Any]


def offered(funnel: Funnel, opportunity: str, total: str = "500.00") -> tuple[str, str]:
    """A further estimate of an opportunity, sent: its id and its link's secret."""
    line = {"description": "Thermostat", "qty": "1", "unit_price": total}
    body = {"opportunity_id": opportunity, "options": [{"name": "Standard", "lines": [line]}]}
    estimate = funnel.do("salesperson", "/estimates", body)["id"]
    sent = funnel.do("salesperson", f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})
    return estimate, sent["share_url"].rpartition("/")[2]


def sale(funnel: Funnel, acceptance: str) -> Record:
    return funnel.see(f"/bookings/sales/{acceptance}")


def order(funnel: Funnel, acceptance: str) -> Record:
    return funnel.see(f"/bookings/{sale(funnel, acceptance)['booking_id']}")


def say_yes(funnel: Funnel, link: str) -> None:
    """The customer accepts; nobody else has heard of it yet."""
    offer = funnel.bench.public.get(f"{API}/shared/{link}").get_json()
    whole = {"option": offer["options"][0]["id"], "typed_name": "A Customer", "consent": True}
    assert funnel.bench.public.post(f"{API}/shared/{link}/accept", whole).status_code == 200


def undo(funnel: Funnel, acceptance: str) -> None:
    funnel.do("office", f"/bookings/sales/{acceptance}/undo", {"reason": "they changed their mind"})


def cancel(funnel: Funnel, booking: Record) -> None:
    funnel.do("office", f"/bookings/{booking['id']}/cancel", {"reason": "they changed their mind"})


def work(funnel: Funnel, booking: Record, *acts: str) -> None:
    """Operations get the order, accept it, and do what else is named."""
    funnel.assigned(booking["id"])
    for act in ("accept", *acts):
        funnel.do("operations", f"/bookings/{booking['id']}/{act}")


def jobs(funnel: Funnel, booking: Record) -> list[Record]:
    return funnel.as_("office").items(f"{API}/bookings/jobs?opportunity_id={booking['opportunity_id']}")


def ends(funnel: Funnel, booking: Record) -> tuple[str, str, str]:
    """Where opportunity, lead and job are in the end."""
    opportunity = funnel.see(f"/opportunities/{booking['opportunity_id']}")
    lead = funnel.see(f"/leads/{opportunity['lead_id']}")
    job = funnel.see(f"/bookings/jobs/{booking['job_id']}")
    return opportunity["stage_type"], lead["state"], job["status"]


def test_undoing_the_first_sale_leaves_the_job_to_the_second_one(funnel: Funnel) -> None:
    first = funnel.booked()
    cancel(funnel, first)
    estimate, link = offered(funnel, first["opportunity_id"])
    second = order(funnel, funnel.accept(link))
    assert second["job_id"] == first["job_id"]
    work(funnel, second)

    undo(funnel, first["acceptance_ids"][0])

    assert ends(funnel, first) == ("won", "converted", "pending")
    assert funnel.see(f"/opportunities/{first['opportunity_id']}")["job_id"] == first["job_id"]
    assert funnel.see(f"/estimates/{first['estimate_ids'][0]}")["job_id"] is None
    assert funnel.see(f"/estimates/{estimate}")["job_id"] == first["job_id"]
    funnel.do("operations", f"/bookings/{second['id']}/start")
    assert ends(funnel, first)[2] == "in_progress"
    cancel(funnel, second)


def test_what_was_sold_on_top_goes_on_without_its_order_and_the_first_sale(funnel: Funnel) -> None:
    first = funnel.booked()
    acceptance = funnel.accept(offered(funnel, first["opportunity_id"])[1])
    cancel(funnel, first)
    undo(funnel, first["acceptance_ids"][0])
    assert ends(funnel, first) == ("won", "converted", "pending")

    booked = funnel.do("office", "/bookings", {"acceptance_ids": [acceptance]})
    assert (booked["job_id"], booked["contract_total"]) == (first["job_id"], "500.00")
    assert sale(funnel, acceptance)["change_order"] is False

    undo(funnel, acceptance)
    assert ends(funnel, first) == ("open", "valid", "cancelled")
    assert funnel.see(f"/opportunities/{first['opportunity_id']}")["job_id"] is None


@pytest.mark.parametrize("last", [0, 1])
def test_when_the_last_sale_of_a_job_is_undone_nothing_was_sold(funnel: Funnel, last: int) -> None:
    first = funnel.booked()
    further = funnel.accept(offered(funnel, first["opportunity_id"])[1])
    cancel(funnel, first)
    sales = [first["acceptance_ids"][0], further]

    undo(funnel, sales[1 - last])
    assert ends(funnel, first) == ("won", "converted", "pending")
    undo(funnel, sales[last])
    assert ends(funnel, first) == ("open", "valid", "cancelled")


@pytest.mark.parametrize("over", ["completed", "cancelled"])
def test_an_offer_that_was_out_all_along_is_sold_on_the_job_that_is_there(funnel: Funnel, over: str) -> None:
    estimate, link = funnel.sent()
    opportunity = funnel.see(f"/estimates/{estimate}")["opportunity_id"]
    further, other = offered(funnel, opportunity)  # before there is a job
    first = order(funnel, funnel.accept(link))
    if over == "completed":
        work(funnel, first, "start", "complete")
    else:
        cancel(funnel, first)

    acceptance = funnel.accept(other)

    assert sale(funnel, acceptance)["state"] == "completed"
    [job] = jobs(funnel, first)
    second = order(funnel, acceptance)
    assert (second["job_id"], second["state"], job["status"]) == (job["id"], "draft", "pending")
    assert funnel.see(f"/estimates/{further}")["job_id"] == job["id"]
    undo(funnel, acceptance)
    assert funnel.see(f"/estimates/{further}")["job_id"] is None
    assert ends(funnel, first) == ("won", "converted", "completed" if over == "completed" else "pending")
    assert funnel.see(f"/opportunities/{opportunity}")["job_id"] == job["id"]


def test_undoing_the_first_of_two_offers_that_were_out_leaves_the_job_to_the_other(funnel: Funnel) -> None:
    estimate, link = funnel.sent()
    opportunity = funnel.see(f"/estimates/{estimate}")["opportunity_id"]
    funnel.visit(opportunity)
    _, other = offered(funnel, opportunity)
    first = order(funnel, funnel.accept(link))
    further = funnel.accept(other)
    cancel(funnel, first)

    undo(funnel, first["acceptance_ids"][0])
    visits = funnel.as_("office").items(f"{API}/opportunities/{opportunity}/appointments")
    assert [one["job_id"] for one in visits] == [first["job_id"]]
    now = funnel.see(f"/opportunities/{opportunity}")
    assert (now["job_id"], now["expected_value"]) == (first["job_id"], "500.00")

    undo(funnel, further)
    assert ends(funnel, first) == ("open", "valid", "cancelled")
    visits = funnel.as_("office").items(f"{API}/opportunities/{opportunity}/appointments")
    assert [one["job_id"] for one in visits] == [None]


def test_undoing_the_second_sale_leaves_the_first_ones_estimate_on_its_job(funnel: Funnel) -> None:
    first = funnel.booked()
    work(funnel, first, "start", "complete")
    estimate, link = offered(funnel, first["opportunity_id"])
    undo(funnel, funnel.accept(link))

    assert funnel.see(f"/estimates/{first['estimate_ids'][0]}")["job_id"] == first["job_id"]
    assert funnel.see(f"/estimates/{estimate}")["job_id"] is None
    later, _ = offered(funnel, first["opportunity_id"])
    assert funnel.see(f"/estimates/{later}")["job_id"] == first["job_id"]
    assert ends(funnel, first) == ("won", "converted", "completed")


def leave_jobs_to_the_office(funnel: Funnel) -> None:
    path = f"{API}/bookings/settings"
    assert funnel.as_("admin").edit("PUT", path, {"sale_creates": "task"}).status_code == 200


def test_the_job_that_the_office_makes_is_that_of_everything_sold_before(funnel: Funnel) -> None:
    leave_jobs_to_the_office(funnel)
    first = funnel.booked()
    cancel(funnel, first)
    further, link = offered(funnel, first["opportunity_id"])
    acceptance = funnel.accept(link)
    second = order(funnel, acceptance)
    assert second["id"] != first["id"]

    job = funnel.do("office", "/bookings/jobs", {"acceptance_id": acceptance})

    assert [one["id"] for one in jobs(funnel, first)] == [job["id"]]
    assert [sale(funnel, one)["job_id"] for one in (first["acceptance_ids"][0], acceptance)] == [job["id"]] * 2
    assert [sale(funnel, one)["state"] for one in (first["acceptance_ids"][0], acceptance)] == ["completed"] * 2
    assert order(funnel, acceptance)["job_id"] == job["id"]
    assert [funnel.see(f"/estimates/{one}")["job_id"] for one in (*first["estimate_ids"], further)] == [job["id"]] * 2
    work(funnel, second, "start", "complete")


def test_the_job_of_a_sale_that_stands_alone_takes_its_records_in_though_the_first_sale_is_undone(
    funnel: Funnel,
) -> None:
    leave_jobs_to_the_office(funnel)
    first = funnel.booked()
    funnel.visit(first["opportunity_id"])
    estimate, link = offered(funnel, first["opportunity_id"])
    acceptance = funnel.accept(link)
    cancel(funnel, first)
    undo(funnel, first["acceptance_ids"][0])

    job = funnel.do("office", "/bookings/jobs", {"acceptance_id": acceptance})

    [visit] = funnel.as_("office").items(f"{API}/opportunities/{first['opportunity_id']}/appointments")
    assert (visit["job_id"], funnel.see(f"/estimates/{estimate}")["job_id"]) == (job["id"], job["id"])
    assert sale(funnel, acceptance)["state"] == "completed"


def test_a_sale_that_crosses_the_undoing_of_one_without_a_job_comes_to_its_end(funnel: Funnel) -> None:
    leave_jobs_to_the_office(funnel)
    estimate, link = funnel.sent()
    opportunity = funnel.see(f"/estimates/{estimate}")["opportunity_id"]
    _, other = offered(funnel, opportunity)
    first = funnel.accept(link)
    funnel.as_("office").post(f"{API}/bookings/sales/{first}/undo", {"reason": "they changed their mind"})

    acceptance = funnel.accept(other)
    funnel.do("office", "/bookings/jobs", {"acceptance_id": acceptance})

    assert [one["key"] for one in sale(funnel, acceptance)["steps"] if one["state"] != "done"] == []
    assert ends(funnel, order(funnel, acceptance)) == ("won", "converted", "pending")


def test_more_can_be_offered_after_an_acceptance_that_crossed_a_loss(funnel: Funnel) -> None:
    estimate, link = funnel.sent()
    opportunity = funnel.see(f"/estimates/{estimate}")["opportunity_id"]
    say_yes(funnel, link)
    funnel.do("salesperson", f"/opportunities/{opportunity}/lose", {"reason": "price", "void_offers": True})
    assert funnel.see(f"/opportunities/{opportunity}")["stage_type"] == "won"

    _, further = offered(funnel, opportunity)

    assert order(funnel, funnel.accept(further))["contract_total"] == "8900.00"


def test_the_jobs_of_what_is_booked_together_go_on_together(funnel: Funnel) -> None:
    home = {"line1": "1 Main St", "city": "Nashville", "region": "TN", "postal_code": "37201"}
    theirs = {"emails": ["ivy@castellan.example"], "address": home}
    sold = [funnel.booked(opportunity=funnel.opportunity(**theirs)) for _ in range(2)]
    for booking in sold:
        cancel(funnel, booking)
    acceptances = [one for booking in sold for one in booking["acceptance_ids"]]
    both = funnel.do("office", "/bookings", {"acceptance_ids": acceptances})

    def statuses() -> list[str]:
        return [funnel.see(f"/bookings/jobs/{booking['job_id']}")["status"] for booking in sold]

    work(funnel, both, "start")
    assert statuses() == ["in_progress", "in_progress"]
    more = order(funnel, funnel.accept(offered(funnel, sold[1]["opportunity_id"])[1]))
    funnel.do("operations", f"/bookings/{both['id']}/complete")
    assert statuses() == ["completed", "pending"]
    cancel(funnel, more)
    assert statuses() == ["completed", "completed"]
