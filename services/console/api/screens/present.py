"""At the customer's table: three prices and no cost, a choice with its figures, and a yes in person."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common.errors import Unavailable
from libs.common.web import store
from services.console.adapters import words
from services.console.api.screens.doing import LATER
from services.console.api.screens.frame import doors, go, page, screen
from services.console.api.screens.offers import Offers

bp = Blueprint("console_present", __name__)

NO_NAME = words.said("Please type the name: it stands for the signature.")


@bp.get("/estimates/<uuid:estimate_id>/present")
@screen(may="estimate.record_decision")
def present(estimate_id: UUID) -> Response:
    """Which of these?"""
    return _shown(str(estimate_id))


@bp.post("/estimates/<uuid:estimate_id>/present")
@screen(may="estimate.record_decision")
def choose(estimate_id: UUID) -> Response:
    """Works the choice out; with ``do=accept`` it is their yes, said here."""
    ident, form = str(estimate_id), request.form
    if form.get("do") != "accept":
        return _shown(ident)
    if not form.get("typed_name", "").strip():
        return _shown(ident, 422, [NO_NAME])
    record = doors().get(f"/estimates/{ident}")
    body = {"option": form.get("option", ""), "add_ons": _ticked(record), "method": "in_person"}
    body |= {name: form[name] for name in ("typed_name", "signature") if form.get(name)}
    key = form.get("_key") or str(store().ids())
    try:
        said = doors().ask("POST", f"/estimates/{ident}/accept", body, headers={"Idempotency-Key": key})
    except Unavailable:
        return _shown(ident, 503, [LATER])
    if said.ok:
        return go(f"/estimates/{ident}", words.said("Accepted. The sale opens by itself."))
    faults = [str(one.get("detail")) for one in said.problem.get("errors") or ()]
    return _shown(ident, said.status, faults or [str(said.problem.get("detail") or "")])


def _chosen(record: dict[str, Any]) -> dict[str, Any] | None:
    """The option that the form names; the middle one at first, as it is laid on the table."""
    options = record["options"]
    named = next((one for one in options if one["id"] == request.form.get("option")), None)
    return named or (options[len(options) // 2] if options else None)


def _ticked(record: dict[str, Any]) -> list[str]:
    option = _chosen(record)
    asked = set(request.form.getlist("add_ons"))
    return [line["id"] for line in option["add_ons"] if line["id"] in asked] if option else []


def _shown(ident: str, status: int = 200, wrong: list[str] | None = None) -> Response:
    record = doors().get(f"/estimates/{ident}")
    option, ticked = _chosen(record), _ticked(record)
    totals = (
        doors().get(f"/estimates/{ident}/totals", option=option["id"], add_ons=",".join(ticked))
        if option and option["lines"]
        else None
    )
    branches = {one["id"]: one for one in doors().maybe_every("/staff/branches")}
    return page(
        "present.html",
        status,
        counts=None,
        estimate=record,
        company=branches.get(record["branch"], {}),
        option=option,
        ticked=ticked,
        totals=totals,
        accept=Offers(record, (ident,))["estimate.accept"],
        typed=request.form,
        wrong=wrong or [],
    )
