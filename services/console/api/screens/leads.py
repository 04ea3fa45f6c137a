"""Leads: the list, one of them, and the entry of a new one while somebody is on the telephone."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common import formatting
from libs.common.errors import Unavailable
from libs.common.formatting import counted
from libs.common.web import store
from services.console.adapters import words
from services.console.api.acts import EVERY
from services.console.api.acts.entry import ENTRY, FOLDED
from services.console.api.screens import choices, filing, forms, sheets, steps
from services.console.api.screens.doing import ANOTHERS
from services.console.api.screens.frame import doors, go, me, names, page, place, safe_path, say, screen
from services.console.api.screens.happened import timeline
from services.console.api.screens.offers import Offers

bp = Blueprint("console_leads", __name__)

AT_ONCE = 50  #: in a page, and given to somebody in one go
ENDED = ("converted", "merged")  #: these are nobody's to work
STATES = ("new", "contacted", "nurturing", "valid", "converted", "invalid", "merged")


@bp.get("/leads")
@screen(may="lead.read")
def leads() -> Response:
    """Every enquiry, newest first."""
    asked = {name: request.args.get(name, "") for name in ("state", "owner", "source", "q", "cursor")}
    if sheets.wanted():
        return sheets.file_of("/leads", asked)
    found = doors().get("/leads", limit=AT_ONCE, **asked)
    who = names(*(one["owner_id"] for one in found["items"]))
    owners = choices.owners()
    givable = [one["id"] for one in found["items"] if one["state"] not in ENDED] if me().may("lead.assign") else []
    return page(
        "leads.html",
        nav="/leads",
        found=found,
        who=who,
        asked=asked,
        states=STATES,
        owners=choices.called(owners),
        takers=choices.here(owners),
        givable=givable,
    )


@bp.post("/leads/give")
@screen(may="lead.assign")
def give() -> Response:
    """Gives several to somebody, each as one would be; says how many, and of the others why not."""
    typed, back = request.form, safe_path(request.form.get("_back"))
    wanted = list(dict.fromkeys(typed.getlist("listed" if typed.get("all") else "ids")))[:AT_ONCE]
    owner = typed.get("owner_id", "")
    if not wanted or not owner:
        return go(back, words.said("Tick whom it is about, and choose who takes them."), saved=False)
    key, body = typed.get("_key") or str(store().ids()), {"owner_id": owner}
    try:
        answers = [
            doors().ask("POST", f"/leads/{quote(one, safe='')}/assign", body, headers={"Idempotency-Key": key})
            for one in wanted
        ]
    except Unavailable:
        return go(back, words.said("Nobody answered half-way. Do it again: who was given stays given."), saved=False)
    given = sum(one.ok for one in answers)
    told = say(counted("%(num)s enquiry is now with %(who)s.", "%(num)s enquiries are now with %(who)s."),
               num=given, who=names(owner).get(owner, ""))  # fmt: skip
    refusal = next((str(one.problem.get("detail") or "") for one in answers if not one.ok), "")
    rest = counted("%(num)s is not: %(why)s", "%(num)s are not: %(why)s")
    return go(back, f"{told} {say(rest, num=len(wanted) - given, why=refusal)}" if given < len(wanted) else told)


@bp.get("/leads/<uuid:lead_id>")
@screen(may="lead.read")
def lead(lead_id: UUID) -> Response:
    """One enquiry: who, what they want, whether it is worth working, and what comes next."""
    ident = str(lead_id)
    record = doors().get(f"/leads/{ident}")
    offers = Offers(record, (ident,))
    contacts = doors().items(f"/leads/{ident}/contact-attempts")
    opportunities = (
        doors().maybe("/opportunities", {"items": []}, lead_id=ident)["items"] if me().may("opportunity.read") else []
    )
    decided = (record["validity"] or {}).get("by")
    who = names(record["owner_id"], record["generated_by"], decided, *(one["by"] for one in contacts))
    files = filing.at(f"/leads/{ident}")
    return page(
        "lead.html",
        nav="/leads",
        lead=record,
        offers=offers,
        contacts=contacts,
        opportunities=opportunities,
        alike=choices.alike(record),
        files=files,
        taken=filing.taken(files, offers, "lead.file-remove", "leads"),
        into=choices.seen(record["duplicate_of"]),
        who=who,
        happened=timeline(ident),
        steps=steps.of_lead(record),
        title=title_of(record),
    )


#: what a rule for a lead's type went by, as leads has it in its evidence; of some the value is a code
BY_RULE = "by rule: "
WENT_BY = {
    "channel": (words.said("channel %(what)s"), True),
    "interest": (words.said("interest %(what)s"), True),
    "source": (words.said("source %(what)s"), False),
    "campaign": (words.said("campaign %(what)s"), False),
}
DONE_BEFORE = {"contacted": words.said("contacted"), "validated": words.said("validated")}


@bp.app_template_filter("evidence")
def evidence(text: str | None) -> str:
    """Why it got its type: a person's words as they are, a rule's in the reader's language."""
    if not (text or "").startswith(BY_RULE):
        return text or ""
    parts = [_went_by(one) for one in str(text).removeprefix(BY_RULE).split(", ")]
    return place().say(words.said("by rule: %(why)s"), why=", ".join(parts))


def _went_by(part: str) -> str:
    name, _, value = part.partition(" ")
    if part in DONE_BEFORE:
        return place().say(DONE_BEFORE[part])
    if name not in WENT_BY:
        return part
    text, coded = WENT_BY[name]
    return place().say(text, what=place().say(formatting.plain(value)).lower() if coded else value)


def title_of(record: dict[str, Any]) -> str:
    return str(record.get("person_name") or record.get("company") or record.get("number") or "")


@bp.get("/new")
@screen(may="lead.create")
def new() -> Response:
    """What do I need from this caller?"""
    first = {"channel": "technician"} if me().roles == {"technician"} else {}
    return _entry({one.name: request.args.get(one.name, first.get(one.name, one.first)) for one in ENTRY})


@bp.post("/new")
@screen(may="lead.create")
def enter() -> Response:
    """Takes the enquiry in; with an owner, hands it over in the same call."""
    typed = request.form
    body, wrong = forms.body(ENTRY, typed, place(), edits=False)
    if wrong:
        return _entry(forms.typed(ENTRY, typed), 422, wrong)
    body["phones"] = [body.pop("phone")] if body.get("phone") else []
    body["emails"] = forms.parted(body.pop("email", ""))
    key = typed.get("_key") or str(store().ids())
    try:
        said = doors().ask("POST", "/leads", body, headers={"Idempotency-Key": key})
    except Unavailable:
        later = words.said("Nobody answered. What you typed is still here: send it again, it cannot happen twice.")
        return _entry(forms.typed(ENTRY, typed), 503, {}, [later], key)
    if said.status == 201:
        made = said.data
        onward = typed.get("then", "")
        text = words.said("Taken in.")
        if "location" not in said.headers:
            return go("/leads", ANOTHERS)
        if onward == "valid" and EVERY["lead.validate"].may and me().may("lead.decide"):
            return _and_validate(made["id"])
        return go(f"/leads/{made['id']}", text)
    problem = {**said.problem, "errors": [_renamed(one) for one in said.problem.get("errors") or ()]}
    of_fields, others = forms.faults(problem, ENTRY, "lead")
    return _entry(
        forms.typed(ENTRY, typed), said.status, of_fields, others or ([] if of_fields else [str(problem.get("detail"))])
    )


def _and_validate(ident: str) -> Response:
    """Worth working at once: who is on the telephone has said enough."""
    said = doors().ask("POST", f"/leads/{ident}/validate", headers={"Idempotency-Key": f"entry-{ident}"})
    text = (
        words.said("Taken in and valid.")
        if said.ok
        else words.said("Taken in; something is missing before it is valid.")
    )
    return go(f"/leads/{ident}", text)


def _renamed(fault: dict[str, Any]) -> dict[str, Any]:
    """The form has a field for one number and one for addresses; the door has lists."""
    pointer = str(fault.get("pointer") or "")
    for many, single in (("/phones", "/phone"), ("/emails", "/email")):
        if pointer.startswith(many):
            return {**fault, "pointer": single}
    return fault


def _entry(
    values: dict[str, Any],
    status: int = 200,
    errors: dict[str, str] | None = None,
    others: list[str] | None = None,
    key: str = "",
) -> Response:
    shown = {
        one.name: forms.Shown(
            one, values.get(one.name, ""), choices.of(one.choices, {}), (errors or {}).get(one.name, "")
        )
        for one in ENTRY
    }
    said: dict[str, Any] = {"wrong": [one for one in shown.values() if one.error], "others": others or [], "key": key}
    return page("new.html", status, nav="/new", shown=shown, folded=[shown[name] for name in FOLDED], **said)
