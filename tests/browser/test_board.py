"""Today, the board, reports and settings as people see them: moves by key, a refusal on the card, every screen."""

import json
import re
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from demo.loader import PASSWORD
from tests.browser.browsing import DESKTOP, PHONE, Browsing, Device
from tests.browser.looking import axe, fits, forms, tab_to

pytestmark = pytest.mark.xdist_group("browser")

SCREENS = (
    ("manager", "/", "today"),
    ("office", "/board", "board"),
    ("manager", "/search?q=June", "search"),
    ("manager", "/reports", "reports"),
    ("manager", "/reports/close-rate", "report"),
    ("manager", "/tour", "tour"),
    ("admin", "/settings/opportunities", "settings"),
    ("admin", "/settings/people", "people"),
    ("admin", "/settings/parked", "parked"),
)


LINES_OF_THE_FIRST_WORD = """all => all.map(at => {
  const word = document.createRange();
  word.setStart(at.firstChild, 0);
  word.setEnd(at.firstChild, at.firstChild.data.trimEnd().split(" ")[0].length);
  return word.getClientRects().length;
})"""


def asked(url: str, path: str, body: dict[str, Any], token: str = "") -> Any:
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{url}/api/v1{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def signed_in(url: str, role: str) -> str:
    return str(asked(url, "/staff/sessions", {"email": f"{role}@demo.example", "password": PASSWORD})["access_token"])


def an_opportunity(url: str, name: str, **more: str) -> str:
    """By the second door, of whoever is free first."""
    prospect = {
        "channel": "phone", "person_name": name, "phones": [f"+1615555{uuid4().int % 10_000:04d}"], "trade": "hvac",
        "request": "A heat pump", "interest_level": "high",
        "address": {"line1": "4 Larkspur Lane", "city": "Nashville", "region": "TN", "postal_code": "37201"},
        **more,
    }  # fmt: skip
    wanted = {"prospect": prospect, "product_interest": "Heat pump"}
    return str(asked(url, "/opportunities", wanted, signed_in(url, "office"))["id"])


def now_in(name: str, stage: str) -> re.Pattern[str]:
    """What is said of a move; a card bears the opportunity's title until the lead's fact is here, too."""
    return re.compile(rf"^{name}(: Heat pump)? is now in {stage}\.")


def card(page: Page, name: str) -> Any:
    return page.locator(".board .card", has_text=name)


def the_board(page: Page, name: str) -> None:
    """Once its facts have come by."""
    for _ in range(20):
        page.goto("/board")
        if card(page, name).count():
            return
    raise AssertionError(f"{name} does not come to the board")


def test_a_card_is_moved_by_key_and_taken_back_by_undo(browsing: Browsing) -> None:
    an_opportunity(browsing.url, "June Pettibone")
    page = browsing.as_("office")
    the_board(page, "June Pettibone")
    card(page, "June Pettibone").locator("a").first.focus()
    page.keyboard.press("]")
    expect(page.locator(".toast")).to_have_text(now_in("June Pettibone", "Contacted"))
    expect(page.locator(".lane[data-stage=contacted] .card", has_text="June Pettibone")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_have_text(now_in("June Pettibone", "New"))


def test_news_that_come_after_a_move_take_no_undo_away(browsing: Browsing) -> None:
    office = signed_in(browsing.url, "office")
    me = asked(browsing.url, "/staff/sessions", {"email": "salesperson@demo.example", "password": PASSWORD})["person"][
        "id"
    ]
    mine = an_opportunity(browsing.url, "Cora Whitlock")
    asked(browsing.url, f"/opportunities/{mine}/assign", {"salesperson_id": me}, office)
    page = browsing.as_("salesperson")
    page.clock.install()
    the_board(page, "Cora Whitlock")
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=1))  # an Undo is there for nine seconds
    card(page, "Cora Whitlock").locator("a").first.focus()
    page.keyboard.press("]")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    unread = page.locator("[data-count-of=unread] b")
    before = unread.text_content()
    new = an_opportunity(browsing.url, "Effie Marlow")  # given to whoever is free first; now to them, if it was not
    asked(browsing.url, f"/opportunities/{new}/assign", {"salesperson_id": me}, office)
    expect(unread).not_to_have_text(before or "")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def carry(page: Page, name: str, stage: str) -> None:
    """With the mouse: taken by its middle, over the board, and put down in the lane."""
    taken, lane = card(page, name).bounding_box(), page.locator(f".lane[data-stage={stage}]").bounding_box()
    assert taken is not None
    assert lane is not None
    page.mouse.move(taken["x"] + taken["width"] / 2, taken["y"] + taken["height"] / 2)
    page.mouse.down()
    page.mouse.move(lane["x"] + lane["width"] / 2, lane["y"] + 120, steps=12)
    expect(page.locator(f".lane[data-stage={stage}]")).to_have_class(re.compile(r"\bover\b"))
    page.mouse.up()


def test_a_card_is_dragged_to_its_next_stage_and_stays_there(browsing: Browsing) -> None:
    an_opportunity(browsing.url, "Odette Vance")
    page = browsing.as_("office")
    the_board(page, "Odette Vance")
    carry(page, "Odette Vance", "contacted")
    expect(page.locator(".toast")).to_have_text(now_in("Odette Vance", "Contacted"))
    expect(page.locator(".lane.over")).to_have_count(0)
    page.goto("/board")
    expect(page.locator(".lane[data-stage=contacted] .card", has_text="Odette Vance")).to_have_count(1)


def test_a_card_that_may_not_be_dragged_there_goes_back_and_says_why(browsing: Browsing) -> None:
    an_opportunity(browsing.url, "Wilhelm Aster")
    page = browsing.as_("office")
    the_board(page, "Wilhelm Aster")
    with browsing.refusal(409):
        carry(page, "Wilhelm Aster", "converted")
        expect(card(page, "Wilhelm Aster").locator(".refused")).to_contain_text("Moved back.")
    expect(page.locator(".lane[data-stage=new] .card", has_text="Wilhelm Aster")).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("Wilhelm Aster stays in New.")


def test_a_refused_move_goes_back_and_says_why_on_the_card(browsing: Browsing) -> None:
    an_opportunity(browsing.url, "Saul Everly")
    page = browsing.as_("office")
    the_board(page, "Saul Everly")
    mine = card(page, "Saul Everly")
    page.evaluate("document.querySelectorAll('.lane')[1].dataset.stage = 'won'")
    mine.locator("a").first.focus()
    with browsing.refusal(409):
        page.keyboard.press("]")
        expect(mine.locator(".refused")).to_contain_text("Moved back.")
    expect(page.locator(".lane").first.locator(".card", has_text="Saul Everly")).to_have_count(1)
    axe(page)


def test_the_whole_board_is_in_view_of_a_small_screen_and_no_word_of_a_card_is_broken(browsing: Browsing) -> None:
    an_opportunity(browsing.url, "Bartholomew Featherstonehaugh")
    page = browsing.as_("office", {"viewport": {"width": 1280, "height": 800}})
    the_board(page, "Bartholomew Featherstonehaugh")
    wide, room = page.evaluate("(b => [b.scrollWidth, b.clientWidth])(document.querySelector('.board'))")
    assert wide <= room, f"the board is {wide} px wide, there is room for {room}"
    first_words = page.locator(".card .tag span").evaluate_all(LINES_OF_THE_FIRST_WORD)
    assert set(first_words) <= {1}, "what presses breaks within a word"
    page.set_viewport_size({"width": 360, "height": 740})
    fits(page)


def test_a_phone_begins_at_the_first_stage_that_has_something(browsing: Browsing) -> None:
    mine = an_opportunity(browsing.url, "Ottoline Marsh", source="Fair in Franklin")
    called = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    asked(browsing.url, f"/opportunities/{mine}/contact-attempts", called, signed_in(browsing.url, "office"))
    page = browsing.as_("office", PHONE)
    the_board(page, "Ottoline Marsh")
    page.goto("/board?source=Fair+in+Franklin")
    expect(page.locator(".lane[data-stage=contacted] header")).to_be_in_viewport(ratio=0.95)


def test_a_card_that_the_keyboard_comes_to_is_in_view_at_400_percent_and_the_menu_that_it_left_is_shut(
    browsing: Browsing,
) -> None:
    an_opportunity(browsing.url, "Una Reyes", source="Fair in Dickson")
    called = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    second = an_opportunity(browsing.url, "Vito Lang", source="Fair in Dickson")
    asked(browsing.url, f"/opportunities/{second}/contact-attempts", called, signed_in(browsing.url, "office"))
    page = browsing.as_("office", {"viewport": {"width": 320, "height": 640}})
    the_board(page, "Vito Lang")
    page.goto("/board?source=Fair+in+Dickson")
    card(page, "Una Reyes").get_by_label("Move Una Reyes").focus()
    page.keyboard.press("Enter")
    tab_to(card(page, "Vito Lang").locator("a").first)
    expect(card(page, "Vito Lang")).to_be_in_viewport(ratio=0.9)
    expect(page.locator(".menu[open]")).to_have_count(0)


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("role", sorted({role for role, _, _ in SCREENS}))
def test_every_screen_fits_and_can_be_used_by_everybody(
    browsing: Browsing, role: str, device: Device, picture: Callable[..., None]
) -> None:
    page = browsing.as_(role, device)
    if role == "office":  # or there is nothing to be seen on the board
        for name in ("Nora Ellery", "Tobias Renn", "Mabel Okafor"):
            an_opportunity(browsing.url, name)
        the_board(page, "Mabel Okafor")
    for path, name in ((path, name) for whose, path, name in SCREENS if whose == role):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        axe(page)
        fits(page)
        picture(page, name if device is DESKTOP else f"{name}-phone")


def test_every_form_of_an_enquiry_and_of_an_opportunity_can_be_used_on_a_phone(browsing: Browsing) -> None:
    enquiry = {"channel": "phone", "person_name": "Otto Brand", "phones": ["+16155550903"], "request": "A heat pump"}
    lead = asked(browsing.url, "/leads", enquiry, signed_in(browsing.url, "csr"))["id"]
    opportunity = an_opportunity(browsing.url, "Ida Lund")
    for role, path in (("csr", f"/leads/{lead}"), ("office", f"/opportunities/{opportunity}")):
        page = browsing.as_(role, PHONE, {"viewport": {"width": 412, "height": 823}})
        page.goto(path)
        forms(page)


@pytest.mark.parametrize("wide", [360, 768, 1100])
def test_a_setting_has_all_the_room_there_is(browsing: Browsing, wide: int) -> None:
    page = browsing.as_("admin")
    page.set_viewport_size({"width": wide, "height": 740})
    page.goto("/settings/opportunities")
    room, form = page.locator(".page").bounding_box(), page.locator(".page form").last.bounding_box()
    assert room is not None
    assert form is not None
    assert form["width"] > 0.8 * room["width"]
