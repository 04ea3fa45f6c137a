"""Settings: what a company and its branches set about each service, and what it asks; forms made from shapes."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from libs.common.auth import May
from libs.common.errors import NotFound, Unavailable
from services.console.adapters import words
from services.console.adapters.words import said
from services.console.api.screens import shapes
from services.console.api.screens.frame import doors, go, me, page, screen
from services.console.api.screens.shapes import Shape, Taken
from services.console.api.screens.topics import TOPICS

bp = Blueprint("console_settings", __name__)

LATER = said("Nobody answered. What you typed is still here: send it again, it cannot happen twice.")
STALE = said("Somebody changed this while you had it open. Save again to put yours over it.")


#: every page of the settings: its title, who may open it, its icon, what it is about
NAV: tuple[tuple[str, str, May, str, str], ...] = (
    *((f"/settings/{name}", one.title, "settings.read", "settings", one.about) for name, one in TOPICS.items()),
    (
        "/settings/questions", said("Questions"), "settings.read", "chat",
        said("What is asked before a price, and what qualifies."),
    ),
    (
        "/settings/price-books", said("Price books"), "pricebook.read", "estimate",
        said("What we offer, at which price."),
    ),
    (
        "/settings/tax-codes", said("Tax codes"), "pricebook.read", "estimate",
        said("What was priced before keeps its rate."),
    ),
    ("/settings/people", said("People"), "staff.read", "user", said("Who works here, their roles, who is away.")),
    (
        "/settings/teams", said("Teams"), "staff.read", "user",
        said("Who sees whose work, and who is given work to do."),
    ),
    (
        "/settings/branches", said("Branches"), "staff.read", "pin",
        said("Each has its zone, currency, hours, area and trades, and may set things its own way."),
    ),
    (
        "/settings/deliveries", said("Deliveries"), "delivery.read", "bell",
        said("Every message to anybody, by which way, and what became of it."),
    ),
    (
        "/settings/webhooks", said("Webhooks"), "webhook.read", "send",
        said("Other systems that are told what happens."),
    ),
    (
        "/settings/parked", said("Parked messages"), "parked.read", "stop",
        said("What could not be applied, why, and what to do about it."),
    ),
)  # fmt: skip


@bp.app_template_global()
def settings_nav() -> list[tuple[str, str, May, str, str]]:
    return [one for one in NAV if me().may(one[2])]


@bp.get("/settings")
@screen(may="settings.read")
def settings() -> Response:
    """What can be set?"""
    return page("settings.html", nav="/settings")


@bp.get("/settings/<topic>")
@screen(may="settings.read")
def topic_of(topic: str) -> Response:
    """One service's settings, for the company or a branch."""
    return _topic(topic)


@bp.post("/settings/<topic>")
@screen(may="settings.edit")
def set_topic(topic: str) -> Response:
    """Sets them. What equals the level above follows it from then on."""
    return _saved(
        _shape(topic), _address(topic), f"/settings/{topic}?branch={_branch()}", lambda **more: _topic(topic, **more)
    )


def _topic(topic: str, **more: Any) -> Response:
    about = TOPICS.get(topic)
    if about is None:
        raise NotFound("")
    branches = [(one["id"], one["name"]) for one in doors().maybe_every("/staff/branches")]
    now = doors().look(_address(topic))
    shown = {"about": about, "topic": topic, "branches": branches, "branch": _branch()}
    return _form("setting.html", _shape(topic), now.data, now.tag, about.hints, shown, **more)


def _branch() -> str:
    return request.args.get("branch", "")


def _address(topic: str) -> str:
    return f"/{topic}/settings" + (f"?branch={quote(_branch())}" if _branch() else "")


def _shape(topic: str) -> Shape:
    if topic not in TOPICS:
        raise NotFound("")
    return Shape.of(doors().get(f"/{topic}/openapi.json"), TOPICS[topic].schema)


# -- questions


QUESTION_HINTS = {
    "scope": said("Of one trade or product, or from a stage on; left out, it is asked of everybody."),
    "threshold": said("So many points qualify."),
    "questions": said("Choices one on a line. An answer among the disqualifying ones ends it, whatever the points."),
    "active": said("A set that is not is no longer asked."),
}


@bp.get("/settings/questions")
@screen(may=("settings.read", "questions.edit"))
def questions() -> Response:
    """What do we ask?"""
    return page("questions.html", nav="/settings", sets=doors().items("/opportunities/question-sets"))


@bp.get("/settings/questions/<key>")
@screen(may=("settings.read", "questions.edit"))
def question_set(key: str) -> Response:
    """One set of questions; a key that nobody has begins a new one."""
    return _questions(key)


@bp.post("/settings/questions/<key>")
@screen(may="questions.edit")
def put_questions(key: str) -> Response:
    """Makes the set, or its next version."""
    shape = _questions_shape()
    named = quote(key, safe="")
    return _saved(shape, f"/opportunities/question-sets/{named}", f"/settings/questions/{named}",
                  lambda **more: _questions(key, **more))  # fmt: skip


def _questions_shape() -> Shape:
    return Shape.of(doors().get("/opportunities/openapi.json"), "QuestionSetIn")


def _questions(key: str, **more: Any) -> Response:
    said_ = doors().ask("GET", f"/opportunities/question-sets/{quote(key, safe='')}")
    found = said_.data if said_.ok else {"active": True, "kind": "qualification"}
    tag = said_.tag if said_.ok else ""
    return _form(
        "question-set.html", _questions_shape(), found, tag, QUESTION_HINTS, {"key": key, "found": found}, **more
    )


# -- both


def _form(
    template: str,
    shape: Shape,
    value: Any,
    tag: str,
    hints: Mapping[str, str],
    shown: Mapping[str, Any],
    *,
    status: int = 200,
    body: Any = None,
    errors: Mapping[str, str] | None = None,
    others: list[str] | None = None,
) -> Response:
    typed = MultiDict[str, str]() if body is None else request.form
    parts = shape.parts(value if body is None else body, errors or {}, typed)
    faulty = [one for part in parts for one in part.faulty]
    shown_at = {one.at for one in faulty}
    elsewhere = [shapes.labelled(at, text) for at, text in (errors or {}).items() if at not in shown_at]
    wrong = [{"field": {"name": one.at, "label": one.label}, "error": one.error} for one in faulty]
    more = {"wrong": wrong, "others": [*(others or []), *elsewhere], **shown}
    return page(template, status, nav="/settings", parts=parts, tag=tag, hints=hints, **more)


def _saved(shape: Shape, address: str, back: str, again: Callable[..., Response]) -> Response:
    """What the owner made of the form; a refusal keeps all that was typed."""
    taken: Taken = shape.read(request.form)
    typed = shapes.typed(shape, request.form)
    if taken.wrong:
        return again(status=422, body=typed, errors=taken.wrong)
    headers = {"If-Match": request.form["_tag"]} if request.form.get("_tag") else {}
    try:
        answer = doors().ask("PUT", address, taken.body, headers=headers)
    except Unavailable:
        return again(status=503, body=typed, others=[LATER])
    if answer.ok:
        return go(back, words.said("Saved. It counts from now on."))
    errors, others = shapes.faults(answer.problem, taken)
    return again(status=answer.status, body=typed, errors=errors, others=[STALE] if answer.status == 412 else others)
