"""Doing something: the form of any act, and what its owner made of it. Nothing typed is lost by a refusal."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from flask import Blueprint, Response, jsonify, request

from libs.common.errors import NotFound, Unavailable
from libs.common.web import store
from services.console.adapters import words
from services.console.adapters.doors import FILE_S, Said
from services.console.api.acts import EVERY, Act, Field
from services.console.api.screens import choices, forms, uploading
from services.console.api.screens.frame import allowed, doors, go, page, place, safe_path, say, screen
from services.console.api.screens.offers import Offer, Offers, drawn

bp = Blueprint("console_doing", __name__)

STALE, UNREADABLE = 412, 422
LATER = words.said("Nobody answered. What you typed is still here: send it again, it cannot happen twice.")
YES, NO, EMPTY = words.said("Yes"), words.said("No"), words.said("empty")
ANOTHERS = words.said("Taken in for another branch, whose people have it now.")


@bp.get("/do/<key>", defaults={"idents": ""})
@bp.get("/do/<key>/<path:idents>")
@screen()
def form(key: str, idents: str) -> Response:
    """The form of an act, as a page of its own."""
    act, ids = _act(key, idents)
    record, tag = _record(act, ids)
    asked = {one.name: request.args[one.name] for one in act.fields if one.name in request.args}
    was = forms.begun(act.fields, record if act.edits else {}, place())
    values = was | forms.begun_elsewhere(act.fields, record, place()) | asked
    kept = tag if act.edits else ""  # nothing is written over by another act; whether it is possible its owner knows
    offer = Offers(record, ids).get(key) if act.action else None
    return _shown(act, ids, values, record, was=was, tag=kept, back=request.args.get("back"), offer=offer)


@bp.post("/do/<key>", defaults={"idents": ""})
@bp.post("/do/<key>/<path:idents>")
@screen(files=True)
def do(key: str, idents: str) -> Response:
    """Does it. The same form sent again has one effect."""
    act, ids = _act(key, idents)
    typed = request.form
    fields: Sequence[Field] = act.fields
    if act.edits:
        before = forms.stood(typed) or forms.begun(fields, _record(act, ids)[0], place())
        fields = forms.whole(fields, forms.other(fields, before, forms.typed(fields, typed)))
        if not fields and not act.fixed:
            return go(safe_path(typed.get("_back")), words.said("Nothing was changed."))
    body, unreadable = forms.body(fields, typed, place(), edits=act.edits)
    if unreadable := unreadable or forms.over(fields, typed, place()):
        return _again(act, ids, UNREADABLE, unreadable, [])
    headers = {"If-Match": typed["_tag"]} if typed.get("_tag") else {}
    if act.method == "POST":
        headers["Idempotency-Key"] = typed.get("_key") or str(store().ids())
    sending: dict[str, Any] = {"body": {**body, **act.fixed}}
    if any(one.kind == "file" for one in act.fields):
        sending = uploading.parts(act.fields, body, request.files)
        headers["Content-Length"] = str(sending.pop("length"))
        sending["patience"] = FILE_S
    try:
        said = doors().ask(act.method, act.at(ids) + _query(act), headers=headers, **sending)
    except Unavailable:
        return _told(503, act.done, LATER) if _by_script() else _again(act, ids, 503, {}, [LATER])
    if _by_script():
        return _told(said.status, act.done, _in_short(act, said))
    if said.ok and act.shows:
        back = safe_path(typed.get("_back"))
        known = {"act": act, "answer": said.data, "sent": body, "back": back, "ids": ids}
        return page(act.shows, nav=act.shown, saved=True, **known)
    if said.ok:
        return _done(act, said)
    return _refused(act, ids, said)


def _by_script() -> bool:
    """A script asks for the answer alone and shows it on the page that is there."""
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"


def _told(status: int, done: str, problem: str) -> Response:
    answer = jsonify(
        ok=status < 400, said=say(done) if status < 400 else "", problem=say(problem) if status >= 400 else ""
    )
    answer.status_code = status
    return answer


def _in_short(act: Act, said: Said) -> str:
    """Everything in the way, else what the owner says of the refusal."""
    faults = [_labelled(act, one) for one in said.problem.get("errors") or ()]
    text = "; ".join(one for one in faults if one) or str(
        said.problem.get("detail") or say(words.said("That was refused."))
    )
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _labelled(act: Act, fault: dict[str, Any]) -> str:
    label, *_ = forms.named(act.key.partition(".")[0], str(fault.get("pointer") or ""))
    return f"{say(label)}: {fault['detail']}" if label and fault.get("detail") else str(fault.get("detail") or "")


def _query(act: Act) -> str:
    """What a form asks beside its body, such as a dry run: fields named ``?…``."""
    asked = [(one.name[1:], request.form.get(one.name, "")) for one in act.fields if one.name.startswith("?")]
    return (
        "?" + "&".join(f"{name}={quote(value)}" for name, value in asked if value) if any(v for _, v in asked) else ""
    )


def _done(act: Act, said: Said) -> Response:
    """On to what was made, where the reader may see it; else back."""
    back = safe_path(request.form.get("_back"))
    if act.makes and "location" not in said.headers:
        return go(back, ANOTHERS)
    data = said.data if isinstance(said.data, dict) else {}
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    return go(act.then.format_map(texts) if act.then else back, act.done)


def _refused(act: Act, ids: tuple[str, ...], said: Said) -> Response:
    problem = said.problem
    if said.too_late and not act.has_page:  # nothing was typed: the record's page says what can be done now
        return go(safe_path(request.form.get("_back")), str(problem["detail"]), saved=False)
    of_fields, others = forms.faults(problem, act.fields, act.key.partition(".")[0])
    if said.status == STALE:
        others = [
            words.said(
                "Somebody changed this while you had it open. See what it is now; save again to put yours over it."
            )
        ]
    elif not of_fields and not others:
        others = [str(problem.get("detail") or words.said("That was refused."))]
    elif not of_fields and problem.get("detail"):
        others = [str(problem["detail"]), *others] if said.status != 409 else others
    return _again(act, ids, said.status, of_fields, others, too_late=said.too_late)


def _again(
    act: Act, ids: tuple[str, ...], status: int, errors: dict[str, str], others: list[str], *, too_late: bool = False
) -> Response:
    """The form once more with everything that was typed; where it was stale, the rest as others left it."""
    try:
        record, tag = _record(act, ids)
    except Unavailable:
        record, tag = {}, request.form.get("_tag", "")
    typed, was = forms.typed(act.fields, request.form), forms.stood(request.form)
    now: dict[str, str] = {}
    if status == STALE and record:
        theirs = forms.begun(act.fields, record, place())
        was = was or theirs
        mine = {one.name: typed[one.name] for one in forms.other(act.fields, was, typed)}
        now = {one.name: _said(one, theirs[one.name], record) for one in forms.other(act.fields, was, theirs)}
        typed, was = theirs | mine, theirs
    elif act.edits:
        tag = request.form.get("_tag", "")
    return _shown(
        act,
        ids,
        typed,
        record,
        was=was,
        tag=tag,
        back=request.form.get("_back"),
        status=status,
        errors=errors,
        others=others,
        now=now,
        key=request.form.get("_key", "") if status >= 500 else "",
        too_late=too_late,
    )


def _said(field: Field, value: Any, record: dict[str, Any]) -> str:
    """A value as it is read, not as a control keeps it."""
    labels: dict[str, str] = {"true": YES, "false": NO, **dict(choices.of(field.choices, record))}
    every: list[str] = value if isinstance(value, list) else str(value or "").split("\n")
    return ", ".join(say(labels.get(one, one)) for one in every if one) or say(EMPTY)


def _shown(
    act: Act,
    ids: tuple[str, ...],
    values: dict[str, Any],
    record: dict[str, Any],
    *,
    was: dict[str, Any],
    tag: str = "",
    back: str | None = None,
    status: int = 200,
    errors: dict[str, str] | None = None,
    others: list[str] | None = None,
    now: dict[str, str] | None = None,
    key: str = "",
    too_late: bool = False,
    offer: Offer | None = None,
) -> Response:
    shown = drawn(act, values, record, errors, now)
    about = record.get("title") or record.get("person_name") or record.get("company") or record.get("name") or ""
    return page(
        "do.html",
        status,
        act=act,
        address="/".join(("/do", act.key, *(quote(one, safe="") for one in ids))),
        fields=shown,
        others=others or [],
        wrong=[one for one in shown if one.error],
        tag=tag,
        was=msgspec.json.encode(was).decode() if act.edits else "",
        back=safe_path(back or act.page_of(ids, record)),
        about=about,
        number=record.get("number") or "",
        key=key,
        refused=status == 409,
        too_late=too_late,
        blocked=offer if offer and not offer.ok else None,
        otherwise=EVERY.get(act.otherwise),
        ids=ids,
    )


def _act(key: str, idents: str) -> tuple[Act, tuple[str, ...]]:
    act = EVERY.get(key)
    ids = tuple(part for part in idents.split("/") if part)
    if act is None or len(ids) != act.placeholders or not allowed(act.may):
        raise NotFound("there is nothing at this address")
    return act, ids


def _record(act: Act, ids: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """What the act is about, for its first values, its choices and its heading."""
    path = act.record or _about(act)
    if not path:
        return {}, ""
    said = doors().look(act.record_at(ids) if act.record else _filled(path, ids))
    return said.data, said.tag


def _about(act: Act) -> str:
    """The record that an act's path is about: up to its last id."""
    head, bracket, _ = act.path.rpartition("<")
    return act.path[: act.path.index(">", len(head)) + 1] if bracket else ""


def _filled(path: str, ids: tuple[str, ...]) -> str:
    from services.console.api.acts.act import filled

    return filled(path, ids)
