"""Everybody comes from Today to what waits for them by links alone, and does it there: a price, work, a job, a sale."""

import html
import re
from collections.abc import Callable

import pytest

import services
from embedded.testing import CAST, OPERATIONS, Bench
from tests.flow.funnel import Funnel
from tests.service.bookings_world import Orders
from tests.service.console_reader import Page, Reader

NEXT = re.compile('<h2 id="next">(.*?)</h2>')
LINK = re.compile('<a [^>]*href="(/[^/"][^"]*)"')  #: to a page of the console


@pytest.fixture
def funnel(bench: Callable[..., Bench]) -> Funnel:
    return Funnel(bench(*services.NAMES))


class Walk:
    """Somebody who knows no address: opens Today, follows what it offers, and presses what stands there."""

    def __init__(self, bench: Bench, who: str) -> None:
        self.bench, self.reader = bench, Reader(bench, who)

    def to(self, *links: str) -> Page:
        """From Today by one link after the other; each is the first whose words hold these."""
        self.reader.open("/")
        for words in links:
            self.follow(words)
        return self.reader.page

    def follow(self, words: str) -> Page:
        page = self.reader.page
        found = [said for said in page.links if words in said]
        assert found, f"no link {words!r} at {page.answer.request.path}: {sorted(page.links)}"
        opened = self.reader.follow(found[0])
        assert opened.status == 200, f"{words} leads to {opened.status}: {opened.text}"
        return opened

    def press(self, button: str, **typed: str | list[str]) -> Page:
        page = self.reader.press(button, **typed)
        assert page.status == 200, page.text
        self.bench.settle()
        return page


def test_a_price_waits_for_the_manager_is_refused_asked_for_again_and_approved(funnel: Funnel) -> None:
    estimate = funnel.estimate()
    funnel.price(estimate, discount={"percent": "40"})
    sales, manager = Walk(funnel.bench, "salesperson"), Walk(funnel.bench, "manager")
    sales.to("Estimates", "Prospect", "Ask for approval")
    assert "Waits for approval" in sales.press("Ask for approval", note="or they go elsewhere").text

    page = manager.to()
    assert "Look at the price for Prospect" in page.text
    page = manager.follow("Open the estimate")
    assert "or they go elsewhere" in page.text
    manager.follow("Do not approve")
    manager.press("Do not approve", reason="20 percent at most")
    assert "Look at the price" not in manager.to().text

    page = sales.to("not approved")
    assert "20 percent at most" in page.text
    sales.follow("Ask for approval")
    sales.press("Ask for approval", note="They pay at once")
    manager.to("Open the estimate", "Approve")
    assert "Approved. It can be sent." in manager.press("Approve").text
    assert "Approved" in sales.to("approved").text


def test_work_is_held_returned_and_done_by_whoever_it_waits_for(funnel: Funnel) -> None:
    booking = funnel.booked()
    office, manager, operations = (Walk(funnel.bench, who) for who in ("office", "manager", "operations"))
    office.to("Open the booking")
    office.press("Save the checklist", done=[one["key"] for one in booking["checklist"]])
    office.press("It is ready")
    office.follow("Put on hold")
    assert "On hold for: Permit" in office.press("Put on hold", reason="permit", note="The city wants a drawing").text
    office.to("Bookings")
    page = office.press("Apply", state="on_hold")
    assert "On hold" in page.text
    office.follow("Prospect")
    office.follow("It may go on")
    assert "It goes on." in office.press("It may go on", note="Drawing approved").text

    manager.to("Open the booking")
    assert "Assigned; the team is alerted." in manager.press("Assign to Operation", team_id=str(OPERATIONS)).text
    page = operations.to("Open the work")
    operations.follow("Return it")
    assert "Returned" in operations.press("Return it", reason="No crane before June").text

    page = office.to("Open the booking")
    assert "No crane before June" in page.text
    assert "Ready for operations." in office.press("It is ready").text
    manager.to("Open the booking")
    manager.press("Assign to Operation", team_id=str(OPERATIONS))
    operations.to("Operations")
    operations.press("Accept")
    operations.to("Open the work")
    operations.press("Start")
    operations.to("Operations", "Prospect", "Complete")
    assert "Done." in operations.press("Complete", note="Filter shown to the customer").text
    office.to("Bookings", "Prospect", "Open the job and close it")
    assert "Closed: everything is settled." in office.press("Close the job").text


def test_a_job_is_made_renamed_and_corrected_and_its_customer_too(funnel: Funnel) -> None:
    admin = funnel.as_("admin").edit("PUT", "/api/v1/bookings/settings", {"sale_creates": "task"})
    assert admin.status_code == 200, admin.get_data(as_text=True)
    funnel.booked()
    office = Walk(funnel.bench, "office")
    office.to("Bookings", "EST")
    assert "Made." in office.press("Make the job").text
    assert "Renamed." in office.press("Rename", name="Hollis, tankless").text
    office.to("Bookings", "Jobs", "Hollis, tankless", "Edit")
    assert "Saved." in office.press("Save", type="installation", site__line1="9 Tanager Close").text
    assert "9 Tanager Close" in office.to("Bookings", "Jobs", "Hollis, tankless").text
    office.to("Bookings", "Customers", "Prospect", "Edit")
    assert "Saved." in office.press("Save", name="Greta Hollis", bill_to__name="Hollis Ltd").text
    page = office.to("Bookings", "Customers", "Greta Hollis")
    assert "Hollis Ltd" in page.text
    people = {"name": ["Greta", "Bob"], "phone": ["615-555-0142", "615-555-0143"], "company": ["", ""]}
    page = office.press("Save contacts", **people, email=["greta@hollis.example", ""])
    assert "Saved." in page.text
    assert "Hollis, tankless" in page.links


def test_a_sale_that_stopped_is_tried_again_and_one_that_was_a_mistake_is_undone(bench: Callable[..., Bench]) -> None:
    orders = Orders(bench("bookings", "notifications", "console"))
    orders.sell(name="Greta Hollis")
    orders.bench.clock.forward(minutes=16)  # longer than a sale waits for its steps
    orders.bench.system.due()
    office = Walk(orders.bench, "office")
    page = office.to("Bookings")
    assert "a step of the sale has not happened" in page.text
    office.follow("Greta Hollis")
    assert "Asked again" in office.press("Try again").text
    office.to("Bookings", "Greta Hollis", "Undo the sale")
    assert "Undone" in office.press("Undo the sale", reason="Signed by the wrong person").text
    assert "Cancelled" in office.to("Bookings", "Greta Hollis").text


def test_where_a_price_stands_after_the_yes_is_said_to_all_who_read_it_and_leads_on(funnel: Funnel) -> None:
    booking = funnel.booked()
    opportunity, [sale] = booking["opportunity_id"], booking["acceptance_ids"]
    estimate = funnel.one(f"/estimates?opportunity_id={opportunity}")["id"]

    def read(who: str) -> set[str]:
        pages = [
            Reader(funnel.bench, who).open(f"/{one}")
            for one in (f"opportunities/{opportunity}", f"estimates/{estimate}")
        ]
        return {step for page in pages for step in NEXT.findall(page.answer.get_data(as_text=True))}

    for who in ("csr", "salesperson", "office"):
        assert read(who) == {"It is work now"}, who
    funnel.do("office", f"/bookings/sales/{sale}/undo", {"reason": "The wrong house"})
    for who in ("csr", "salesperson", "office"):
        assert read(who) == {"The sale was taken back"}, who
    seller = Walk(funnel.bench, "salesperson")
    page = seller.reader.open(f"/opportunities/{opportunity}")
    assert "Estimate came back from the sale office" in page.text
    assert "A new customer Today" in page.text, "it was not the customer's doing"
    assert page.text.count("Negotiation Won Next") == 1, "it is won no longer, on whichever day it was"
    assert "Drafted and selected." in seller.press("Another estimate").text
    assert "Price it and send it" in seller.reader.open(f"/opportunities/{opportunity}").text


def test_every_stand_of_an_opportunity_has_its_one_next_step(funnel: Funnel) -> None:
    """What the card says of it, and what its first button is or leads to, from the first call to the work done."""
    lead = funnel.lead()
    funnel.do("csr", f"/leads/{lead['id']}/validate")
    ident = funnel.one(f"/opportunities?lead_id={lead['id']}")["id"]
    path, seller = f"/opportunities/{ident}", "salesperson"

    def next_step(who: str = seller) -> tuple[str, str]:
        page = Reader(funnel.bench, who).open(path)
        card = page.html[page.html.index('<h2 id="next">') :]
        return NEXT.findall(page.html)[0], re.findall(
            r'<(?:a|button)[^>]* class="btn[^>]*>(?:<svg.*?</svg>)?([^<]*)', card
        )[0]

    assert next_step("csr") == ("Give it to a salesperson", "Give it to somebody")
    funnel.do("csr", f"{path}/assign", {"salesperson_id": str(CAST[seller][0])})
    assert next_step() == ("Call them back", "Log contact")
    funnel.visit(ident, minutes=600)
    assert next_step() == ("Log how they were reached, or call them", "Log contact")
    funnel.do(seller, f"{path}/contact-attempts", {"channel": "phone", "direction": "outbound", "outcome": "reached"})
    assert next_step() == ("Ask what must be known, then convert", "Convert: ready for a price")
    estimate = funnel.estimate(ident)
    assert next_step() == ("Price it and send it", "Open the estimate")
    funnel.price(estimate)
    sent = funnel.do(seller, f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})
    assert next_step() == ("The customer has it", "Open the estimate")
    token = sent["share_url"].rpartition("/")[2]
    funnel.bench.public.post(f"/api/v1/shared/{token}/request-changes", {"text": "No duct"})
    funnel.settle()
    assert next_step() == ("They asked for a change", "Open the estimate")
    funnel.accept(token)
    assert next_step() == ("It is work now", "Open the booking")
    other = funnel.opportunity(do_not_contact=True)
    path = f"/opportunities/{other}"
    assert next_step()[0] == "They do not want to be contacted: log it when they are in touch"
    funnel.do(seller, f"{path}/contact-attempts", {"channel": "phone", "direction": "inbound", "outcome": "reached"})
    assert next_step() == ("Set a time to see them", "Set an appointment")


def test_everybody_finds_on_today_what_waits_for_them_the_most_urgent_first(funnel: Funnel) -> None:
    priced = funnel.estimate(funnel.opportunity(person_name="Pia Priced"))
    line = {"description": "Heat pump", "qty": "1", "unit_price": "8400.00"}
    dear = {"options": [{"name": "Standard", "lines": [line]}], "discount": {"percent": "20"}}
    path = f"/api/v1/estimates/{priced}"
    assert funnel.as_("salesperson").edit("PUT", f"{path}/draft", dear, read=path).status_code == 200
    funnel.do("salesperson", f"/estimates/{priced}/submit")
    funnel.booked(opportunity=funnel.opportunity(person_name="Sol Sold"))
    given = funnel.booked(opportunity=funnel.opportunity(person_name="Gus Given"))
    funnel.assigned(given["id"])
    for n in range(8):
        funnel.lead(person_name=f"Ann {n}")

    for who, first, lists in (
        ("csr", "Call Pia Priced back", ["answer", "new"]),
        ("salesperson", "Call Pia Priced back", []),
        ("manager", "Look at the price for Pia Priced", ["to_hand_over"]),
        ("office", "Prepare Sol Sold for operations", ["new", "answer"]),
        ("operations", "Accept Gus Given, or give it back", []),
    ):
        page = Reader(funnel.bench, who).open("/")
        told = page.text[page.text.index("Next best step") :]
        assert told.startswith(f"Next best step {first} "), (who, told[:200])
        assert re.findall(r'id="w-([a-z_]+)"', page.html) == lists, who
    reader = Reader(funnel.bench, "csr")
    page = reader.open("/")
    assert "New enquiries 6+" in page.text
    assert re.findall(r'href="([^"]+)">All of them', page.html) == ["/cards?answer_late=false", "/leads?state=new"]
    page = reader.follow("All of them")
    assert {f"Ann {n}" for n in range(8)} | {"Pia Priced"} <= page.links.keys(), (
        "those, and not the new enquiries alone"
    )
    assert "To answer" in page.text


def test_who_does_not_want_to_be_contacted_is_called_by_no_button_of_today_either(funnel: Funnel) -> None:
    funnel.lead(person_name="Quin Quiet", phones=["615-555-0142"], do_not_contact=True)
    page = Reader(funnel.bench, "csr").open("/")
    assert "Next best step Quin Quiet: log it when they are in touch" in page.text
    assert "Do not contact" in page.text
    assert not [one for one in page.links.values() if one.startswith("tel:")]


def test_who_writes_the_next_price_reads_what_the_customer_asked_for_and_sends_it_where_the_last_one_went(
    funnel: Funnel,
) -> None:
    estimate = funnel.estimate(funnel.opportunity(emails=[], phones=["615-555-0117"]))
    funnel.price(estimate)
    funnel.do("salesperson", f"/estimates/{estimate}/send", {"to": ["june@old.example"]})
    funnel.bench.clock.forward(minutes=5)
    link = funnel.do("salesperson", f"/estimates/{estimate}/links", {"to": ["june@new.example"]})["share_url"]
    wish = {"text": "No duct, please"}
    asked = funnel.bench.public.post(f"/api/v1/shared/{link.rpartition('/')[2]}/request-changes", wish)
    assert asked.status_code == 200, asked.get_data(as_text=True)
    funnel.settle()
    seller = Walk(funnel.bench, "salesperson")
    seller.reader.open(f"/estimates/{estimate}")
    seller.follow("Revise")

    page = seller.press("Revise", reason="Without the duct")

    assert "No duct, please" in page.text
    assert "Nobody has haggled yet." not in page.text
    assert ("to", "june@new.example") in seller.press("Send").forms[-1].fields


def test_a_price_that_ran_out_is_not_said_to_be_unsent(funnel: Funnel) -> None:
    opportunity = funnel.opportunity()
    funnel.sent(opportunity=opportunity)
    funnel.bench.clock.forward(days=40)
    funnel.bench.system.due()
    funnel.settle()

    page = Reader(funnel.bench, "salesperson").open(f"/opportunities/{opportunity}")

    assert "The price that was out holds no longer" in page.text
    assert "Nothing has gone to the customer yet" not in page.text


@pytest.mark.parametrize("who", [name for name in CAST if name not in ("colleague", "stranger")])
def test_no_link_of_any_page_leads_somebody_to_a_closed_door(funnel: Funnel, who: str) -> None:
    sold, open_ = funnel.opportunity(), funnel.opportunity()
    funnel.visit(sold)
    funnel.visit(open_, minutes=120)
    booking = funnel.booked(opportunity=sold)
    funnel.assigned(booking["id"])
    funnel.do("operations", f"/bookings/{booking['id']}/accept")
    funnel.price(funnel.estimate())
    funnel.lead()
    reader, ahead, seen, closed = Reader(funnel.bench, who), [("/", "")], {"/"}, []
    while ahead:
        path, of = ahead.pop()
        page = reader.open(path)
        if page.status != 200:
            closed.append(f"{path} of {of}: {page.status}")
        links = [html.unescape(one) for one in LINK.findall(page.html)]
        for link in [*links, *(bare for one in links if (bare := one.partition("?")[0]) != one)]:
            kind = re.sub("=[^&]*|[0-9a-f-]{36}", "", link)
            if kind not in seen and ".pdf" not in kind:
                seen.add(kind)
                ahead.append((link, path))
    assert not closed
    assert len(seen) > 5


def test_what_happened_says_of_every_change_what_it_was(funnel: Funnel) -> None:
    ident = funnel.opportunity()
    ask = {"key": "filter", "text": "Which filter?", "type": "text"}
    body = {"name": "Filters", "kind": "profile", "questions": [ask]}
    made = funnel.as_("admin").call("PUT", "/api/v1/opportunities/question-sets/filters", json=body).get_json()
    said = {"question_set_id": made["id"], "answers": {made["questions"][0]["id"]: "A 16x25x4"}}
    funnel.do("salesperson", f"/opportunities/{ident}/answers", said)
    booking = funnel.booked(opportunity=ident)
    funnel.assigned(booking["id"])
    page = Reader(funnel.bench, "salesperson").open(f"/opportunities/{ident}")
    assert "Handed to operations manager, to operations" in page.text, "who sold it is not who it was handed to"
    for words in ("Questions answered", "The job of this sale is known", "Estimate went with the sale Today"):
        assert words in page.text
    assert "Done by itself The customer" not in page.text
    assert "Opportunity corrected" not in page.text
    funnel.do("office", f"/bookings/{booking['id']}/cancel", {"reason": "They moved away"})
    page = Reader(funnel.bench, "salesperson").open(f"/opportunities/{ident}")
    assert NEXT.findall(page.html) == ["The work is not done: it was cancelled"]


def test_what_happened_says_that_another_price_is_what_it_is_worth(funnel: Funnel) -> None:
    opportunity = funnel.opportunity()
    estimate, _ = funnel.sent("8400.00", opportunity)
    funnel.do("salesperson", f"/estimates/{estimate}/revise", {"reason": "less to do"})
    funnel.price(estimate, "7900.00")
    funnel.do("salesperson", f"/estimates/{estimate}/send", {"to": ["customer@example.com"]})
    page = Reader(funnel.bench, "salesperson").open(f"/opportunities/{opportunity}")

    assert "Worth another amount now" in page.text
    assert page.text.count("estimate counts now") == 1, "it is told by the estimate, and by who goes by it"
    assert re.search(r"This estimate counts now salesperson, EST-[-0-9]+ Today", page.text)


def test_what_stands_in_the_way_is_said_before_a_form_is_filled_in_and_who_may_do_what_the_reader_may_not(
    funnel: Funnel,
) -> None:
    """A menu led to forms that were refused when they were sent; and who read *It came to nothing* read no more."""
    opportunity = funnel.opportunity()
    estimate, _ = funnel.sent("8400.00", opportunity)
    seller = Reader(funnel.bench, "salesperson")
    assert "Not yet: 1 thing is missing" in seller.open(f"/do/opportunity.lose/{opportunity}").text
    funnel.do("salesperson", f"/opportunities/{opportunity}/lose", {"reason": "price", "void_offers": True})
    for who, others in (("salesperson", True), ("manager", False)):
        page = Reader(funnel.bench, who).open(f"/opportunities/{opportunity}")
        assert ("The team's manager or the office can open it again." in page.text) is others
    funnel.do("salesperson", f"/estimates/{estimate}/revise", {"reason": "less to do"})
    page = seller.open(f"/do/estimate.submit/{estimate}")
    assert "the opportunity is lost; reopen it first" in page.text
    assert "Opportunity corrected" not in page.text


def test_no_page_of_sold_work_leads_a_colleague_to_a_price_that_is_not_theirs(funnel: Funnel) -> None:
    job, leads = funnel.booked()["job_id"], {}
    for who in ("salesperson", "colleague"):
        page = Reader(funnel.bench, who).open(f"/jobs/{job}")
        assert page.status == 200
        leads[who] = [where for where in page.links.values() if where.startswith("/estimates/")]
    assert (len(leads["salesperson"]), leads["colleague"]) == (1, [])


def test_the_audit_names_the_browser_in_which_somebody_did_it(bench: Callable[..., Bench]) -> None:
    office = bench()
    csr = Reader(office, "csr")
    csr.headers = {"User-Agent": "A browser/1.0"}
    csr.open("/new")
    csr.press("Save: worth working", person_name="Ann Lee", phone="615-555-0142")

    [row] = [one for one in office.as_("auditor").items("/api/v1/leads/audit") if one["kind"] == "Lead"]
    assert row["client"].endswith(" A browser/1.0")
