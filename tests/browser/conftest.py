"""One system and one Chromium for all tests of pages; a browser of its own for everybody in a test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from libs.local import chromium
from tests.browser.browsing import Browsing
from tests.browser.looking import SCREENS, paint, shown
from tests.browser.world import running

STARTS_MS = 60_000
APPEARS_MS = 30_000  #: others may be at work on the same processors


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the whole system answers, with the demo company."""
    with running(tmp_path_factory.mktemp("system")) as url:
        yield url


@pytest.fixture(scope="session")
def seats() -> dict[str, Any]:
    """Who has signed in to it so far."""
    return {}


@pytest.fixture(scope="package")  # not longer: while it runs, this thread has an event loop, and others want their own
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    expect.set_options(timeout=APPEARS_MS)
    found = chromium.found(tmp_path_factory.mktemp("chromium"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in chromium.driver().items():
            patch.setenv(name, value)  # Playwright starts its driver with what stands there
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=found.program,
                args=list(chromium.ARGUMENTS),
                env={**found.environment},
                timeout=STARTS_MS,
            )
            yield browser
            browser.close()


@pytest.fixture
def browsing(browser: Browser, system: str, seats: dict[str, Any]) -> Iterator[Browsing]:
    """Whose pages the test looks at. At its end anything that went wrong on one of them fails it."""
    people = Browsing(browser, system, seats)
    yield people
    people.end()


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[..., None]:
    """``picture(page, "board-phone")``: sees that the page shows something; with --pictures it goes to docs/screens."""
    folder: Path | None = SCREENS if request.config.getoption("--pictures") else None

    def take(page: Page, name: str, *, whole: bool = False) -> None:
        seen = shown(page, whole=whole)
        if folder is not None:
            paint(folder, name, seen)

    return take
