"""Somebody at a browser without scripts: reads pages, fills forms in, presses buttons."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import Client, TestResponse

from embedded.testing import CAST, Bench
from services.console.api.screens.seat import PLAIN

VOID = {"input", "meta", "link", "use", "path", "br", "img", "rect", "line", "circle"}


def says(text: str, said: str) -> bool:
    """Whether a button or a link does, whatever it adds for who does not see what it is about."""
    return text == said or text.startswith(f"{said} : ")


class Form:
    """A form of a page: where it goes, what stands in it, which buttons it has by what they say."""

    def __init__(self, action: str, method: str, ident: str) -> None:
        self.action, self.method, self.ident = action, method.upper(), ident
        self.fields: list[tuple[str, str]] = []
        self.buttons: dict[str, dict[str, str]] = {}
        self.elsewhere: dict[str, str] = {}  #: buttons that send the form to another address

    def __contains__(self, name: str) -> bool:
        return any(name == known for known, _ in self.fields)


class Page(HTMLParser):
    """What a page says: its words, headings, links by their words, forms."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__(convert_charrefs=True)
        self.status, self.answer = answer.status_code, answer
        self.html = answer.get_data(as_text=True)
        self.words: list[str] = []
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self.blocked: list[str] = []  #: buttons that say no for now
        self._hrefs: list[str] = []
        self._open: list[tuple[str, dict[str, str], int]] = []
        self._radio: set[str] = set()
        self._select: str | None = None
        self._early: list[tuple[str, str, dict[str, str]]] = []  #: buttons that stand before their form
        self.feed(self.html)
        for ident, said, named in self._early:
            next(form for form in self.forms if form.ident == ident).buttons.setdefault(said, named)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def offered(self) -> set[str]:
        """Every address that a form of the page sends to, or a link of it leads to."""
        return {
            urlsplit(one).path for one in (*self.links.values(), *(form.action for form in self.forms), *self._hrefs)
        }

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in pairs}
        if tag not in VOID:
            self._open.append((tag, given, len(self.words)))
        if tag == "a" and "href" in given:
            self._hrefs.append(given["href"])
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get"), given.get("id", "")))
        elif tag == "input" and self.forms and given.get("name"):
            kind = given.get("type", "text")
            ticked = kind in ("radio", "checkbox")
            if not ticked or "checked" in given:
                self.forms[-1].fields.append((given["name"], given.get("value", "on" if ticked else "")))
        elif tag == "select":
            self._select = given.get("name")
            if self.forms and self._select:
                self.forms[-1].fields.append((self._select, ""))
                self._first = True
        elif tag == "option" and self._select and self.forms and ("selected" in given or self._first):
            self.forms[-1].fields[-1] = (self._select, given.get("value", ""))
            self._first = False

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] in ("script", "style"):
            return
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self._open:
            name, given, since = self._open.pop()
            said = " ".join(" ".join(self.words[since:]).split())
            if name == "a" and "href" in given:
                self.links.setdefault(said, given["href"])
            elif name == "textarea" and self.forms and given.get("name"):
                self.forms[-1].fields.append((given["name"], "".join(self.words[since:])))
            elif name == "button" and given.get("aria-disabled") == "true":
                self.blocked.append(said)
            elif name == "button" and given.get("type", "submit") == "submit":
                self._button(given, said or given.get("aria-label", ""))
            elif name == "select":
                self._select = None
            if name == tag:
                return

    def _button(self, given: dict[str, str], said: str) -> None:
        named = {given["name"]: given.get("value", "")} if given.get("name") else {}
        forms = [one for one in self.forms if one.ident and one.ident == given.get("form")] or self.forms[-1:]
        if given.get("form") not in (None, *(one.ident for one in forms)):
            self._early.append((given["form"], said, named))
            return
        for form in forms:
            if said not in form.buttons and "formaction" in given:
                form.elsewhere[said] = given["formaction"]
            form.buttons.setdefault(said, named)
        self._hrefs += [given["formaction"]] if "formaction" in given else []


class Reader:
    """One browser."""

    def __init__(self, bench: Bench, name: str = "") -> None:
        gateway = bench.system.parts["console"].app.config["gateway"]
        self.client = Client(gateway)
        self.page: Page
        self.headers: dict[str, str] = {}  #: that this browser sends with everything
        if name:
            ident, role, branch, teams = CAST[name]
            token = bench.system.signer.issue(ident, name=name, roles=[role], branch=branch, teams=teams)
            self.client.set_cookie(PLAIN, f"{'0' * 32}.{token}")

    def open(self, path: str, **more: Any) -> Page:
        headers = {**self.headers, **more.pop("headers", {})}
        self.page = Page(self.client.get(path, follow_redirects=True, headers=headers, **more))
        return self.page

    def press(self, button: str, **typed: str | list[str]) -> Page:
        """Presses the first button of the page that says so, having typed this into its form."""
        named = ((one, text) for one in self.page.forms for text in one.buttons)
        form, button = next(((one, text) for one, text in named if says(text, button)), (None, button))
        assert form is not None, f"no button {button!r} on this page: {[one.buttons for one in self.page.forms]}"
        changed = {name.replace("__", "."): value for name, value in typed.items()}
        unknown = [name for name in changed if name not in form and f'name="{name}"' not in self.page.html]
        assert not unknown, f"the form has no {unknown}"
        kept = [(name, value) for name, value in form.fields if name not in changed]
        for name, value in changed.items():
            kept += [(name, one) for one in (value if isinstance(value, list) else [value])]
        data: dict[str, Any] = {}
        for name, value in [*kept, *form.buttons[button].items()]:
            data.setdefault(name, []).append(value)
        where = form.elsewhere.get(button, form.action) or self.page.answer.request.path
        answer = self.client.open(where, method=form.method, data=data, follow_redirects=True, headers=self.headers)
        self.page = Page(answer)
        return self.page

    def follow(self, link: str) -> Page:
        return self.open(next(at for text, at in self.page.links.items() if says(text, link)))
