"""The customer's page: HTML that works on a phone and without JavaScript. A look changes nothing; its forms act."""

from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, render_template, request
from marshmallow import EXCLUDE, INCLUDE, ValidationError

from libs.common import texts
from libs.common.errors import DomainError, Gone, NotFound, TooMany
from libs.common.formatting import said
from libs.common.schema.texts import says_nothing
from libs.common.web import LINK, PUBLIC, Given, Schema, begin, endpoint, fields, reading, speak, theme
from services.estimates import usecases
from services.estimates.adapters import texts as ours
from services.estimates.api.shared import acting, from_link, opened
from services.estimates.schemas.drawn import Drawing
from services.estimates.usecases import links, showing

PAGES = Path(__file__).parent.parent / "pages"
ASSETS = {
    "look.css": "text/css; charset=utf-8",
    "offer.css": "text/css; charset=utf-8",
    "offer.js": "text/javascript; charset=utf-8",
    "icons.svg": "image/svg+xml",
    "favicon.svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

bp = Blueprint("pages", __name__, url_prefix="/e", template_folder=str(PAGES))
bp.record_once(lambda state: speak(state.app, lambda: ours.TEXTS, _language))


def _language() -> str:
    """The reader's: of the estimate that they look at, or where there is none, the browser's alone."""
    wanted = request.accept_languages.values()
    return str(g.get("language") or texts.chosen(ours.TEXTS, wanted, ""))


class Form(Schema):
    """What a browser's form sends; which of it counts is said by the act."""

    class Meta:
        unknown = EXCLUDE

    option = fields.Text(max_length=60)
    typed_name = fields.Text(max_length=200)
    consent = fields.Text(max_length=10)
    reason = fields.Text(max_length=100)
    note = fields.Text(max_length=2000)
    text = fields.Text(max_length=5000)
    signature = fields.Text(max_length=100_000)


class AcceptForm(Form):
    """Beside them one part an add-on: ``add_on_<id>``."""

    class Meta:
        unknown = INCLUDE


@bp.get("/assets/<name>")
@endpoint(may=PUBLIC, page=True)
def asset(name: str) -> Response:
    """The page's own style and script, and the hand that every page of ours is written in."""
    if name not in ASSETS:
        raise NotFound("there is nothing at this address")
    answer = Response(_content(name), content_type=ASSETS[name])
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _content(name: str) -> bytes:
    if name == "look.css":
        return theme.stylesheet(theme.GUEST)
    return theme.drawing(name) if name.endswith(".svg") else (PAGES / name).read_bytes()


@bp.get("/<token>")
@endpoint(may=LINK, page=True)
def offer(token: str) -> Response:
    """The offer, for its customer to read and decide."""
    return _page(token)


@bp.post("/<token>/choice")
@endpoint(may=LINK, body=AcceptForm, upload=True, idempotent=False, page=True)
def choice(token: str, given: Given) -> Response:
    """What the form's choice comes to; nothing is decided by it."""
    return _page(token, given=given)


@bp.post("/<token>/accept")
@endpoint(may=LINK, body=AcceptForm, upload=True, idempotent=False, page=True)
def accept(token: str, given: Given) -> Response:
    """The form's yes."""
    wrong = []
    if says_nothing(given.get("typed_name", "")):
        wrong.append(said("Please type your name: it stands for your signature."))
    if given.get("consent") != "on":
        wrong.append(said("Please tick that you have read and accept the estimate."))
    option = _uuid(given.get("option", ""))
    if option is None:
        wrong.append(said("Please choose one of the options."))
    drawn = None
    try:
        if given.get("signature"):
            drawn = Drawing().read(given["signature"])
    except ValidationError:
        wrong.append(said("Please draw your signature again, or leave it: your name is enough."))
    if wrong or option is None:
        return _page(token, 422, wrong, given)
    ticked = _ticked(given)

    def act() -> None:
        with begin() as tx:
            found = acting(tx, token)
            chosen = found.option(option)
            extras = [line.id for line in chosen.add_ons if line.id in ticked] if chosen else []
            signed = {"typed_name": given["typed_name"], "signature": drawn, **from_link()}
            usecases.accept(tx, found, option=option, add_ons=extras, **signed)

    return _done(token, act, given)


@bp.post("/<token>/decline")
@endpoint(may=LINK, body=Form, upload=True, idempotent=False, page=True)
def decline(token: str, given: Given) -> Response:
    """The form's no."""
    if says_nothing(given.get("reason", "")):
        return _page(token, 422, [said("Please say why, in a word or two.")], given)

    def act() -> None:
        with begin() as tx:
            usecases.decline(tx, acting(tx, token), reason=given["reason"], note=given.get("note", ""))

    return _done(token, act, given)


@bp.post("/<token>/request-changes")
@endpoint(may=LINK, body=Form, upload=True, idempotent=False, page=True)
def request_changes(token: str, given: Given) -> Response:
    """The form's wish for something else."""
    if says_nothing(given.get("text", "")):
        return _page(token, 422, [said("Please say what you would like changed.")], given)

    def act() -> None:
        with begin() as tx:
            usecases.request_changes(tx, acting(tx, token), text=given["text"])

    return _done(token, act, given)


def _done(token: str, act: Any, given: Given) -> Response:
    """Acts, then shows the offer as it is now: reloading the page sends nothing again."""
    try:
        act()
    except (NotFound, Gone, TooMany) as refused:
        return _over(token, refused)
    except DomainError as refused:
        if refused.status >= 500:
            raise
        return _page(token, refused.status, [refused.detail], given)
    return Response(status=303, headers={"Location": f"/e/{token}"})


def _page(token: str, status: int = 200, wrong: list[str] | None = None, given: Given | None = None) -> Response:
    try:
        with reading() as tx:
            found = opened(tx, token)
            g.language = ours.language(tx, found, request.accept_languages.values())
            shown = showing.offer(tx, found, ours.spoken(g.language))
            if shown["live"]:
                shown["choice"] = showing.choice(found, _uuid((given or {}).get("option", "")), _ticked(given or {}))
    except (NotFound, Gone, TooMany) as refused:
        return _over(token, refused)
    return _html(render_template("offer.html", offer=shown, token=token, wrong=wrong or [], given=given or {}), status)


def _over(token: str, refused: DomainError) -> Response:
    """Nothing of the offer, but whom to ask for the current one."""
    told: dict[str, Any] = {}
    if isinstance(refused, Gone):
        with reading() as tx:
            told = showing.letterhead(tx, links.whose(tx, token))
    page = render_template("over.html", title=refused.title, detail=refused.detail, **told)
    answer = _html(page, refused.status)
    answer.headers.update(refused.headers)
    return answer


def _html(text: str, status: int) -> Response:
    answer = Response(text, status, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _ticked(given: Given) -> set[UUID | None]:
    """The add-ons that the form names."""
    return {
        _uuid(name.removeprefix("add_on_")) for name, value in given.items() if name.startswith("add_on_") and value
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
