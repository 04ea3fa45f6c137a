"""Today: the one next best step, what is late, what waits for the customer, the day, the news; by role, as a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from libs.common import formatting
from libs.common.auth import Role, Scope
from libs.common.tx import Tx
from libs.common.web import reading
from services.console import usecases
from services.console.adapters.words import instant, said
from services.console.api.screens import cards
from services.console.api.screens.frame import doors, me, page, place, screen
from services.console.usecases import Waiting

bp = Blueprint("console_today", __name__)

CardShown = Mapping[str, Any]
SHOWN, NEWS = 6, 5
CLOCKS = ("answer", "late_answer")
DATED = (*CLOCKS, "overdue_follow_up", "not_taken_over", "expiring_offer")  #: what is due is due by a time


@dataclass(frozen=True)
class Step:
    """One kind of work that waits. ``heading`` is its next step; ``section`` the list of more of them, red if late.

    ``extra`` asks the read model for what ``today`` does not know; ``opens`` is where on the card's page it is done.
    """

    heading: str
    section: str
    every: str
    late: bool = False
    calls: bool = False  #: the step is a call: its number is the button
    opens: str = "opportunity_id"
    button: str = said("Open it")
    at: str = ""
    extra: Mapping[str, Any] | None = None


STEPS: Mapping[str, Step] = {
    "late_answer": Step(
        said("Call %(who)s back"), said("Answers late"), "/cards?answer_late=true", late=True, calls=True
    ),
    "answer": Step(said("Call %(who)s back"), said("To answer"), "/cards?answer_late=false", calls=True),
    "overdue_follow_up": Step(
        said("Follow up with %(who)s"), said("Follow-ups late"), "/cards?follow_up_late=true", late=True, calls=True
    ),
    "expiring_offer": Step(
        said("Ask %(who)s for a decision"), said("Offers that run out"), "/estimates?expiring=1", calls=True
    ),
    "approval": Step(
        said("Look at the price for %(who)s"), said("To approve"), "/cards?estimate_state=pending_approval",
        opens="estimate_id", button=said("Open the estimate"), extra={"estimate_state": "pending_approval"},
    ),
    "not_taken_over": Step(
        said("Ask operations about %(who)s"), said("Not taken over in time"), "/bookings", late=True,
        opens="booking_id", button=said("Open the booking"),
    ),
    "to_hand_over": Step(
        said("Prepare %(who)s for operations"), said("To prepare and hand over"), "/bookings", opens="booking_id",
        button=said("Open the booking"),
    ),
    "new": Step(
        said("Is %(who)s worth working?"), said("New enquiries"), "/leads?state=new", opens="id",
        button=said("Open the enquiry"), extra={"lane": "lead.new"},
    ),
    "inbox": Step(
        said("Accept %(who)s, or give it back"), said("Waiting for your yes"), "/operations", opens="booking_id",
        button=said("Open the work"), extra={"lane": "booking.assigned"},
    ),
    "work": Step(
        said("Get %(who)s done"), said("Accepted work"), "/operations", opens="booking_id",
        button=said("Open the work"), extra={"lane": "booking.accepted"},
    ),
}  # fmt: skip

SELLS = ("late_answer", "overdue_follow_up", "answer", "expiring_offer")
TAKES_CALLS = ("late_answer", "answer", "new")
#: what each role does next, the most urgent first
ORDER: Mapping[Role, Sequence[str]] = {
    Role.SALESPERSON: SELLS,
    Role.CSR: TAKES_CALLS,
    Role.MARKETING: TAKES_CALLS,
    Role.MANAGER: ("late_answer", "approval", "not_taken_over", "to_hand_over", *SELLS[1:]),
    Role.OFFICE: ("late_answer", "to_hand_over", "not_taken_over", "new", "answer"),
    Role.OPERATIONS: ("inbox", "work"),
}


@bp.get("/")
@screen()
def today() -> Response:
    """What do I do next?"""
    keys = list(dict.fromkeys(key for role, some in ORDER.items() if role in me().roles for key in some))
    with reading() as tx:
        seen = me().may("pipeline.read")
        shown = usecases.today(tx, me(), {"limit": SHOWN}) if seen else usecases.Today([], [])
        waiting = {one.key: one for one in shown.waiting}
        for key in keys:
            if STEPS[key].extra:
                found = usecases.cards(tx, me(), {**(STEPS[key].extra or {}), "limit": SHOWN})
                waiting[key] = Waiting(key, len(found.items) + bool(found.next), found.items)
        month = _month(tx) if me().may("report.read") else None
    mine = [(key, waiting[key]) for key in keys if key in waiting and waiting[key].count]
    first = _first(*mine[0]) if mine else None
    with_them = [waiting[one] for one in ("expiring_offer", "with_the_customer") if one in waiting]
    return page(
        "today.html",
        nav="/",
        first=first,
        lists=_lists(mine, first),
        with_them=[card for one in with_them for card in one.cards] if me().may("estimate.send") else [],
        day=_day(shown.appointments),
        own=me().scope("pipeline.read") is Scope.OWN,
        news=doors().maybe("/notifications", {"items": []}, unread="true", limit=NEWS)["items"],
        month=month,
        late=[(STEPS[key].section, one.count) for key, one in mine if STEPS[key].late],
        demo=_demo(),
    )


def _demo() -> bool:
    return str(doors().maybe("/staff/me", {}).get("email")).endswith("@demo.example")


def _first(key: str, waiting: Waiting) -> dict[str, Any]:
    """The card of the next step, with the number to call and how much of the clock is used."""
    step, card = STEPS[key], waiting.cards[0]
    due, since = instant(card.get("due_at")) if key in DATED else None, instant(card["received_at"])
    whole = int((due - since).total_seconds() // 60) if due and since and key in CLOCKS else 0
    used = int((place().now - since).total_seconds() // 60) if whole > 0 and since else 0
    them = _whom(card) if step.calls else {}
    phones = [] if them.get("do_not_contact") else them.get("phones") or []
    return {
        "step": step, "card": card, "key": key, "due": due, "them": them, "phone": phones[0] if phones else None,
        "whole": whole, "used": min(used, whole), "href": cards.href(card, step.opens),
    }  # fmt: skip


def _whom(card: CardShown) -> dict[str, Any]:
    """How they are reached. Whoever works it has the opportunity; at the telephone one has the enquiry."""
    if card["opportunity_id"] and me().may("opportunity.read"):
        return doors().maybe(f"/opportunities/{card['opportunity_id']}", {}).get("prospect") or {}
    found: dict[str, Any] = doors().maybe(f"/leads/{card['id']}", {})
    return found


def _lists(mine: list[tuple[str, Waiting]], first: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What else waits, kind by kind, without the card of the next step."""
    found = []
    for key, one in mine:
        rest = [card for card in one.cards if not first or card["id"] != first["card"]["id"]]
        more = one.count > len(one.cards)
        count = f"{len(one.cards)}+" if more and STEPS[key].extra else one.count  # of these nobody counts the rest
        if rest:
            found.append({"key": key, "step": STEPS[key], "count": count, "more": more, "cards": rest})
    return found


def _day(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The day's hours with now among them; what is over and was not recorded says so."""
    now = place().now
    shown = []
    for one in entries:
        past = _ends(one) < now
        booked = one["entry"] == "work"
        open_ = past and not booked and one["state"] in ("scheduled", "confirmed", "en_route", "on_site")
        shown.append({**one, "past": past, "unrecorded": open_, "now": False})
    after = next((n for n, one in enumerate(shown) if one["starts_at"] > now), len(shown))
    return [*shown[:after], {"now": True, "starts_at": now, "past": False}, *shown[after:]] if shown else []


def _ends(entry: Mapping[str, Any]) -> datetime:
    found: datetime = entry["ends_at"] or entry["starts_at"]
    return found


def _month(tx: Tx) -> dict[str, Any]:
    """This month in four numbers, in the reader's scope; each leads to its report."""
    local = place().local(place().now)
    asked = {"since": local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)}
    closed = usecases.report(tx, me(), "close-rate", asked).rows
    answers = usecases.report(tx, me(), "response-time", asked).rows
    total: Callable[[list[dict[str, Any]], str], int] = lambda rows, name: sum(row[name] or 0 for row in rows)  # noqa: E731
    sold: dict[str, Decimal] = {}
    for row in closed:
        for one in row["value"] or ():
            sold[one["currency"]] = sold.get(one["currency"], Decimal(0)) + Decimal(one["amount"])
    return {
        "since": local.date().replace(day=1),
        "name": formatting.MONTHS[local.month - 1],
        "won": total(closed, "won"),
        "decided": total(closed, "won") + total(closed, "lost"),
        "sold": sold,
        "in_time": total(answers, "in_time"),
        "answered": total(answers, "answered"),
        "leads": total(answers, "leads"),
    }
