"""What goes wrong on a page is found out, whatever the test on it looks at."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.browsing import PHONE, Browsing
from tests.browser.looking import axe, fits, focused, paint, press, shown, tab_to

pytestmark = pytest.mark.xdist_group("browser")

HEAD = '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page</title><main>'
WELL = f'{HEAD}<h1>All is well</h1><a href="/one">One</a> <a href="/two">Two</a> <button>Three</button>'
#: path → page and what is said of it; a page that is not here is a 404
PAGES = {
    "/well": (WELL, ""),
    "/complains": (f"{HEAD}<h1>Hm</h1><script>console.error('out of brass')</script>", "console error: out of brass"),
    "/warns": (f"{HEAD}<h1>Hm</h1><script>console.warn('low on brass')</script>", "console warning: low on brass"),
    "/throws": (f"{HEAD}<h1>Hm</h1><script>the.bob.falls()</script>", "uncaught: the is not defined"),
    "/styled": (f'{HEAD}<h1 style="color: red">Hm</h1>', "Content Security Policy"),
    "/framed": (f'{HEAD}<h1>Hm</h1><iframe title="a frame" src="/complains"></iframe>', "console error: out of brass"),
    "/afar": (
        f'{HEAD}<h1>Hm</h1><img alt="" src="http://pictures.example/bob.png">',
        "another host: GET http://pictures",
    ),
    "/by-number": (
        f'{HEAD}<h1>Hm</h1><img alt="" src="http://192.0.2.1/bob.png">',
        "another host: GET http://192.0.2.1",
    ),
    "/half": (f'{HEAD}<h1>Hm</h1><img alt="" src="/gone.png">', "404 for GET"),
    "/dropped": (f'{HEAD}<h1>Hm</h1><img alt="" src="/hangs-up">', "no answer (net::ERR_EMPTY_RESPONSE)"),
}
BAD = {
    axe: (f"{HEAD}<h1>Hm</h1><style>p {{ color: #999 }}</style><p>Pale", "color-contrast"),
    fits: (f"{HEAD}<h1>Hm</h1><style>p {{ width: 2000px }}</style><p>Wide", "2008 px wide, there is room for 1440"),
    shown: (f"{HEAD}", "shows nothing"),
}
PAGES |= {f"/{look.__name__}": (page, "") for look, (page, _) in BAD.items()}
POLICY = "default-src 'self'; script-src 'unsafe-inline'; style-src-elem 'unsafe-inline'; img-src *"


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/hangs-up":
            self.close_connection = True
            return
        status = 200 if self.path in PAGES else 204 if self.path == "/favicon.ico" else 404
        body = b"" if status == 204 else PAGES.get(self.path, ("Not here.",))[0].encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """A site with good pages and bad ones."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def visitors(browser: Browser, shop: str) -> Browsing:
    return Browsing(browser, shop, {})


@pytest.mark.parametrize("path", [path for path, (_, fault) in PAGES.items() if fault])
def test_a_page_on_which_something_goes_wrong_fails_its_test_at_the_end(visitors: Browsing, path: str) -> None:
    page = visitors.nobody()
    page.goto(path)
    page.get_by_role("heading", name="Hm").wait_for()

    with pytest.raises(AssertionError) as told:
        visitors.end()

    assert PAGES[path][1] in str(told.value)


def test_a_page_on_which_nothing_goes_wrong_fails_nothing(visitors: Browsing) -> None:
    page = visitors.nobody()
    page.goto("/well")
    axe(page)
    fits(page)
    shown(page)
    visitors.end()


def test_a_refusal_that_the_test_is_about_is_no_fault_and_has_to_come(visitors: Browsing) -> None:
    page = visitors.nobody()
    with visitors.refusal(404):
        page.goto("/nowhere")
    with pytest.raises(AssertionError, match="nothing was answered with 404"), visitors.refusal(404):
        page.goto("/well")
    visitors.end()


def test_what_a_page_asks_for_after_its_test_took_the_network_away_is_no_fault(visitors: Browsing) -> None:
    page = visitors.nobody()
    page.goto("/well")
    page.context.set_offline(True)
    assert page.evaluate("fetch('/well').catch(error => error.name)") == "TypeError"
    visitors.end()


@pytest.mark.parametrize("look", BAD, ids=lambda look: look.__name__)
def test_who_looks_at_a_bad_page_sees_it(visitors: Browsing, look: Callable[[Page], None]) -> None:
    page = visitors.nobody()
    page.goto(f"/{look.__name__}")
    with pytest.raises(AssertionError, match=BAD[look][1]):
        look(page)


def test_the_keyboard_comes_to_what_can_be_reached_and_says_what_it_came_by(visitors: Browsing) -> None:
    page = visitors.nobody()
    page.goto("/well")
    tab_to(page.get_by_role("button"))
    assert focused(page) == "Three"
    tab_to(page.get_by_role("link", name="One"), back=True)
    press(page, "Tab", "Tab")
    assert focused(page) == "Three"
    page.reload()
    with pytest.raises(AssertionError, match=r"came by \['One', 'Two', 'Three'"):
        tab_to(page.get_by_role("heading"), most=4)


def test_a_picture_is_kept_where_it_is_asked_for(visitors: Browsing, tmp_path: Path) -> None:
    page = visitors.nobody(PHONE)
    page.goto("/well")
    paint(tmp_path / "screens", "well-phone", shown(page))
    with Image.open(tmp_path / "screens" / "well-phone.png") as painted:
        assert painted.size == (780, 1688)
