"""Everything that goes wrong on a page while a test looks at something else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

INSIDE = ("about", "blob", "data")  #: addresses for which nobody is asked
LEFT = "net::ERR_ABORTED"  #: the page was left meanwhile, or the answer became a download
TAKEN_AWAY = "net::ERR_INTERNET_DISCONNECTED"  #: by ``set_offline``; a page that was just opened still asks for news
TOLD_BY_THE_ANSWER = re.compile(
    f"Failed to load resource: (the server responded|{TAKEN_AWAY})"
)  #: said on the console as well


class Watch:
    """Over browser contexts: their pages, with frames and pop-ups."""

    def __init__(self, url: str) -> None:
        self.host, self.faults = urlsplit(url).netloc, list[str]()

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._uncaught)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    @contextmanager
    def refusal(self, status: int) -> Iterator[None]:
        """In this block the server answers so, at least once, and that is no fault."""
        before = len(self.faults)
        yield
        mine = self.faults[before:]
        others = [fault for fault in mine if not fault.startswith(f"{status} for ")]
        assert len(others) < len(mine), f"nothing was answered with {status}; {mine}"
        self.faults[before:] = others

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert") and not TOLD_BY_THE_ANSWER.match(message.text):
            self.faults.append(f"console {message.type}: {message.text}")

    def _uncaught(self, error: WebError) -> None:
        self.faults.append(f"uncaught: {error.error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in INSIDE and address.netloc != self.host:
            self.faults.append(f"another host: {request.method} {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure not in (LEFT, TAKEN_AWAY):
            self.faults.append(f"no answer ({request.failure}): {request.method} {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status} for {response.request.method} {response.url}")
