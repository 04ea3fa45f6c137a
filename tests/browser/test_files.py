"""A photo from the phone that stands before the old boiler: chosen, sent, seen and removed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import DESKTOP, PHONE, WITHOUT_SCRIPTS, Browsing, Device
from tests.browser.looking import axe, fits
from tests.service.some_files import PDF, png

pytestmark = pytest.mark.xdist_group("browser")

PHOTO = {"name": "Old boiler.png", "mimeType": "image/png", "buffer": png(64)}
PLAN = {"name": "Plan.pdf", "mimeType": "application/pdf", "buffer": PDF}


def enquiry(browsing: Browsing, *devices: Device) -> Page:
    page = browsing.as_("csr", *devices)
    page.goto("/new")
    page.get_by_label("Name optional", exact=True).fill("Ivy Castellan")
    page.get_by_label("Phone optional").fill("(615) 555-0142")
    page.get_by_role("button", name="Save and hand over").click()
    expect(page.get_by_role("heading", name="Ivy Castellan", level=1)).to_be_visible()
    return page


@pytest.mark.parametrize("devices", [(PHONE,), (DESKTOP,), (PHONE, WITHOUT_SCRIPTS)], ids=["phone", "desk", "bare"])
def test_a_photo_is_put_at_an_enquiry_looked_at_and_removed(browsing: Browsing, devices: tuple[Device, ...]) -> None:
    page = enquiry(browsing, *devices)
    page.get_by_label("Photo or document").set_input_files(PHOTO)
    page.get_by_role("button", name="Put it here").click()
    expect(page.get_by_role("link", name="Old boiler.png", exact=True)).to_be_visible()
    fits(page)
    if devices[-1] is not WITHOUT_SCRIPTS:
        axe(page)

    here = page.url
    page.get_by_role("link", name="Old boiler.png", exact=True).click()
    expect(page.locator("img")).to_have_js_property("naturalWidth", 64)
    page.goto(here)
    page.get_by_role("link", name="Old boiler.png: Remove").click()
    page.get_by_label("Why").fill("It is the neighbour's")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="Ivy Castellan", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Old boiler.png", exact=True)).to_have_count(0)


def test_a_document_is_put_there_by_keyboard_and_saved_by_its_name(browsing: Browsing) -> None:
    page = enquiry(browsing)
    chooser = page.get_by_label("Photo or document")
    chooser.set_input_files(PLAN)
    chooser.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Plan.pdf", exact=True).press("Enter")
    assert saved.value.suggested_filename == "Plan.pdf"
