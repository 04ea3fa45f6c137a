"""A call becomes work that operations have done, by clicks alone, each role handing to the next."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.browsing import DESKTOP, PHONE, Browsing, Device

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

ANSWERS = {
    "Will everyone who decides": "yes",
    "What is your part in the property?": "owner",
    "When should the work be done?": "this season",
    "Is there a budget for this?": "Yes",
    "Can our people work safely": "Yes",
    "How is the system today?": "running badly",
    "Is there a smell of gas right now?": "No",
}  #: what the demo company must know before it prices a heat pump


def until_there(page: Page, what: Callable[[], None]) -> None:
    """What another service makes of it is there in a moment: the page is loaded again until it shows it."""
    for _ in range(40):
        if what():
            return
        page.wait_for_timeout(250)
        page.reload()
    assert what(), page.inner_text("main")


def somebody() -> str:
    """Whom nobody else is called."""
    rest = uuid4().int
    syllables = [f"{'bdfglmnrstv'[rest >> place & 7]}{'aeiou'[(rest >> place + 5) % 5]}" for place in range(0, 32, 8)]
    return f"Ivy {''.join(syllables).title()}n"


def told(page: Page) -> Locator:
    """What the page says of what was just done; that somebody else is here is said elsewhere."""
    return page.locator(".toast[role=status]")


@pytest.mark.parametrize(
    "van", [pytest.param(DESKTOP, id="desk", marks=pytest.mark.long), pytest.param(PHONE, id="phone")]
)
def test_a_call_becomes_work_that_operations_took_over(
    browsing: Browsing, van: Device, picture: Callable[..., None]
) -> None:
    who, where = somebody(), "desk" if van is DESKTOP else "phone"

    # The office takes the call and gives it to a salesperson.
    csr = browsing.as_("csr")
    csr.goto("/new")
    csr.get_by_label("Phone optional").fill(f"615-555-{uuid4().int % 10_000:04d}")
    csr.get_by_label("Name optional", exact=True).fill(who)
    csr.get_by_label("What do they want?").fill("A price for a heat pump")
    csr.get_by_label("Trade").select_option("hvac")
    csr.get_by_label("Street").fill("9 Tanager Close")
    csr.get_by_label("ZIP code").fill("37201")
    csr.get_by_label("Heard of us through").fill("a neighbour")
    csr.get_by_role("button", name="Save: worth working").click()
    expect(told(csr)).to_have_text("Taken in and valid.")
    opened = csr.get_by_role("link", name="Open the opportunity")
    until_there(csr, lambda: opened.count() > 0)
    opened.click()
    csr.get_by_role("link", name="Give it to somebody").first.click()
    csr.get_by_label("Salesperson").select_option(label="Silas Pemberton")
    csr.get_by_role("button", name="Give it to somebody").click()
    expect(told(csr)).to_contain_text("they are alerted")
    opportunity = csr.url

    # In the van: call, ask, convert; what is missing is said before.
    sales = browsing.as_("salesperson", van)
    sales.goto(opportunity)
    picture(sales, f"opportunity-{where}")
    sales.locator("#log ~ form, form:has(button:text-is('Save'))").get_by_role("button", name="Save").click()
    expect(told(sales)).to_have_text("Logged.")
    expect(sales.get_by_role("button", name="Convert")).to_have_attribute("aria-disabled", "true")
    for sheet in ("Qualification", "Heating and cooling: can we help?"):
        form = sales.get_by_role("region", name=sheet)
        for question, answer in ANSWERS.items():
            asked = form.get_by_role("group", name=question)
            if asked.count():
                asked.get_by_text(answer, exact=True).click()
        form.get_by_role("button", name="Save answers").click()
        expect(told(sales)).to_have_text("Answers saved.")
    sales.get_by_role("button", name="Convert").click()
    expect(told(sales)).to_contain_text("Converted")

    # The estimate that was drafted by itself: two tasks out of the price book, sent.
    until_there(sales, lambda: sales.get_by_role("link", name="Open the estimate").count() > 0)
    sales.get_by_role("link", name="Open the estimate").click()
    for task in ("Diagnostic visit, electrical", "Home safety inspection"):
        sales.get_by_role("button", name=f"Add {task}").click()
        expect(sales.get_by_label(re.compile("^Line .*: what")).last).to_have_value(re.compile(task))
    picture(sales, f"estimate-{where}")
    sales.get_by_role("button", name="Send", exact=True).click()
    sales.get_by_label("Send it to").fill("ivy@example.com")
    sales.get_by_role("button", name="Send").click()
    link = sales.get_by_label("The customer's link").input_value()

    # The customer reads it on the link and says yes.
    customer = browsing.nobody(van)
    customer.goto(link)
    picture(customer, f"customer-{where}")
    customer.get_by_label("Your full name").fill(who)
    customer.get_by_role("checkbox", name=re.compile("accept", re.IGNORECASE)).check()
    customer.get_by_role("button", name=re.compile("^Accept")).click()
    expect(customer.get_by_text(re.compile("accepted", re.IGNORECASE)).first).to_be_visible()

    # Customer, job and booking are there; the office ticks, the manager hands over, which was refused until then.
    manager = browsing.as_("manager")
    manager.goto(opportunity)
    booking = manager.get_by_role("link", name="Open the booking")
    until_there(manager, lambda: booking.count() > 0)
    booking.click()
    order = manager.url
    expect(manager.get_by_role("button", name="Assign to Operation")).to_have_attribute("aria-disabled", "true")
    picture(manager, "booking-desk")
    office = browsing.as_("office")
    office.goto(order)
    ticks = office.get_by_role("region", name="Checklist")
    for box in ticks.get_by_role("checkbox").all():
        box.check()
    expect(ticks.get_by_text("5 of 5")).to_be_visible()
    manager.reload()
    manager.get_by_role("button", name="It is ready").click()
    expect(told(manager)).to_have_text("Ready for operations.")
    manager.get_by_role("link", name="Record the deposit").click()
    manager.get_by_label("Paid so far").fill("28.50")
    manager.get_by_role("button", name="Save").click()
    expect(manager.get_by_role("button", name="Assign to Operation")).not_to_have_attribute("aria-disabled", "true")
    manager.get_by_label("Team", exact=True).select_option(index=1)
    manager.get_by_label("Note for the team").fill("Gate code 4410")
    manager.get_by_role("button", name="Assign to Operation").click()
    expect(told(manager)).to_have_text("Assigned; the team is alerted.")

    # Operations find it waiting, and take it.
    operations = browsing.as_("operations", van)
    operations.goto("/operations")
    expect(operations.get_by_text("Gate code 4410").first).to_be_visible()
    picture(operations, f"operations-{where}")
    operations.goto(order)
    operations.get_by_role("button", name="Accept", exact=True).click()
    expect(told(operations)).to_contain_text("Accepted")
