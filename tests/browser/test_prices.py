"""Prices as people see them: who writes an estimate, who shows it at the table, and the customer at their link."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import PHONE, Browsing
from tests.browser.looking import axe
from tests.browser.sold import priced

pytestmark = pytest.mark.xdist_group("browser")


def an_option(name: str, price: str, *add_ons: str) -> dict[str, Any]:
    line = {"qty": "1", "unit_price": price}
    more = [{"description": one, "qty": "1", "unit_price": "289.00"} for one in add_ons]
    return {"name": name, "lines": [{"description": f"Heat pump, {name}", **line}], "add_ons": more}


TWO = {"options": [an_option("Steady", "8841.44", "Surge protector"), an_option("Quiet", "11804.46", "Thermostat")]}


def test_one_option_at_a_time_is_worked_on_and_shown_at_the_table(browsing: Browsing, system: str) -> None:
    made = priced(system, "June Pettibone", TWO)
    page = browsing.as_(made.salesperson)
    page.goto(f"/estimates/{made.id}")
    steady, quiet = (page.get_by_role("region", name=name, exact=True) for name in ("Steady", "Quiet"))
    expect(steady).to_be_visible()
    expect(quiet).to_be_hidden()
    page.get_by_role("radio", name="Quiet").check()
    expect(quiet).to_be_visible()
    expect(steady).to_be_hidden()
    each = quiet.get_by_label("Line 1: unit price")
    for price in ("11804.46", "12345678.90"):
        each.fill(price)
        room, needed = each.evaluate("at => [at.clientWidth, at.scrollWidth]")
        assert needed <= room, f"{price} is read as it stands, without its end being looked for"
    page.goto(f"/estimates/{made.id}/present")
    page.get_by_role("radio", name="Steady").check()
    expect(page.get_by_label("Surge protector")).to_be_visible()
    expect(page.get_by_label("Thermostat")).to_be_hidden()
    page.get_by_role("radio", name="Quiet").check()
    expect(page.get_by_label("Thermostat")).to_be_visible()
    expect(page.get_by_label("Surge protector")).to_be_hidden()


def test_what_was_written_in_lines_is_read_in_lines_and_no_price_book_is_printed(
    browsing: Browsing, system: str
) -> None:
    notes = "Bring a ladder.\nGate code 4711"
    sent = priced(system, "Rowan Sill", TWO | {"notes": notes}, send=True)
    page = browsing.as_(sent.salesperson)
    page.goto(f"/estimates/{sent.id}")
    assert page.get_by_text("Gate code 4711").inner_text() == notes
    draft = priced(system, "Rowan Hall", TWO)
    page = browsing.as_(draft.salesperson)
    page.goto(f"/estimates/{draft.id}")
    expect(page.get_by_role("heading", name="Price book")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Price book")).to_be_hidden()
    page.goto("/reports?since=2026-11-01")
    expect(page.get_by_label("From")).to_have_value("2026-11-01")
    expect(page.get_by_label("From")).to_be_visible()  # whoever reads a number on paper knows of which time it is
    page.locator(".toast").evaluate("at => at.append('Somebody gave you an enquiry.')")
    expect(page.locator(".toast")).to_be_hidden()


def test_who_is_led_to_a_fault_sees_it_in_whichever_option_it_is(browsing: Browsing, system: str) -> None:
    made = priced(system, "Linden Row", TWO)
    page = browsing.as_(made.salesperson, PHONE)
    page.goto(f"/estimates/{made.id}")
    for name in ("Steady", "Quiet"):
        page.get_by_role("radio", name=name).check()
        page.get_by_role("region", name=name, exact=True).get_by_label("Line 1: quantity").fill("many")
    with browsing.refusal(422):
        page.get_by_role("button", name="Save").first.click()
    page.locator("#problems").get_by_role("link", name=re.compile("Quiet")).click()
    quiet = page.get_by_role("region", name="Quiet", exact=True).get_by_label("Line 1: quantity")
    expect(quiet).to_be_visible()
    expect(quiet).to_be_focused()


def test_a_customers_yes_waits_for_the_network_and_is_said_once(browsing: Browsing, system: str) -> None:
    page = browsing.nobody(PHONE)
    page.goto(priced(system, "Greta Hollis", TWO, send=True).link)
    page.get_by_role("radio", name="Quiet").check()
    page.get_by_label("Your full name").fill("Greta Hollis")
    page.get_by_role("checkbox", name=re.compile("I accept")).check()
    yes = page.get_by_role("button", name="Accept this estimate")
    page.context.set_offline(True)
    yes.click()
    expect(page.get_by_role("alert").filter(has_text="You are offline")).to_be_visible()
    page.context.set_offline(False)
    yes.dblclick()
    expect(page.get_by_role("heading", name="Accepted")).to_be_visible()


def signs(page: Page) -> None:
    """One stroke across the field, as a finger or a mouse makes it."""
    pad = page.locator(".pad-sign")
    pad.evaluate("at => at.scrollIntoView({ block: 'center' })")  # nothing that stays in view lies over it
    at = pad.bounding_box()
    assert at
    page.mouse.move(at["x"] + 20, at["y"] + at["height"] - 20)
    page.mouse.down()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + 20, steps=6)
    page.mouse.move(at["x"] + at["width"] - 20, at["y"] + at["height"] - 40, steps=6)
    page.mouse.up()


#: from where to where there is ink, as parts of the picture's width
INKED = """picture => {
  const paper = document.createElement("canvas"), pen = paper.getContext("2d"), columns = [];
  const wide = paper.width = picture.naturalWidth, high = paper.height = picture.naturalHeight;
  pen.drawImage(picture, 0, 0);
  pen.getImageData(0, 0, wide, high).data.forEach((value, at) => {
    if (at % 4 === 3 && value) columns[(at >> 2) % wide] = true;
  });
  return [columns.indexOf(true) / wide, columns.length / wide];
}"""


@pytest.mark.parametrize("where", ["the link", "the table"])
def test_what_is_drawn_is_what_the_office_sees_signed(browsing: Browsing, system: str, where: str) -> None:
    made = priced(system, "Odessa Fane", TWO, send=True)
    by_link = where == "the link"
    page = browsing.nobody(PHONE) if by_link else browsing.as_(made.salesperson)
    page.goto(made.link if by_link else f"/estimates/{made.id}/present")
    page.get_by_role("radio", name="Quiet").check()
    page.get_by_label(re.compile("full name", re.IGNORECASE)).fill("Odessa Fane")
    signs(page)
    if by_link:
        page.get_by_role("checkbox", name=re.compile("I accept")).check()
    page.get_by_role("button", name="Accept this estimate" if by_link else "Accept Quiet").click()
    office = browsing.as_(made.salesperson)
    expect(page.get_by_role("heading", name="Accepted") if by_link else page.locator(".toast")).to_be_visible()
    office.goto(f"/estimates/{made.id}")
    signature = office.get_by_role("img", name="Signature of Odessa Fane")
    expect(signature).to_be_visible()
    first, last = signature.evaluate(INKED)
    assert first < 0.12, "the stroke begins where the hand began"
    assert last > 0.88, "and ends where it ended"
    axe(office)


@pytest.mark.parametrize("where", ["the link", "the table"])
def test_who_presses_enter_after_their_name_has_said_yes(browsing: Browsing, system: str, where: str) -> None:
    made = priced(system, "Nora Ellery", TWO, send=True)
    by_link = where == "the link"
    page = browsing.nobody(PHONE) if by_link else browsing.as_(made.salesperson)
    page.goto(made.link if by_link else f"/estimates/{made.id}/present")
    with browsing.refusal(503):  # the figures of a choice do not come: there is a button for them
        page.route(re.compile("/(choice|present)$"), lambda route: route.fulfill(status=503))
        page.get_by_role("radio", name="Quiet" if by_link else "Steady").check()
        expect(page.get_by_role("button", name="Work it out")).to_be_visible()
    page.unroute_all()
    if by_link:
        page.get_by_role("checkbox", name=re.compile("I accept")).check()
    name = page.get_by_label("Your full name")
    name.fill("Nora Ellery")
    axe(page)
    name.press("Enter")
    yes = page.get_by_role("heading", name="Accepted") if by_link else page.get_by_text("The sale opens by itself.")
    expect(yes).to_be_attached()


def test_a_yes_that_was_told_waits_for_the_network_on_the_page_where_it_is_noted(
    browsing: Browsing, system: str
) -> None:
    made = priced(system, "Tobias Renn", TWO, send=True)
    page = browsing.as_(made.salesperson)
    page.goto(f"/do/estimate.accept/{made.id}")
    name = page.get_by_label("Who said it")
    name.fill("Tobias Renn")
    page.context.set_offline(True)
    name.press("Enter")
    expect(page.get_by_role("status").filter(has_text="You are offline")).to_be_visible()
    expect(name).to_have_value("Tobias Renn")


def test_a_line_that_could_not_be_saved_stays_and_comes_back_with_the_page(browsing: Browsing, system: str) -> None:
    made = priced(system, "Mabel Okafor", TWO)
    page = browsing.as_(made.salesperson)
    page.goto(f"/estimates/{made.id}")
    more = page.get_by_role("button", name="Free line").first
    more.click()
    line = page.get_by_role("textbox", name="Line 2: what")
    expect(line).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    page.context.set_offline(True)
    line.fill("A crane, for a morning")
    more.click()
    expect(page.get_by_role("status").filter(has_text="The network failed.")).to_be_visible()
    expect(line).to_have_value("A crane, for a morning")
    page.context.set_offline(False)
    page.context.clear_cookies()
    more.click()
    expect(page.get_by_role("status").filter(has_text="Your session is over")).to_be_visible()
    page.context.add_cookies(browsing.seats[made.salesperson]["cookies"])
    page.reload()
    page.get_by_role("button", name="Bring back what you typed").click()
    expect(line).to_have_value("A crane, for a morning")


def test_who_writes_an_estimate_still_hears_who_else_came_after_it_saved_itself(
    browsing: Browsing, system: str
) -> None:
    made = priced(system, "Ida Lund", TWO)
    page = browsing.as_(made.salesperson)
    page.goto(f"/estimates/{made.id}")
    page.get_by_label("Notes").fill("Gate code 4711")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    browsing.as_("manager").goto(f"/estimates/{made.id}")
    expect(page.get_by_text("Also here:")).to_be_visible()
