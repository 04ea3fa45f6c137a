"""What is typed is not lost: when a session ends, when the network fails, when the page is loaded again."""

import pytest
from playwright.sync_api import Page, Route, expect

from demo.loader import PASSWORD
from tests.browser.browsing import DESKTOP, PHONE, Browsing, Device

pytestmark = pytest.mark.xdist_group("browser")

WISH = "A price for a heat pump, and somebody to look at the noise in the attic"


def half_typed(browsing: Browsing) -> Page:
    """A phone in the middle of a call."""
    page = browsing.as_("csr", PHONE)
    page.goto("/new")
    page.get_by_label("What do they want?").fill(WISH)
    return page


def test_a_form_that_met_the_end_of_its_session_has_what_was_typed_when_one_is_back(browsing: Browsing) -> None:
    page = half_typed(browsing)
    another = page.context.new_page()  # with another call on it
    another.goto("/new")
    another.get_by_label("What do they want?").fill("A tap that drips")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save and hand over").click()
    expect(page.get_by_role("status").filter(has_text="Your session is over")).to_be_visible()
    page.get_by_label("E-mail").fill("csr@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.get_by_role("button", name="Bring back what you typed").click()
    expect(page.get_by_label("What do they want?")).to_have_value(WISH)


def test_settings_that_met_the_end_of_a_session_have_what_was_typed_when_one_is_back(browsing: Browsing) -> None:
    page = browsing.as_("admin")
    page.goto("/settings/leads")
    urgent = page.get_by_label("Urgent")
    urgent.fill("7")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    page.get_by_label("E-mail").fill("admin@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.get_by_role("button", name="Bring back what you typed").click()
    expect(urgent).to_have_value("7")
    expect(urgent).to_be_focused()


def test_what_is_sent_without_a_network_stays_on_the_page_and_goes_out_later(browsing: Browsing) -> None:
    page = half_typed(browsing)
    page.get_by_label("Name optional", exact=True).fill("Ivy")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save and hand over").click()
    expect(page.get_by_role("status").filter(has_text="You are offline")).to_be_visible()
    expect(page.get_by_label("What do they want?")).to_have_value(WISH)
    page.context.set_offline(False)
    another = page.context.new_page()

    def meanwhile(route: Route) -> None:
        another.goto("/leads")
        route.continue_()

    page.route("**/new", meanwhile)
    page.get_by_role("button", name="Save and hand over").click()
    expect(page.get_by_role("heading", name="Ivy", level=1)).to_be_visible()
    page.get_by_label("Note").fill("She wants it before Christmas")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Logged.")).to_be_visible()
    expect(page.get_by_role("button", name="Bring back what you typed")).to_have_count(0)
    another.goto("/new")
    expect(another.get_by_label("What do they want?")).to_be_visible()
    expect(another.get_by_role("button", name="Bring back what you typed")).to_have_count(0)  # it is saved


def test_a_page_whose_session_ended_meanwhile_says_so_before_more_is_typed(browsing: Browsing) -> None:
    page = half_typed(browsing)
    page.context.clear_cookies()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # somebody comes back to the tab
    expect(page.get_by_role("status").filter(has_text="Your session is over")).to_be_visible()
    expect(page.get_by_label("What do they want?")).to_have_value(WISH)


LOOKED_AT = 'Object.defineProperty(document, "hidden", { get: () => window.away ?? false })'


def test_a_session_goes_on_while_its_page_waits_behind_another(browsing: Browsing) -> None:
    page = browsing.as_("csr")
    page.add_init_script(LOOKED_AT)
    page.clock.install()
    with page.expect_request("**/live?*"):
        page.goto("/leads")
    page.evaluate("() => { window.away = true; document.dispatchEvent(new Event('visibilitychange')) }")
    for _ in range(2):  # a session lasts a quarter of an hour; who asks in its second half is given a new one
        with page.expect_response("**/live.json") as asked:
            page.clock.fast_forward("05:00")
        assert asked.value.status == 200
    page.context.clear_cookies()
    page.clock.fast_forward("05:00")
    expect(page.get_by_role("status").filter(has_text="Your session is over")).to_be_visible()


MIDDLES = """row => ["input[type=checkbox]", "a.t"].map(one => {
  const box = row.querySelector(one).getBoundingClientRect();
  return box.y + box.height / 2;
})"""


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_what_ticks_an_enquiry_stands_on_the_line_of_its_name(browsing: Browsing, device: Device) -> None:
    page = half_typed(browsing)
    page.get_by_label("Name optional", exact=True).fill("June")
    page.get_by_role("button", name="Save and hand over").click()
    expect(page.get_by_role("heading", name="June", level=1)).to_be_visible()

    page = browsing.as_("csr", device)
    page.goto("/leads")
    box, name = page.locator("ul.rows li").first.evaluate(MIDDLES)

    assert abs(box - name) < 2
