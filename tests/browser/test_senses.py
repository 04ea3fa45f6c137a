"""Pages for who hears them, sees them in colours of their own, or works without a pointer."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.browsing import PHONE, Browsing
from tests.browser.looking import axe, press, tab_through

pytestmark = pytest.mark.xdist_group("browser")

LISTENING = """addEventListener("DOMContentLoaded", () => {
  const said = document.querySelector(".toast"), root = document.documentElement;
  new MutationObserver(() => { root.dataset.heard = said.textContent }).observe(said, { childList: true });
})"""


def style(at: Locator, name: str) -> str:
    return str(at.evaluate("(at, name) => getComputedStyle(at)[name]", name))


def test_who_listens_hears_what_was_done_and_who_points_can_read_what_is_not_possible_yet(browsing: Browsing) -> None:
    page = browsing.as_("csr")
    page.add_init_script(LISTENING)
    page.goto("/new")
    page.get_by_label("Name optional", exact=True).fill("Ivy Castellan")
    page.get_by_role("button", name="Save and hand over").click()
    expect(page.locator("html")).to_have_attribute("data-heard", "Taken in.")
    blocked = page.get_by_role("button", name="Worth working")
    ground = style(blocked, "backgroundColor")
    blocked.hover(force=True)
    assert style(blocked, "backgroundColor") == ground, "its words are dark, and stay on a light ground"


def test_what_is_chosen_can_be_seen_in_a_readers_own_colours(browsing: Browsing) -> None:
    page = browsing.as_("csr", forced_colors="active")
    page.goto("/new")
    ways = page.get_by_role("group", name="How did they reach us?").locator("label")
    edges = {one.inner_text(): style(one, "outlineStyle") for one in ways.all()[:2]}
    assert edges == {"Phone": "double", "E-mail": "none"}


def test_the_palette_calls_each_place_by_its_name(browsing: Browsing) -> None:
    page = browsing.as_("csr")
    page.goto("/")
    press(page, "Control+k")
    expect(page.get_by_role("option", name="Carmen", exact=True)).to_be_visible()


def test_however_much_somebody_wrote_the_next_step_is_in_the_first_view_of_a_phone(browsing: Browsing) -> None:
    page = browsing.as_("csr", PHONE)
    page.goto("/new")
    page.get_by_label("Name optional", exact=True).fill("Ivy Castellan")
    page.get_by_label("What do they want?").fill("It hums, and then it does not, and at night it drips. " * 30)
    page.get_by_role("button", name="Save and hand over").click()
    expect(page.get_by_role("heading", name="Decide whether Ivy Castellan is a lead")).to_be_in_viewport()
    words = page.locator(".long summary")
    shut = words.bounding_box()
    words.click()
    grown = words.bounding_box()
    assert shut is not None
    assert grown is not None
    assert grown["height"] > 3 * shut["height"]
    axe(page)


def test_the_palette_shows_what_the_arrows_come_to_and_says_when_there_is_nothing(browsing: Browsing) -> None:
    page = browsing.as_("manager")
    page.goto("/")
    press(page, "Control+k", *["ArrowDown"] * 13)
    expect(page.get_by_role("option", selected=True)).to_be_in_viewport(ratio=0.9)
    page.get_by_role("combobox").fill("nobody is called so")
    expect(page.get_by_role("option", name="Nothing by that name.", selected=True)).to_be_visible()


def test_what_the_keyboard_comes_to_is_not_behind_the_bar_that_stays_in_view(browsing: Browsing) -> None:
    page = browsing.as_("csr", {"viewport": {"width": 720, "height": 450}})  # a screen at 200 %
    page.goto("/new")
    tab_through(page)


def test_where_something_will_be_said_is_there_before_and_what_is_pressed_is_large_enough(browsing: Browsing) -> None:
    page = browsing.as_("csr")
    page.goto("/new")
    expect(page.get_by_role("status").and_(page.locator(".toast"))).to_have_text("")  # for a reader it is on the page
    expect(page.get_by_role("status").filter(has_text="Changed meanwhile by:")).to_have_count(1)
    find = page.get_by_role("button", name="Search", exact=True).bounding_box()
    assert find is not None
    assert min(find["width"], find["height"]) >= 24


def test_who_speaks_to_the_browser_has_single_keys_off_and_the_palette_all_the_same(browsing: Browsing) -> None:
    page = browsing.as_("csr")
    page.goto("/me")
    page.get_by_role("checkbox", name="Single keys are shortcuts").uncheck()
    page.goto("/board")
    press(page, "/", "g", "l", "n", "Control+k")
    expect(page.get_by_role("combobox", name="Go to or do")).to_be_focused()
    assert page.url.endswith("/board")


def test_who_set_something_wrong_hears_of_it_is_led_there_and_is_told_what_is_wrong(browsing: Browsing) -> None:
    page = browsing.as_("admin")
    page.goto("/settings/opportunities")
    page.get_by_label("Probability, Contacted").fill("140")
    with browsing.refusal(422):
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link", name="Probability").click()
    wrong = page.get_by_label("Probability, Contacted")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_accessible_description(re.compile("100"))
    wrong.fill("40")
    expect(wrong).to_have_accessible_description("")
