"""One opportunity: where it stands, the one next step, and everything the work on it needs."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common.auth import Scope
from libs.common.errors import Unavailable
from libs.common.web import store
from services.console.adapters import words
from services.console.api.acts.opportunities import FINANCING
from services.console.api.screens import filing, next_step, steps
from services.console.api.screens.frame import doors, go, me, names, page, place, printed, screen
from services.console.api.screens.happened import timeline
from services.console.api.screens.offers import Offers
from services.console.api.screens.questions import Sheet, answered

bp = Blueprint("console_opportunities", __name__)

#: what is kept with whoever asks, and put right at their enquiry
PROSPECT = ("person_name", "company", "phones", "emails", "interest_level")


@bp.get("/opportunities/<uuid:opportunity_id>")
@screen(may="opportunity.read")
def opportunity(opportunity_id: UUID) -> Response:
    """What moves this one forward?"""
    return _shown(str(opportunity_id))


@bp.get("/opportunities/<uuid:opportunity_id>/opportunity.pdf")
@screen(may="opportunity.read")
def paper(opportunity_id: UUID) -> Response:
    """What whoever drives there should know, on paper."""
    return printed(f"/opportunities/{opportunity_id}/opportunity.pdf")


@bp.post("/opportunities/<uuid:opportunity_id>/answers")
@screen(may="opportunity.work")
def answer(opportunity_id: UUID) -> Response:
    """Saves what was answered of one set, some or all."""
    ident = str(opportunity_id)
    sheets = doors().items(f"/opportunities/{ident}/question-sets")
    sheet = next((one for one in sheets if one["id"] == request.form.get("question_set_id")), None)
    if sheet is None:
        return go(
            f"/opportunities/{ident}", words.said("The questions have changed meanwhile. Here they are."), saved=False
        )
    body = {"question_set_id": sheet["id"], "answers": answered(sheet, request.form, place())}
    key = request.form.get("_key") or str(store().ids())
    try:
        said = doors().ask("POST", f"/opportunities/{ident}/answers", body, headers={"Idempotency-Key": key})
    except Unavailable:
        return _shown(
            ident, 503, {"": words.said("Nobody answered. Send it again; it cannot happen twice.")}, request.form
        )
    if said.ok:
        return go(f"/opportunities/{ident}#questions", words.said("Answers saved."))
    faults = {
        str(one.get("pointer") or "").rpartition("/")[2]: str(one.get("detail"))
        for one in said.problem.get("errors") or ()
    }
    return _shown(ident, said.status, faults or {"": str(said.problem.get("detail"))}, request.form)


OVER = ("completed", "no_show", "cancelled")


@bp.get("/opportunities/appointments/<uuid:appointment_id>/appointment.ics")
@screen(may="opportunity.read")
def invitation(appointment_id: UUID) -> Response:
    """An appointment for one's own calendar."""
    said = doors().look(f"/opportunities/appointments/{appointment_id}/appointment.ics")
    named = {"Content-Disposition": "attachment; filename=appointment.ics"}
    return Response(said.content, content_type="text/calendar; charset=utf-8", headers=named)


def _whole(visit: dict[str, Any]) -> dict[str, Any]:
    """An appointment with what may be done with it, which a list does not say; the few that are still to come."""
    if visit["state"] in OVER or not me().may("opportunity.appoint"):
        return visit
    found: dict[str, Any] = doors().maybe(f"/opportunities/appointments/{visit['id']}", visit)
    return found


def _knows_lead(ident: str) -> bool:
    """Whether the reader sees the lead, too: it may be somebody else's."""
    scope = me().scope("lead.read")
    return scope is Scope.ALL or (scope is not None and doors().maybe(f"/leads/{ident}", None) is not None)


def _shown(ident: str, status: int = 200, faults: dict[str, str] | None = None, typed: Any = None) -> Response:
    record = doors().get(f"/opportunities/{ident}")
    knows_lead = _knows_lead(record["lead_id"])
    of_lead = PROSPECT if knows_lead and me().may("lead.edit") else ()
    where = {name: f"/do/lead.edit/{record['lead_id']}#{name}" for name in of_lead}
    where |= {"answers": f"/opportunities/{ident}#questions", "qualified": f"/opportunities/{ident}#questions"}
    where |= {"question_sets": f"/opportunities/{ident}#questions", "salesperson_id": f"/do/opportunity.assign/{ident}"}
    offers = Offers(record, (ident,), where)
    stages = doors().get("/opportunities/stages", branch=record["branch"])["items"]
    visits = doors().items(f"/opportunities/{ident}/appointments")
    contacts = doors().items(f"/opportunities/{ident}/contact-attempts")
    sheets = [Sheet.of(one, typed, faults or {}) for one in doors().items(f"/opportunities/{ident}/question-sets")]
    estimates = doors().maybe("/estimates", {"items": []}, opportunity_id=ident)["items"]
    bookings = (
        doors().maybe("/bookings", {"items": []}, opportunity_id=ident)["items"] if me().may("booking.read") else []
    )
    happened = timeline(record["lead_id"])
    files = filing.at(f"/opportunities/{ident}")
    who = names(
        record["salesperson_id"],
        record["inside_rep_id"],
        (record["override"] or {}).get("by"),
        *(one["by"] for one in contacts),
        *(person for one in visits for person in one["assignee_ids"] or ()),
    )
    return page(
        "opportunity.html",
        status,
        nav="/board",
        opportunity=record,
        knows_lead=knows_lead,
        offers=offers,
        contacts=contacts,
        who=who,
        visits=[(one, Offers(_whole(one), (one["id"],))) for one in visits],
        sheets=sheets,
        files=files,
        taken=filing.taken(files, offers, "opportunity.file-remove", "opportunities"),
        estimates=estimates,
        bookings=bookings,
        steps=steps.of_opportunity(record, stages, happened),
        happened=happened,
        faults=faults or {},
        financing=FINANCING,
        next=next_step.of_opportunity(record, offers, estimates, bookings, happened),
    )
