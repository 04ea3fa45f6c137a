"""Sold work in the console: the office prepares and assigns it, operations take it over, by forms alone."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import services
from embedded import described
from embedded.testing import CAST, OPERATIONS, Bench, moment
from libs.common.auth import RULES, Role
from libs.common.contracts.parts import LineSold
from services.console.adapters import doors
from services.console.api.acts import EVERY
from tests.service.bookings_world import SOLD_AT, Orders, acceptance, material
from tests.service.console_reader import Page, Reader
from tests.service.on_paper import mails, words


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings", "notifications", "console"))


def opened(orders: Orders, who: str, booking: dict[str, Any], path: str = "") -> tuple[Reader, Page]:
    reader = Reader(orders.bench, who)
    page = reader.open(path or f"/bookings/{booking['id']}")
    assert page.status == 200, page.text
    return reader, page


def test_the_office_ticks_what_is_missing_says_ready_and_assigns(orders: Orders) -> None:
    booking = orders.sell()
    reader, page = opened(orders, "office", booking)
    assert "Assign to Operation" in page.blocked
    assert "It is ready" in page.blocked

    page = reader.press("Save the checklist", done=[one["key"] for one in booking["checklist"]])
    assert "3 of 3" in page.text
    page = reader.press("It is ready")
    assert (page.blocked, "Ready for operations." in page.text) == ([], True)
    page = reader.press("Assign to Operation", team_id=str(OPERATIONS), note="Gate code 4410")
    assert "Assigned; the team is alerted." in page.text

    seen = orders.see(booking["id"])
    assert (seen["state"], seen["team_id"], seen["note"]) == ("assigned", str(OPERATIONS), "Gate code 4410")


def test_the_crew_gets_the_work_on_paper_or_by_mail(orders: Orders) -> None:
    booking = orders.assigned()
    reader, page = opened(orders, "operations", booking)
    path = f"/bookings/{booking['id']}/booking.pdf"
    assert path in page._hrefs
    answer: Any = reader.client.get(path)
    assert answer.mimetype == "application/pdf"
    assert booking["number"] in words(answer.data)

    reader.follow("Send by e-mail")
    page = reader.press("Send by e-mail", to="crew@trucks.example, boss@trucks.example", note="The long ladder")
    assert "Sent." in page.text
    assert [one["recipient"] for one in mails(orders.bench, "bookings")] == [
        "boss@trucks.example",
        "crew@trucks.example",
    ]
    orders.bench.settle()
    every = orders.bench.as_("operations").items(f"/api/v1/pipeline/timeline?correlation_id={booking['lead_id']}")
    [told] = [one for one in every if one["kind"] == "booking.mailed"]
    assert told["words"]["to"] == ["crew@trucks.example", "boss@trucks.example"]


def test_everything_in_the_way_of_an_assignment_leads_to_where_it_is_put_right(orders: Orders) -> None:
    booking = orders.sell(deposit="1000.00")
    _, page = opened(orders, "manager", booking)
    here = f"/bookings/{booking['id']}"
    assert "Not yet: 5 things are missing" in page.text
    ways = [one for one in page._hrefs if one.startswith(f"{here}#")]
    assert ways == [f"{here}#ready", *(f"{here}#check-{one['key']}" for one in booking["checklist"]), f"{here}#deposit"]
    assert all(f'id="{one.partition("#")[2]}"' in page.html for one in ways)


def test_a_deposit_is_recorded_or_waived(orders: Orders) -> None:
    booking = orders.ready(deposit="1000.00")
    reader, page = opened(orders, "office", booking)
    assert page.blocked == ["Assign to Operation"]
    reader.follow("Record the deposit")
    page = reader.press("Save", deposit_paid="$400")
    assert "$600.00 of the deposit" in page.text
    page = reader.press("Waive it")
    assert ("Goes on without the deposit" in page.text, page.blocked) == (True, [])
    assert orders.see(booking["id"])["deposit_paid"] == "400.00"


def test_what_somebody_else_ticked_meanwhile_stays_ticked(orders: Orders) -> None:
    booking = orders.sell()
    first, second, third = (one["key"] for one in booking["checklist"])
    mine, _ = opened(orders, "office", booking)
    orders.edit(booking, checklist={first: True})
    mine.press("Save the checklist", done=[second])
    done = {one["key"] for one in orders.see(booking["id"])["checklist"] if one["done"]}
    assert done == {first, second}

    mine.press("Save the checklist", done=[second])
    assert {one["key"] for one in orders.see(booking["id"])["checklist"] if one["done"]} == {second}
    assert third not in done


def test_operations_find_it_in_their_inbox_accept_start_and_complete(orders: Orders) -> None:
    booking = orders.assigned()
    reader, page = opened(orders, "operations", booking, "/operations")
    assert "1 booking" in page.text or "One booking wants an answer" in page.text
    page = reader.press("Accept")
    assert "Nothing waits for an answer." in page.text
    page = reader.press("Start")
    reader.follow("Complete")
    page = reader.press("Complete", note="All well")
    assert ("Done." in page.text, orders.see(booking["id"])["state"]) == (True, "completed")


def test_what_is_overdue_comes_first_and_says_so_however_much_came_since(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each state there stood the hundred newest."""
    monkeypatch.setattr(doors, "MOST", 1)
    late = orders.assigned(name="Ann Late")
    orders.bench.clock.forward(days=3)
    soon = orders.assigned(name="Ben Soon")
    _, page = opened(orders, "operations", late, "/operations")
    assert page.text.index(late["title"]) < page.text.index(soon["title"])
    assert "one is overdue" in page.text


def test_work_goes_back_with_its_reason_and_is_made_ready_again(orders: Orders) -> None:
    booking = orders.assigned()
    reader, _ = opened(orders, "operations", booking, "/operations")
    page = reader.press("Return it", reason="No crew in that window")
    assert "Returned; whoever assigned it has been told why." in page.text

    reader, page = opened(orders, "manager", booking)
    assert "No crew in that window" in page.text
    page = reader.press("It is ready")
    page = reader.press("Assign to Operation", team_id=str(OPERATIONS))
    assert "Assigned; the team is alerted." in page.text


def test_a_person_who_is_nobody_of_the_team_is_refused_at_the_field(orders: Orders) -> None:
    reader, _ = opened(orders, "manager", orders.ready())
    stranger = str(CAST["salesperson"][0])
    page = reader.press("Assign to Operation", team_id=str(OPERATIONS), assignee_id=stranger, note="Crane needed")
    assert (page.status, "is nobody of this team" in page.text) == (422, True)
    assert ("note", "Crane needed") in page.forms[-1].fields


def test_a_change_order_is_added_and_read_by_the_team(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of what was sold long ago: there stood what was among the last 200 sales."""
    monkeypatch.setattr(doors, "MOST", 1)
    first = acceptance()
    whole = {"opportunity_id": first.opportunity_id, "lead_id": first.lead_id, "site": first.site}
    more, elsewhere = acceptance(total="640.00", **whole), acceptance(prospect=first.prospect, contact=first.contact)
    orders.sell(first)
    for both in (orders.sell(more), orders.sell(elsewhere)):
        orders.act(both, "cancel", "office", {"reason": "one after the other"})
    reader, page = opened(orders, "office", {}, "/do/booking.create")
    assert all(str(one.acceptance_id) in page.html for one in (first, more, elsewhere))
    page = reader.press("Draft a booking", acceptance_ids=[str(first.acceptance_id)])
    assert "Drafted." in page.text, page.text
    [booking] = orders.bench.as_("office").items("/api/v1/bookings?state=draft")
    taken = orders.act(orders.hand(orders.act(orders.ticked(booking), "ready", "office")), "accept", "operations")
    reader, _ = opened(orders, "office", taken)
    page = reader.follow("Add")
    assert str(more.acceptance_id) in page.html
    assert str(elsewhere.acceptance_id) not in page.html  # it was sold on another job
    page = reader.press("Add a change order", acceptance_id=str(more.acceptance_id))
    assert "Added." in page.text, page.text
    assert "There is nothing to choose from yet." in reader.follow("Add").text
    reader, page = opened(orders, "operations", taken)
    assert "Not read yet" in page.text
    page = reader.press("Read it")
    assert "Noted that you know of it." in page.text
    assert orders.see(booking["id"])["contract_total"] == "9040.00"


def test_a_sale_that_left_the_job_to_the_office_gets_it_and_can_be_renamed(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = orders.bench.as_("admin")
    office.edit("PUT", "/api/v1/bookings/settings", {"sale_creates": "task"})
    booking = orders.sell(name="Greta Hollis", emails=("greta@hollis.example",))
    orders.sell(name="Greta Hollis", emails=("greta@hollis.example",))
    monkeypatch.setattr(doors, "MOST", 1)
    reader, page = opened(orders, "office", booking, "/bookings")
    assert page.text.count("the job is to be made") == 2
    reader.open(next(one for one in page._hrefs if "/do/job.make" in one and booking["acceptance_ids"][0] in one))
    page = reader.press("Make the job")
    assert "Made." in page.text, page.text
    page = reader.press("Rename", name="Hollis, tankless")
    assert "Renamed." in page.text
    page = reader.press("Call it by the rule")
    assert page.text.count("Greta Hollis") > 1
    page = reader.open(f"/customers/{booking['customer_id']}")
    assert page.html.count('href="/bookings/') == 2, "all that they have bought"
    page = reader.press("Save contacts", name=["Greta Hollis", "Bob Hollis"], phone=["615-555-0142", "615-555-0143"],
                        company=["", ""], email=["greta@hollis.example", ""])  # fmt: skip
    assert "Saved." in page.text, page.text
    assert "(615) 555-0143" in page.html or "615-555-0143" in page.html


def test_material_is_listed_and_said_where_it_stands(orders: Orders) -> None:
    booking = orders.sell(acceptance(materials=(material("Line set, insulated", "16", "LS-1"),)))
    reader, page = opened(orders, "office", booking)
    assert "Line set, insulated" in page.text
    reader.follow("Say where it stands")
    page = reader.press("Save", ordering_status="ordered")
    assert ("Saved." in page.text, orders.see(booking["id"])["ordering_status"]) == (True, "ordered")


def test_how_much_is_sold_and_ordered_is_told_to_the_thousandth(orders: Orders) -> None:
    pipe = LineSold(description="Pipe, laid", qty=Decimal("1250.125"), unit_price=Decimal(1), amount=Decimal("1250.13"))
    booking = orders.sell(acceptance(lines=(pipe,), materials=(material("Pipe", "1234567.25"),)))
    _, page = opened(orders, "office", booking)
    assert "Pipe, laid 1,250.125 $1,250.13" in " ".join(page.text.split())
    assert "1,234,567.25 piece" in page.text


def test_a_right_to_cancel_ends_with_its_last_day(orders: Orders) -> None:
    orders.bench.clock.now = SOLD_AT
    booking = orders.sell(cancel_until=moment("2026-03-12 05:00"))
    _, page = opened(orders, "office", booking)
    assert "The customer may cancel until Wed 11 March 24:00" in page.text
    orders.act(orders.ticked(booking), "ready", "office")
    _, page = opened(orders, "office", booking)
    assert "until Wed 11 March 24:00" in page.text.partition("The customer may cancel")[0]


def test_who_only_reads_is_offered_nothing(orders: Orders) -> None:
    booking = orders.assigned()
    for who in ("auditor", "salesperson"):
        _, page = opened(orders, who, booking)
        assert not [one for one in page.offered if one.startswith(("/do/booking", "/do/sale"))], who


def test_every_call_of_bookings_has_its_act() -> None:
    told = {
        f"{method} {path.removeprefix('/api/v1')}"
        for method, path, who, _ in described.of(services.spec("bookings"))
        if method in ("POST", "PUT", "PATCH") and "/parked" not in path and not path.endswith(("/replay", "/settings"))
    }
    assert told
    assert told <= {one.call for one in EVERY.values()}


def test_every_role_is_shown_what_it_may_do_with_work_in_each_state(orders: Orders) -> None:
    """What the owner allows stands on the page: as a button, a link, or blocked with its reasons."""
    for state in ("draft", "ready", "on_hold", "assigned", "returned", "accepted", "in_progress"):
        booking = orders.in_state(state)
        for who in ("manager", "office", "operations"):
            allowed = {one["action"] for one in orders.see(booking["id"], who)["allowed"]}
            _, page = opened(orders, who, booking)
            for act in EVERY.values():
                if act.key.startswith("booking.") and act.action in allowed and act.action != "acknowledge":
                    shown = f"/do/{act.key}/{booking['id']}" in page.offered or act.label in page.blocked
                    assert shown, f"{who} is not offered {act.key} in {state}"
    assert Role("office") in RULES["booking.prepare"]
