"""Sold work on its way to operations, as people see it: a page that tells what others do, and screens that fit."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import DESKTOP, PHONE, Browsing, Device
from tests.browser.looking import axe, fits, forms
from tests.browser.sold import sold

pytestmark = pytest.mark.xdist_group("browser")


def test_two_people_on_one_booking_are_told_and_a_tick_is_saved_as_it_is_made(browsing: Browsing, system: str) -> None:
    booking = sold(system, "June Pettibone")
    mine, theirs = browsing.as_("manager"), browsing.as_("office")
    mine.goto(f"/bookings/{booking}")
    theirs.goto(f"/bookings/{booking}")
    expect(mine.get_by_text("Also here:")).to_be_visible()
    box = theirs.get_by_role("checkbox").first
    box.check()
    expect(theirs.get_by_text("1 of 5")).to_be_visible()
    expect(mine.get_by_text("Changed meanwhile by:")).to_be_visible()
    mine.get_by_role("link", name="Show it").click()
    expect(mine.get_by_text("1 of 5")).to_be_visible()


def test_who_ticks_by_key_goes_on_there_and_two_quick_ticks_are_both_saved(browsing: Browsing, system: str) -> None:
    page = browsing.as_("office")
    page.goto(f"/bookings/{sold(system, 'Greta Hollis')}")
    boxes = page.get_by_role("region", name="Checklist").get_by_role("checkbox")
    boxes.nth(1).focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 of 5")).to_be_visible()
    expect(boxes.nth(1)).to_be_focused()
    boxes.evaluate_all("([first, , third]) => { first.click(); third.click() }")
    expect(page.get_by_text("3 of 5")).to_be_visible()


def test_what_is_assigned_is_said_on_the_page_that_operations_have_open(browsing: Browsing, system: str) -> None:
    page = browsing.as_("operations", PHONE)
    page.goto("/operations")
    sold(system, "Greta Hollis", "assigned")
    expect(page.get_by_role("status").filter(has_text="Greta Hollis")).to_be_attached()
    page.reload()
    accept = page.get_by_role("button", name="Accept").first
    card, button = page.locator(".next").first.bounding_box(), accept.bounding_box()
    assert card is not None
    assert button is not None
    assert button["width"] > 0.8 * card["width"], "with a thumb, Accept is the whole width"
    accept.click()
    expect(page.get_by_text("Accepted; whoever assigned it has been told.")).to_be_attached()


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everybody_can_use_the_screens_of_sold_work(
    browsing: Browsing, system: str, device: Device, picture: Callable[..., None]
) -> None:
    size = "phone" if device is PHONE else "desktop"
    booking = sold(system, "Linden Row", "draft")
    office, operations = browsing.as_("office", device), browsing.as_("operations", device)
    sold(system, "Saul Everly", "assigned")
    for page, name, path in (
        (office, "booking", f"/bookings/{booking}"),
        (office, "bookings", "/bookings"),
        (office, "jobs", "/jobs"),
        (office, "customers", "/customers"),
        (operations, "operations", "/operations"),
        (operations, "calendar", "/calendar"),
        (operations, "notifications", "/notifications"),
        (operations, "preferences", "/notifications/preferences"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        axe(page)
        fits(page)
        picture(page, f"{name}-{size}")
    office.goto(f"/bookings/{booking}")
    if device is PHONE:
        forms(office)
    for path, field in (("/customers", "Name"), ("/jobs", "What everybody calls it")):
        office.goto(path)
        office.locator(".rows a").first.click()
        expect(office.get_by_role("textbox", name=field).first).to_be_visible()
        axe(office)
        fits(office)
