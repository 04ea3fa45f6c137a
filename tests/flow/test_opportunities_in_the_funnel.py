"""Opportunities between leads, estimates and bookings: every conversation once, each fact delivered twice."""

from collections.abc import Callable
from typing import Any

import pytest

from embedded.testing import CAST, HOME, Bench
from tests.service.opportunity_stories import ME, OPPORTUNITIES, Record, call_at, done, refused, seen

LEADS, ESTIMATES, SALES = "/api/v1/leads", "/api/v1/estimates", "/api/v1/bookings/sales"
CALENDAR = "/api/v1/pipeline/calendar"
PERSON = {"channel": "phone", "phones": ["615-555-0100"], "request": "A heat pump", "trade": "hvac"}
LINE = {"description": "Heat pump, installed", "qty": "1", "unit_price": "8400.00", "taxable": False}
REACHED = {"channel": "phone", "direction": "outbound", "outcome": "reached"}


@pytest.fixture
def funnel(bench: Callable[..., Bench]) -> Bench:
    return bench()


def said(answer: Any) -> Record:
    assert answer.status_code in (200, 201), answer.get_data(as_text=True)
    record: Record = answer.get_json()
    return record


def converted(funnel: Bench) -> tuple[Record, Record]:
    """An opportunity that came from a lead and was worked, and the estimate drafted for it."""
    csr, sales = funnel.as_("csr"), funnel.as_("salesperson")
    lead = said(csr.post(LEADS, {**PERSON, "person_name": "Ada Byron", "owner_id": str(ME)}))
    said(csr.post(f"{LEADS}/{lead['id']}/validate"))
    funnel.settle(deliver_twice=True)
    [found] = csr.items(f"{OPPORTUNITIES}?lead_id={lead['id']}")
    done(funnel, found["id"], "contact-attempts", REACHED)
    done(funnel, found["id"], "appointments", call_at("2026-12-01T15:00:00Z"))
    done(funnel, found["id"], "convert")
    funnel.settle(deliver_twice=True)
    [estimate] = sales.items(f"{ESTIMATES}?opportunity_id={found['id']}")
    return found, estimate


def sent(funnel: Bench) -> tuple[Record, Record, str]:
    """The same with its offer sent; the customer's link at the end."""
    (found, estimate), sales = converted(funnel), funnel.as_("salesperson")
    path, body = f"{ESTIMATES}/{estimate['id']}", {"options": [{"name": "Standard", "lines": [LINE]}]}
    said(sales.edit("PUT", f"{path}/draft", body, read=path))
    url = said(sales.post(f"{path}/send", {"to": ["customer@example.com"]}))["share_url"]
    funnel.settle(deliver_twice=True)
    return found, estimate, f"/api/v1/shared/{url.rpartition('/')[2]}"


def test_the_newest_estimate_is_the_selected_one(funnel: Bench) -> None:
    found, first = converted(funnel)
    assert seen(funnel, found["id"])["selected_estimate_id"] == first["id"]

    second = said(funnel.as_("salesperson").post(ESTIMATES, {"opportunity_id": found["id"]}))
    funnel.settle(deliver_twice=True)
    assert seen(funnel, found["id"])["selected_estimate_id"] == second["id"]


def test_an_opportunity_stands_on_the_estimate_that_is_chosen_and_is_worth_what_that_offers(funnel: Bench) -> None:
    """Whatever the clock of the process that minted their ids says: the test's own stands still behind it."""
    found, first, _ = sent(funnel)
    body = {"opportunity_id": found["id"], "options": [{"name": "Best", "lines": [{**LINE, "unit_price": "9900.00"}]}]}
    second = said(funnel.as_("salesperson").post(ESTIMATES, body))
    said(funnel.as_("salesperson").post(f"{ESTIMATES}/{second['id']}/send", {"to": ["customer@example.com"]}))
    funnel.settle()
    assert seen(funnel, found["id"])["expected_value"] == "9900.00"

    said(funnel.as_("salesperson").post(f"{ESTIMATES}/{first['id']}/select"))
    funnel.settle(deliver_twice=True)

    now = seen(funnel, found["id"])
    assert (now["selected_estimate_id"], now["expected_value"]) == (first["id"], "8400.00")


def test_a_sale_wins_moves_and_is_ticked_off_and_its_undoing_takes_all_of_it_back(funnel: Bench) -> None:
    found, _, link = sent(funnel)
    option = said(funnel.public.get(link))["options"][0]["id"]
    yes = {"option": option, "typed_name": "Ada Byron", "consent": True}
    sale = f"{SALES}/{said(funnel.public.post(f'{link}/accept', yes))['acceptance_id']}"
    funnel.settle(deliver_twice=True)

    office = funnel.as_("office")
    now = seen(funnel, found["id"])
    assert now["stage_type"] == "won"
    assert [one["job_id"] for one in office.items(f"{OPPORTUNITIES}/{found['id']}/appointments")] == [now["job_id"]]
    assert {step["state"] for step in said(office.get(sale))["steps"]} == {"done"}
    assert said(office.get(f"{LEADS}/{found['lead_id']}"))["state"] == "converted"

    said(office.post(f"{sale}/undo", {"reason": "they changed their mind"}))
    funnel.settle(deliver_twice=True)
    now = seen(funnel, found["id"])
    assert (now["stage"], now["job_id"]) == ("estimate_sent", None)
    assert [one["job_id"] for one in office.items(f"{OPPORTUNITIES}/{found['id']}/appointments")] == [None]
    assert said(office.get(f"{LEADS}/{found['lead_id']}"))["state"] == "valid"


def test_a_declined_offer_ends_it_with_the_customers_reason(funnel: Bench) -> None:
    found, _, link = sent(funnel)
    said(funnel.public.post(f"{link}/decline", {"reason": "price"}))
    funnel.settle(deliver_twice=True)

    assert seen(funnel, found["id"])["lost"]["reason"] == "price"


def test_a_visit_to_what_was_lost_is_off_the_calendar_and_whoever_was_to_go_is_told(funnel: Bench) -> None:
    found, _, link = sent(funnel)
    sales, day = funnel.as_("salesperson"), f"{CALENDAR}?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z"
    assert len(said(sales.get(day))["items"]) == 1

    said(funnel.public.post(f"{link}/decline", {"reason": "price"}))
    funnel.settle(deliver_twice=True)

    assert said(sales.get(day))["items"] == []
    [visit] = sales.items(f"{OPPORTUNITIES}/{found['id']}/appointments")
    told = [(one["kind"], one["subject"]) for one in sales.items("/api/v1/notifications?unread=true&limit=200")]
    assert ("appointment_cancelled", visit["id"]) in told


def test_a_loss_that_voids_its_offers_withdraws_them(funnel: Bench) -> None:
    found, estimate, _ = sent(funnel)
    refused(funnel, found["id"], "lose", 409, {"reason": "price"})
    done(funnel, found["id"], "lose", {"reason": "price", "void_offers": True})
    funnel.settle(deliver_twice=True)

    assert said(funnel.as_("salesperson").get(f"{ESTIMATES}/{estimate['id']}"))["state"] == "withdrawn"


def test_a_valid_lead_is_given_away_with_its_opportunity(funnel: Bench) -> None:
    found, _ = converted(funnel)
    colleague = str(CAST["colleague"][0])
    said(funnel.as_("csr").post(f"{LEADS}/{found['lead_id']}/assign", {"owner_id": colleague}))
    funnel.settle(deliver_twice=True)

    assert seen(funnel, found["id"], by="colleague")["salesperson_id"] == colleague


@pytest.mark.parametrize(
    ("by_way_of", "told"),
    [
        ((), {"salesperson": ["lead_handed_over"], "colleague": ["lead_reassigned"]}),
        (
            ("csr",),  # who does not sell: the lead goes first, the opportunity with its next owner
            {"salesperson": ["opportunity_handed_over", "lead_handed_over"], "colleague": ["lead_reassigned"]},
        ),
    ],
)
def test_that_a_valid_lead_is_given_away_is_said_once_to_each_whom_it_concerns(
    funnel: Bench, by_way_of: tuple[str, ...], told: dict[str, list[str]]
) -> None:
    found, _ = converted(funnel)
    said(funnel.as_("salesperson").post("/api/v1/notifications/read-all"))
    for name in (*by_way_of, "colleague"):
        said(funnel.as_("office").post(f"{LEADS}/{found['lead_id']}/assign", {"owner_id": str(CAST[name][0])}))
        funnel.settle(deliver_twice=True)

    unread = {name: funnel.as_(name).items("/api/v1/notifications?unread=true") for name in told}
    assert {name: [one["kind"] for one in news] for name, news in unread.items()} == told


def test_an_opportunity_first_has_its_valid_lead_behind_it(funnel: Bench) -> None:
    body = {"prospect": {**PERSON, "person_name": "Walk In"}, "product_interest": "furnace", "salesperson_id": str(ME)}
    made = said(funnel.as_("csr").post(OPPORTUNITIES, body))
    funnel.settle(deliver_twice=True)

    lead = said(funnel.as_("csr").get(f"{LEADS}/{made['lead_id']}"))
    assert (lead["state"], lead["person_name"], lead["owner_id"]) == ("valid", "Walk In", str(CAST["salesperson"][0]))
    [found] = funnel.as_("csr").items(f"{OPPORTUNITIES}?lead_id={made['lead_id']}")
    assert (found["id"], found["lead_number"]) == (made["id"], lead["number"])


def test_the_lead_of_an_opportunity_entered_first_keeps_what_was_said_of_the_prospect(funnel: Bench) -> None:
    """What the CSR heard goes before what the branch's lists say; and who wants no calls stays who wants none."""
    said_so = {
        "trade": "roofing",
        "address": {"line1": "1 Rue de Rivoli", "city": "Paris", "postal_code": "75001"},
        "fit": {"in_service_area": True, "trade_offered": True, "customer_type": "residential"},
        "do_not_contact": True,
        "branch": str(HOME),
    }
    body = {"prospect": {**PERSON, "person_name": "Walk In", **said_so}, "product_interest": "furnace"}
    made = said(funnel.as_("csr").post(OPPORTUNITIES, body))
    funnel.settle(deliver_twice=True)

    lead = said(funnel.as_("csr").get(f"{LEADS}/{made['lead_id']}"))
    assert lead["fit"] == {**said_so["fit"], "budget_band": None}
    assert lead["do_not_contact"] is True


def test_an_opportunity_stands_on_what_was_agreed_to_whichever_estimate_was_chosen_before(funnel: Bench) -> None:
    found, first, link = sent(funnel)
    second = said(funnel.as_("salesperson").post(ESTIMATES, {"opportunity_id": found["id"]}))
    funnel.settle(deliver_twice=True)
    assert seen(funnel, found["id"])["selected_estimate_id"] == second["id"]

    funnel.clock.forward(minutes=1)
    [option] = said(funnel.public.get(link))["options"]
    said(funnel.public.post(f"{link}/accept", {"option": option["id"], "typed_name": "Ada Byron", "consent": True}))
    funnel.settle(deliver_twice=True)

    won = seen(funnel, found["id"])
    assert (won["stage"], won["selected_estimate_id"]) == ("won", first["id"])
    card = said(funnel.as_("manager").get(f"/api/v1/pipeline/cards/{won['lead_id']}"))
    assert (card["estimate_id"], card["estimate_state"]) == (first["id"], "accepted")


def test_whoever_sells_puts_a_wrong_number_right_though_the_enquiry_is_nobodys(funnel: Bench) -> None:
    csr, sales = funnel.as_("csr"), funnel.as_("salesperson")
    lead = said(csr.post(LEADS, {**PERSON, "person_name": "Ada Byron"}))
    path = f"{LEADS}/{lead['id']}"
    said(csr.post(f"{path}/validate"))
    funnel.settle(deliver_twice=True)
    [found] = csr.items(f"{OPPORTUNITIES}?lead_id={lead['id']}")
    assert sales.get(path).status_code == 404
    said(csr.post(f"{OPPORTUNITIES}/{found['id']}/assign", {"salesperson_id": str(ME)}))
    funnel.settle(deliver_twice=True)

    assert [one["action"] for one in said(sales.get(path))["allowed"]] == ["contact", "edit", "type"]
    said(sales.edit("PATCH", path, {"phones": ["615-555-0142"]}, read=path))
    assert (sales.items(LEADS), sales.post(f"{path}/invalidate", {"reason": "spam"}).status_code) == ([], 404)
    funnel.settle(deliver_twice=True)
    assert [one["typed"] for one in seen(funnel, found["id"])["prospect"]["phones"]] == ["615-555-0142"]

    said(csr.post(f"{OPPORTUNITIES}/{found['id']}/assign", {"salesperson_id": str(CAST["colleague"][0])}))
    funnel.settle(deliver_twice=True)
    assert (sales.get(path).status_code, funnel.as_("colleague").get(path).status_code) == (404, 200)
