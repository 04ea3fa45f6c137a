"""People at their browsers: who they are, on which device, and nothing on their pages may go wrong."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from playwright.sync_api import Browser, Page

from demo.loader import PASSWORD
from tests.browser.watching import Watch

Device = Mapping[str, Any]

DESKTOP: Device = {"viewport": {"width": 1440, "height": 900}}
PHONE: Device = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Mobile "
    "Safari/537.36",
}
WITHOUT_SCRIPTS: Device = {"java_script_enabled": False}
PATIENCE_MS = 30_000  #: others may be at work on the same processors


class Browsing:
    """``browsing.as_("csr", PHONE)`` is a page of somebody signed in, ``browsing.nobody()`` of somebody who is not.

    Each is a browser of its own: what one keeps or is told, the others do not see. Addresses are paths of the system.
    """

    def __init__(self, browser: Browser, url: str, seats: dict[str, Any]) -> None:
        """``seats``: cookies of those who have signed in once, by role; shared by the tests of one system."""
        self.browser, self.url, self.seats = browser, url, seats
        self.watch = Watch(url)
        self._contexts: list[Any] = []

    def nobody(self, *devices: Device, **more: Any) -> Page:
        return self._page(*devices, more)

    def as_(self, role: str, *devices: Device, **more: Any) -> Page:
        """Somebody of the demo company; they came in by the console's own form."""
        if role not in self.seats:
            page = self._page()
            page.goto("/sign-in")
            page.get_by_label("E-mail").fill(f"{role}@demo.example")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_label("Password").press("Enter")
            page.wait_for_url(lambda url: "/sign-in" not in url)
            self.seats[role] = page.context.storage_state()
        return self._page(*devices, {"storage_state": self.seats[role], **more})

    def refusal(self, status: int) -> AbstractContextManager[None]:
        """In this block the server answers so, at least once, and that is no fault."""
        return self.watch.refusal(status)

    def end(self) -> None:
        """Closes everything, and says what had gone wrong on any page."""
        for context in self._contexts:
            context.close()
        assert not self.watch.faults, "\n".join(["on the pages of this test:", *self.watch.faults])

    def _page(self, *options: Device) -> Page:
        settings = {"base_url": self.url, "reduced_motion": "reduce", "locale": "en-US", **DESKTOP}
        for each in options:
            settings |= each
        context = self.browser.new_context(**settings)
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        self.watch.over(context)
        return context.new_page()
