"""What every screen stands in: who may see it, the rail and the counts, and plain words when something fails."""

import functools
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit
from uuid import UUID

from flask import Response, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from libs.common import formatting, people, texts
from libs.common.auth import RULES, Caller, May, reach
from libs.common.errors import DomainError, Forbidden, TooLarge, Unauthenticated, Unavailable
from libs.common.tx import Tx
from libs.common.web import PUBLIC, SIGNED_IN, Rule, browser, edge, reading, request_id, speak, store
from services.console.adapters import texts as ours
from services.console.adapters import words
from services.console.adapters.doors import BRIEF_S, Doors, Refused, across, inside
from services.console.adapters.words import Place
from services.console.api.acts import EVERY
from services.console.api.acts.leads import TOUCHED
from services.console.api.screens import assets, seat
from services.console.api.screens.counters import COUNTERS

log = logging.getLogger("plumbline.console")

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

POLICY = (  # a signature is a picture in the page itself
    "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
RENEW = timedelta(minutes=7)  #: a token with less than this left is exchanged for a new one
FORM_LIMIT, FILE_LIMIT = 512 * 1024, 11 * 1024 * 1024
FILE_TOO_LARGE = words.said("A file may have 10 MB at most.")

#: where each address of the rail leads, its icon, key, and the permission without which it is not shown
PLACES: tuple[tuple[str, str, str, str, May], ...] = (
    ("/", words.said("Today"), "today", "t", SIGNED_IN),
    ("/board", words.said("Board"), "board", "b", "opportunity.read"),
    ("/leads", words.said("Leads"), "lead", "l", "lead.read"),
    ("/estimates", words.said("Estimates"), "estimate", "e", "estimate.read"),
    ("/bookings", words.said("Bookings"), "booking", "k", "booking.read"),
    ("/operations", words.said("Operations"), "ops", "o", "booking.operate"),
    ("/calendar", words.said("Calendar"), "calendar", "c", "pipeline.read"),
    ("/reports", words.said("Reports"), "report", "r", "report.read"),
    ("/settings", words.said("Settings"), "settings", "s", "settings.read"),
)


def screen(*, may: May = SIGNED_IN, files: bool = False, leaves: bool = False) -> Callable[[View], View]:
    """Declares a page's rule. ``may`` is a permission, several of which one is enough, SIGNED_IN or PUBLIC.

    Who is not signed in is led to the sign-in page and back. A POST must be of one of our own forms, and of this
    sign-in but where somebody ``leaves``: who is here may, from whichever page.
    """
    for permission in (may,) if isinstance(may, str) else may:
        if permission not in RULES and permission not in (PUBLIC, SIGNED_IN):
            raise TypeError(f"there is no permission {permission!r} in the role table")

    def declare(view: View) -> View:
        summary = " ".join((view.__doc__ or view.__name__.replace("_", " ")).split("\n\n")[0].split())
        limit = FILE_LIMIT if files else FORM_LIMIT
        mine = Rule(may, None, None, None, False, 200, False, files, False, limit, summary, page=True)

        @functools.wraps(view)
        def run(**path: Any) -> Response:
            g.rule = mine
            try:
                return _finish(_admit(mine, leaves) or current_app.make_response(view(**path)))
            except Refused as refused:
                return _finish(_refused(refused))
            except Unauthenticated:
                return _finish(_to_sign_in())
            except DomainError as error:
                return _finish(wrong(error.status, error.detail))
            except HTTPException:
                raise
            except Exception:
                log.exception("unexpected error in %s, request %s", request.path[:200], request_id())
                return _finish(wrong(500, words.said("The fault is ours and has been logged.")))

        run.rule = mine  # type: ignore[attr-defined]
        return cast(View, run)

    return declare


def _admit(mine: Rule, leaves: bool) -> Response | None:
    request.max_content_length = mine.limit
    g.seat = here = seat.taken()
    if here is not None:
        try:
            _sit(here)
        except Unauthenticated:
            g.seat = None
    if request.method == "POST":
        if (request.content_length or 0) > mine.limit:
            raise TooLarge(FILE_TOO_LARGE if mine.upload else "that is more than one form can send")
        if not seat.own_form(g.seat) and not leaves:
            return go(_stood(), seat.CHANGED, saved=False)
    if mine.may == PUBLIC:
        return None
    if g.get("caller") is None:
        return _to_sign_in()
    if mine.may != SIGNED_IN and not me().may(mine.may):
        raise Forbidden("your role does not work here")
    return None


def _sit(here: seat.Seat) -> None:
    claims = edge().verifier.verify(here.token)
    g.caller = edge().people.caller(edge().store, claims)
    if claims.expires - store().clock().timestamp() < RENEW.total_seconds():
        try:
            said = doors().ask("POST", "/staff/sessions/renew", patience=BRIEF_S)
        except Unavailable:  # what is left of it is enough for this page
            return
        if said.ok:
            g.seat = seat.Seat(here.seed, said.data["access_token"])
            g.pop("doors", None)
            g.renewed = True


def _to_sign_in() -> Response:
    if request.accept_mimetypes.best == "text/event-stream":
        return Response(status=204)  # a stream ends here; the page's next question hears the rest
    sent = request.method == "POST"
    back = _stood() if sent else request.full_path.rstrip("?")
    answer = current_app.make_response(redirect(f"/sign-in?next={quote(back)}", 303))
    if seat.taken() is not None:
        seat.leave(answer)
    elif not sent:
        return answer  # a first visit
    return seat.say(answer, words.said("Your session is over. Sign in again; what you typed is kept on this device."))


def _stood() -> str:
    """The page on which the form stood that was sent: there its draft is kept, and offered again."""
    page = urlsplit(request.referrer or "")
    if page.netloc != request.host:
        return safe_path(request.form.get("_back"))
    return safe_path(f"{page.path}?{page.query}" if page.query else page.path)


def safe_path(text: str | None) -> str:
    """A path of this console and nothing else: what comes from a form may not lead elsewhere."""
    text = text or "/"
    if not text.startswith("/") or text.startswith(("//", "/\\")) or any(ord(one) < 33 for one in text):
        return "/"
    return text


def _finish(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers["Referrer-Policy"] = "same-origin"  # with none at all, a browser would not say a form's Origin
    if g.get("renewed") and g.seat is not None:
        seat.keep(answer, g.seat)
    if g.get("heard") and seat.SAID not in answer.headers.get("Set-Cookie", ""):
        answer.delete_cookie(seat.SAID, path="/")
    return answer


# -- what a view asks


def me() -> Caller:
    """The person at this browser."""
    return cast(Caller, g.caller)


def allowed(may: May) -> bool:
    """Whether this person may, by their roles; what everybody signed in may, they may."""
    return may == SIGNED_IN or me().may(may)


def opens(address: str) -> bool:
    """Whether a place of the rail, or the page of an act, is this person's to open; other pages say so themselves."""
    path = address.partition("?")[0]
    act = EVERY.get(path.removeprefix("/do/").partition("/")[0])
    known = {"/new": "lead.create", **{place: rule for place, *_, rule in PLACES}}
    return allowed(act.may if act else known.get(path, SIGNED_IN))


def doors() -> Doors:
    """The other services, asked in this person's name."""
    if "doors" not in g:
        app = current_app
        if "carrier" not in app.extensions:
            gateway = app.config.get("gateway")
            app.extensions["carrier"] = inside(gateway) if gateway else across(app.config["gateway_url"])
        sitting = g.get("seat")
        token, through = sitting.token if sitting else "", (request.remote_addr or "", browser())
        g.doors = Doors(app.extensions["carrier"], token, request_id(), say, *through)
    return cast(Doors, g.doors)


def place() -> Place:
    """Where the reader is: their branch's zone and currency."""
    if "place" not in g:
        with reading() as tx:
            g.place = Place.of(_branch(tx), tx.now, say, zoned=people.has_several_clocks(tx, _within_reach()))
    return cast(Place, g.place)


def _within_reach() -> Collection[UUID]:
    """The branches whose records the reader comes across; none where that is every one."""
    who = g.get("caller")
    everywhere = who is None or who.every_branch or reach(who.roles, "opportunity.read")[1]
    return () if everywhere else who.branches


def _branch(tx: Tx) -> Mapping[str, Any] | None:
    who = g.get("caller")
    return people.seat(tx, who.home if who is not None else None)


def names(*idents: Any) -> Mapping[str, str]:
    """What people are called, by id."""
    from uuid import UUID

    wanted = []
    for one in idents:
        try:
            wanted.append(UUID(str(one)))
        except ValueError:
            continue
    with reading() as tx:
        return {str(ident): name for ident, name in people.names(tx, wanted).items()}


# -- what a view answers


def printed(where: str) -> Response:
    """What a service has on paper at that address, for the browser to show."""
    told = doors().look(where)
    named = {"Content-Disposition": told.headers["content-disposition"]}
    return Response(told.content, content_type="application/pdf", headers=named)


def page(template: str, status: int = 200, **shown: Any) -> Response:
    """A page in its frame."""
    if g.get("caller") is not None and "counts" not in shown:
        shown["counts"] = doors().maybe("/status-bar", None)
    said, saved = seat.heard()
    html = render_template(template, **{"said": said, "saved": saved, **shown})
    return Response(html, status, content_type="text/html; charset=utf-8")


def go(path: str, text: str = "", *, saved: bool = True) -> Response:
    """To another page; ``text`` is said there, once, and the draft of what was sent is done with if it was saved."""
    answer = current_app.make_response(redirect(safe_path(path), 303))
    return seat.say(answer, text, saved=saved) if text else answer


NO_PAGE = words.said("No page has this address.")
GONE = words.said("It is not there any more, or it is not yours to see.")
HEADINGS = {
    403: words.said("This is not yours to open"),
    404: words.said("There is nothing here"),
    413: words.said("That is too much at once"),
    429: words.said("A moment, please"),
    503: words.said("A part of Plumbline is not answering"),
}


def wrong(status: int, detail: str = "", heading: str = "") -> Response:
    """What happened, and ways on."""
    heading = heading or HEADINGS.get(status, words.said("That did not work"))
    detail = detail or (NO_PAGE if status == 404 else "")
    spared = {"counts": None} if status >= 500 else {}  # nobody who is in trouble is asked for more
    return page("wrong.html", status, heading=heading, detail=detail, number=request_id(), **spared)


def _refused(refused: Refused) -> Response:
    said = refused.said
    if said.status == 401:
        return _to_sign_in()
    if said.status == 404:  # who came by an old link has no use for an id
        return wrong(404, GONE)
    return wrong(said.status, str(said.problem.get("detail") or ""))


def language() -> str:
    """What the reader reads: the browser says it, else their branch."""
    if "language" not in g:
        g.language = texts.chosen(
            ours.TEXTS, request.accept_languages.values(), place().locale if g.get("caller") else ""
        )
    return cast(str, g.language)


def say(__text: str | tuple[str, str], **variables: Any) -> str:
    """A text of ours in the reader's language, for what is not yet of a page; there, it is ``_``."""
    return texts.plainly(ours.TEXTS, language(), __text, variables)


def _price(value: Any, currency: str) -> str:
    return "" if value is None else formatting.price(Decimal(str(value)), currency)


def _money(value: Any, currency: str = "", cents: bool = False) -> Any:
    return words.money(value, currency or place().currency, cents=cents)


def dress(app: Any) -> None:
    """Gives the pages their words: called once, as the app is made."""
    speak(app, lambda: ours.TEXTS, language)
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    plainly = (
        formatting.plain,
        formatting.phone,
        formatting.quantity,
        formatting.percent,
        words.dial,
        words.mail,
        words.pointed,
        words.initials,
        words.address,
    )
    environment.filters.update({say.__name__: say for say in plainly})
    environment.filters.update(
        {
            "when": lambda value: words.when(value, place()),
            "then": lambda value: words.when(value, place(), words.WITHIN),
            "end": lambda value: words.end(value, place()),
            "day": lambda value: words.day(value, place()),
            "that_day": lambda value: words.day(value, place(), words.WITHIN),
            "long_day": lambda one: words.long_day(one, place()),
            "day_month": lambda one: place().say(formatting.MONTHS[one.month - 1]),
            "weekday": lambda one: place().say(formatting.DAYS[one.weekday()]),
            "clock": lambda value: words.clock(value, place()),
            "since": lambda value: words.since(value, place()),
            "late": lambda value: words.late(value, place()),
            "money": _money,
            "touch": lambda code: TOUCHED.get(code) or formatting.plain(code),
            "price": _price,
        }
    )
    environment.globals.update(
        asset=assets.address,
        counters=lambda: COUNTERS,
        me=lambda: g.get("caller"),
        place=place,
        places=lambda: [one for one in PLACES if allowed(one[4])],
        may=lambda *names: any(me().may(name) for name in names),
        form_secret=lambda: g.seat.form_secret if g.get("seat") else "",
        opens=opens,
        texts_of_scripts=lambda: ours.of_scripts(language()),
        new_key=lambda: str(store().ids()),
        here=lambda: request.full_path.rstrip("?"),
    )


__all__ = [
    "PUBLIC", "SIGNED_IN", "Unavailable", "allowed", "doors", "dress", "go", "me", "names", "page", "place",
    "safe_path", "screen", "wrong",
]  # fmt: skip
