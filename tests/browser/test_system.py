"""The pages that every system has, as a browser shows them: where it starts, and where its calls can be tried."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import DESKTOP, PHONE, WITHOUT_SCRIPTS, Browsing, Device
from tests.browser.looking import axe, fits

pytestmark = pytest.mark.xdist_group("browser")


def test_the_calls_of_a_service_can_be_tried(browsing: Browsing, picture: Callable[..., None]) -> None:
    page = browsing.nobody()
    page.goto("/api/v1/notifications/docs")
    expect(page.get_by_text("/api/v1/notifications").first).to_be_visible()
    picture(page, "calls")
    page.locator(".opblock-summary").first.click()
    expect(page.locator(".opblock-body").first).to_be_visible()


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_one_click_a_role_is_enough_on_the_demo_company(browsing: Browsing, device: Device) -> None:
    page = browsing.nobody(device)
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("button", name="Take a call").click()
    expect(page.get_by_role("link", name="New enquiry")).to_be_visible()
    axe(page)
    fits(page)


def test_a_call_is_taken_without_scripts(browsing: Browsing) -> None:
    page = browsing.as_("csr", WITHOUT_SCRIPTS)
    page.goto("/new")
    page.get_by_label("Phone optional").fill("615-555-0117")
    page.get_by_label("Name optional").fill("June Pettibone")
    page.get_by_label("What do they want?").fill("A heat pump")
    page.get_by_role("button", name="Save: worth working").click()
    expect(page.get_by_role("heading", name="June Pettibone", level=1)).to_be_visible()
