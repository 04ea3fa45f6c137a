"""The funnel's cards on a page: where each leads, what is to be said of it now, and the list behind any number."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request

from libs.common.formatting import plain
from libs.common.web import Schema, load, reading
from services.console import usecases
from services.console.adapters.words import instant, said
from services.console.api.screens.frame import doors, me, page, place, screen
from services.console.schemas.cards import CardQuery

bp = Blueprint("console_cards", __name__)

CardShown = Mapping[str, Any]
SOON = timedelta(days=3)
#: what a list is called in which all is due
DUE = {
    ("answer_late", True): said("Answers late"),
    ("answer_late", False): said("To answer"),
    ("follow_up_late", True): said("Follow-ups late"),
}
#: what the reader may open, the furthest first: the permission, the id on the card, and the page
PAGES = (
    ("booking.read", "booking_id", "/bookings/"),
    ("opportunity.read", "opportunity_id", "/opportunities/"),
    ("lead.read", "id", "/leads/"),
    ("estimate.read", "estimate_id", "/estimates/"),  # only where it is asked for
)


def href(card: CardShown, first: str = "") -> str:
    """The page of how far it has come, or of the record that is asked for first."""
    pages = sorted(PAGES, key=lambda one: one[1] != first)
    found = (base + str(card[ident]) for may, ident, base in pages if card[ident] and me().may(may))
    return next(found, "")


def entry_href(entry: Mapping[str, Any]) -> str | None:
    """The page of what is in somebody's day; None where the reader may not open it."""
    work = entry["entry"] == "work"
    if not me().may("booking.read" if work else "opportunity.read"):
        return None
    return f"/bookings/{entry['id']}" if work else f"/opportunities/{entry['opportunity_id']}"


def label(lane: str) -> str:
    """A lane's name: the branch's own for its stages."""
    phase, _, code = lane.partition(".")
    return stages().get(code, plain(code)) if phase == "opportunity" else plain(code)


def stages() -> dict[str, str]:
    """The labels of the reader's stages, by code, in their order."""
    return {one["code"]: one["label"] for one in flow()}


def flow() -> list[dict[str, Any]]:
    """The stages of the reader's branch, in their order; none for who may not see opportunities."""
    if "flow" not in g:
        where = {"branch": str(home)} if (home := me().home) else {}
        asking = me().may("opportunity.read")
        g.flow = doors().maybe("/opportunities/stages", {"items": []}, **where)["items"] if asking else []
    return cast(list[dict[str, Any]], g.flow)


def urgency(card: CardShown) -> tuple[str, Any, str, str]:
    """What to say of it first: words, time, look and icon; nothing where nothing presses."""
    for name, late, due in (
        ("answer_due_at", said("Answer late"), said("Answer")),
        ("follow_up_at", said("Follow-up late"), ""),
        ("take_over_by", said("Not taken over"), ""),
        ("offer_ends_at", said("Ran out"), said("Expires")),
    ):
        at = instant(card[name])
        if at is not None and at < place().now:
            return late, None, "bad", "clock"
        if at is not None and due and at < place().now + SOON:
            return due, at, "warn", "clock"
    return "", None, "", ""


def asked_of(schema: type[Schema], given: Mapping[str, str]) -> dict[str, Any]:
    """What a page's address asks the read model; what a form leaves empty, and what is another's, is not asked."""
    known = {field.data_key or name: field for name, field in schema().fields.items()}
    said = {name: text for name, text in given.items() if text and name in known}
    read = {name: getattr(known[name], "from_query", str)(text) for name, text in said.items()}
    return dict(load(schema, read, query=True))


@bp.get("/cards")
@screen(may="pipeline.read")
def cards() -> Response:
    """The cards behind a number."""
    asked = asked_of(CardQuery, request.args)
    with reading() as tx:
        found = usecases.cards(tx, me(), {**asked, "limit": 50})
    here = {name: value for name, value in request.args.items() if name != "cursor"}
    older = f"/cards?{urlencode({**here, 'cursor': found.next})}" if found.next else ""
    due = next((text for (name, late), text in DUE.items() if asked.get(name) is late), "")
    title = label(asked["lane"]) if asked.get("lane") else due
    back = "/board" if me().may("opportunity.read") else "/"
    return page("cards.html", nav="/board", found=found.items, older=older, title=title, back=back)


for _name, _function in (("card_href", href), ("entry_href", entry_href), ("lane_label", label), ("urgency", urgency)):
    bp.app_template_global(_name)(_function)
