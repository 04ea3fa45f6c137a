"""Estimates: the list, one of them with its builder while it is a draft, its versions side by side, and its paper."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common.errors import Unavailable
from services.console.adapters import words
from services.console.api.screens import building, comparing, happened, pricebook, sheets
from services.console.api.screens.doing import LATER, STALE
from services.console.api.screens.frame import doors, go, me, names, page, place, printed, screen
from services.console.api.screens.offering import next_of, tag_of
from services.console.api.screens.offers import Offers

bp = Blueprint("console_estimates", __name__)

AT_ONCE = 50  #: in a page
LIVE = ("sent", "viewed", "changes_requested")
STATES = (
    "draft", "pending_approval", "approved", *LIVE, "accepted", "declined", "expired", "withdrawn",
)  # fmt: skip
OPEN = ("draft", "pending_approval", "approved")  #: still to be written
THEIRS = words.said(
    "Somebody changed this while you had it open. Save again to put yours over it, or open it anew to see theirs."
)


@bp.get("/estimates")
@screen(may="estimate.read")
def estimates() -> Response:
    """Every price, newest first; or those that are out, the one that ends first on top."""
    asked = {name: request.args.get(name, "") for name in ("state", "salesperson", "expiring", "cursor")}
    if sheets.wanted():
        return sheets.file_of("/estimates", {name: asked[name] for name in ("state", "salesperson")})
    query = {name: asked[name] for name in ("state", "salesperson", "cursor")}
    if asked["expiring"]:
        query = {"live": "true", "sort": "valid_until", "cursor": asked["cursor"]}
    found = doors().get("/estimates", limit=AT_ONCE, **query)
    who = names(*(one["salesperson_id"] for one in found["items"]))
    return page("estimates.html", nav="/estimates", found=found, asked=asked, who=who, states=STATES, tag_of=tag_of)


@bp.get("/estimates/<uuid:estimate_id>")
@screen(may="estimate.read")
def estimate(estimate_id: UUID) -> Response:
    """Is the price right, can it go out?"""
    return _shown(str(estimate_id))


@bp.get("/estimates/<uuid:estimate_id>/estimate.pdf")
@screen(may="estimate.read")
def paper(estimate_id: UUID) -> Response:
    """As the customer sees it, on paper."""
    return printed(f"/estimates/{estimate_id}/estimate.pdf")


@bp.post("/estimates/<uuid:estimate_id>/draft")
@screen(may="estimate.draft")
def draft(estimate_id: UUID) -> Response:
    """What a button of the builder does: most change the form, some save it. ``X-Live`` saves while somebody types."""
    ident, form = str(estimate_id), request.form
    typed, do = building.of_form(form), form.get("do") or "save"
    if do not in ("save", "send", "present"):
        task = pricebook.task(do.removeprefix("task:")) if do.startswith("task:") else None
        typed, at = building.changed(typed, do, _into(typed), task)
        return _shown(ident, typed=typed, at=at)
    body, kept = building.body(typed, place())
    try:
        said = doors().ask("PUT", f"/estimates/{ident}/draft", body, headers={"If-Match": form.get("_tag", "")})
    except Unavailable:
        return _shown(ident, 503, typed=typed, others=[LATER])
    live = "X-Live" in request.headers
    if said.ok and live:
        return _shown(ident, typed=building.with_figures(typed, said.data, kept), saved=(said.data, said.tag))
    if said.ok:
        return go(_onward(do, ident, said.data), words.said("Saved."))
    faults = building.faults(said.problem, kept)
    others = [THEIRS] if said.status == STALE else [] if faults else [str(said.problem.get("detail") or "")]
    status = 200 if live and said.status != STALE else said.status  # a line half written is no fault yet
    return _shown(ident, status, typed=typed, faults=faults, others=others, renew=said.status == STALE)


def _into(typed: building.Draft) -> int:
    """The option that is open in the builder."""
    chosen = request.values.get("into", "")
    return int(chosen) if chosen.isdigit() and int(chosen) < len(typed["options"]) else 0


def _onward(do: str, ident: str, record: Mapping[str, Any]) -> str:
    if do == "send":
        to = _addressed(record, doors().maybe(f"/estimates/{ident}/links", {"items": []})["items"])
        return f"/do/estimate.send/{ident}?{urlencode({'to': to, 'back': f'/estimates/{ident}'})}"
    if do == "present":
        return f"/estimates/{ident}/present"
    kept = {name: request.form.get(name, "") for name in ("q", "into")}
    asked = urlencode({name: value for name, value in kept.items() if value not in ("", "0")})
    return f"/estimates/{ident}?{asked}" if asked else f"/estimates/{ident}"


def _addressed(record: Mapping[str, Any], links: Sequence[Mapping[str, Any]]) -> str:
    """Who gets it: the addresses we know, else those that the version before went to."""
    known = (record.get("contact") or {}).get("emails") or ()
    last = max(links, key=lambda one: str(one["created_at"]), default={})
    return "\n".join(known or last.get("sent_to") or ())


def _shown(
    ident: str,
    status: int = 200,
    *,
    typed: building.Draft | None = None,
    faults: Mapping[str, str] | None = None,
    others: list[str] | None = None,
    at: str = "",
    saved: tuple[dict[str, Any], str] | None = None,
    renew: bool = False,
) -> Response:
    """The page. ``typed`` is what stands in the form and is not saved; ``saved`` is what just was."""
    said = None if saved else doors().look(f"/estimates/{ident}")
    record, tag = saved or (said.data, said.tag) if said else saved  # type: ignore[misc]
    where = {"options": "#options", "opportunity_id": f"/opportunities/{record['opportunity_id']}"}
    offers = Offers(record, (ident,), where)
    writes = me().may("estimate.draft") and "edit" in offers.allowed
    building_it = writes and (typed is not None or record["state"] == "draft" or "edit" in request.args)
    form = typed or (building.of_record(record) if building_it else None)
    wrong = [(name, building.labelled(name, form), text) for name, text in (faults or {}).items()] if form else []
    known = set(building.names(form)) if form else set()
    shown = {
        "nav": "/estimates",
        "estimate": record,
        "tag": tag if typed is None or renew or saved else request.form.get("_tag", tag),
        "offers": offers,
        "contact": record.get("contact") or {},
        "form": form,
        "wrong": [one for one in wrong if one[0] in known],
        "faults": faults or {},
        "others": [*(others or []), *(f"{label}: {text}" for name, label, text in wrong if name not in known)],
        "at": at,
        "into": _opened(form or record, faults or {}, at),
        "unsaved": typed is not None and saved is None,
        "tag_of": tag_of,
        "q": "",
    }
    if saved:
        return page("estimate.html", status, counts=None, live=True, **shown)
    return page("estimate.html", status, live=False, **shown, **_around(ident, record, offers, form))


def _opened(form: Any, faults: Mapping[str, str], at: str) -> int:
    """The option to open: that of the first fault, of what was just added, or the one that was open."""
    for name in (*faults, at):
        parts = name.split(".")
        if parts[0] == "options" and len(parts) > 1:
            return int(parts[1])
    return _into(form)


def _around(ident: str, record: Mapping[str, Any], offers: Offers, form: Any) -> dict[str, Any]:
    """What stands beside the price: the book, the rounds, the links, the versions."""
    rounds = doors().maybe(f"/estimates/{ident}/rounds", {"items": []})["items"]
    links = doors().maybe(f"/estimates/{ident}/links", {"items": []})["items"]
    who = names(record["salesperson_id"], record["submitted_by"], *(one["by"] for one in (*rounds,)))
    asked = request.values.get("q", "").strip()
    told = happened.timeline(record["lead_id"])
    mine = [one for one in told if one["subject"] == ident]
    been = ("sale.undone", (record["acceptance"] or {}).get("id")), ("estimate.moved", ident)  # there, and no longer
    taken_back = not record["job_id"] and any((one["kind"], one["subject"]) in been for one in told)
    pending = record["state"] == "pending_approval"
    return {
        "next": next_of({**record, "taken_back": taken_back}, offers),
        "asked": next((one for one in mine if pending and one["kind"] == "estimate.submitted"), None),
        "rounds": rounds,
        "to": _addressed(record, links),
        "links": [(one, offers.get("estimate.revoke", one["id"])) for one in links],
        "who": who,
        "book": pricebook.found(record, asked) if form else None,
        "book_q": asked,
        "taxes": doors().maybe("/estimates/tax-codes", {"items": []}, limit=200)["items"] if form else [],
        "compared": comparing.with_the_one_before(ident, record),
    }
