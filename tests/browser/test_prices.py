"""Prices as people see them: who writes an estimate, who shows it at the table, and the customer at their link."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import PHONE, Browsing
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
    room, needed = each.evaluate("at => [at.clientWidth, at.scrollWidth]")
    assert needed <= room, "a price is read as it stands, without its end being looked for"
    page.goto(f"/estimates/{made.id}/present")
    page.get_by_role("radio", name="Steady").check()
    expect(page.get_by_label("Surge protector")).to_be_visible()
    expect(page.get_by_label("Thermostat")).to_be_hidden()
    page.get_by_role("radio", name="Quiet").check()
    expect(page.get_by_label("Thermostat")).to_be_visible()
    expect(page.get_by_label("Surge protector")).to_be_hidden()


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
