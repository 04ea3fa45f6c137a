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
def test_the_start_page_says_that_all_is_well(browsing: Browsing, device: Device) -> None:
    page = browsing.nobody(device)
    page.goto("/")
    expect(page.get_by_role("status")).to_have_text("All services are well")
    axe(page)
    fits(page)


def test_the_start_page_is_of_use_without_scripts(browsing: Browsing) -> None:
    page = browsing.nobody(WITHOUT_SCRIPTS)
    page.goto("/")
    page.get_by_role("link", name="OpenAPI").first.click()
    expect(page.get_by_text('"openapi":"3.1.0"')).to_be_visible()
