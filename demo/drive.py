"""Drives enquiries through their lives by the public API, a step of the funnel at a time.

Step by step for all of them, not life by life: facts reach the next service while the step is still at work on others.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo.client import Client, Refused
from demo.crew import Crew, Member, until
from demo.life import Life

WAIT_S = 60.0
HANDS = 4  #: people at their keyboards at once
SLOT = timedelta(minutes=30)

Progress = Callable[[int], None]


@dataclass
class Case:
    """One enquiry on its way, and how far it came."""

    turn: int
    lead: dict[str, Any]
    life: Life
    home: str  #: the branch whose people work it
    salesperson: Member | None = None
    opportunity: str | None = None
    estimate: str | None = None
    token: str | None = None
    booking: str | None = None
    done: bool = False
    ended: str = "lead"
    trouble: list[str] = field(default_factory=list)


def drive(crew: Crew, cases: Sequence[Case], progress: Progress) -> None:
    """Every case through every step. What a step cannot do is noted in the case; the others go on."""
    for step in (qualify, open_up, offer, negotiate, decide, hand_off):
        waiting = [case for case in cases if not case.done]
        with ThreadPoolExecutor(HANDS) as hands:
            for _ in hands.map(lambda case, step=step: _guarded(step, crew, case), waiting):
                progress(1)
        progress(sum(1 for case in cases if case.done) - (len(cases) - len(waiting)))


def _guarded(step: Callable[[Crew, Case], None], crew: Crew, case: Case) -> None:
    try:
        step(crew, case)
    except (Refused, TimeoutError, OSError) as trouble:
        case.trouble.append(f"{step.__name__}: {trouble}")
        case.done = True


def qualify(crew: Crew, case: Case) -> None:
    """The CSR calls back, completes what is missing and decides whether it is an enquiry at all."""
    csr, life, lead = crew.one(case.home, "csr", case.turn).at_work(), case.life, case.lead
    path = f"/api/v1/leads/{lead['id']}"
    missing = _missing(lead, life, case.turn)
    if missing and life.valid:
        lead = csr.edit("PATCH", path, missing)
    wanted = (lead["fit"] or {}).get("trade_offered") is not False  # another trade than the branch's ends it
    for outcome in life.attempts:
        csr.post(f"{path}/contact-attempts", {"channel": "phone", "direction": "outbound", "outcome": outcome})
    if life.nurtured:
        csr.post(f"{path}/nurture", {"next_action_at": _later(days=life.appointment_day)})
    if life.valid and wanted:
        csr.post(f"{path}/validate")
        case.ended = "valid"
    else:
        csr.post(f"{path}/invalidate", {"reason": life.invalid_reason if wanted else "not_offered"})
        case.ended, case.done = "invalid", True


def _missing(lead: dict[str, Any], life: Life, turn: int) -> dict[str, Any]:
    """What the CSR asks for on the phone when the file did not say it."""
    asked: dict[str, Any] = {}
    if not lead["phones"] and not lead["emails"]:
        asked["emails"] = [f"{life.name.lower().replace(' ', '.')}@household-{turn}.example"]
    if not lead["request"]:
        asked["request"] = life.request
    if lead["interest_level"] in (None, "none"):
        asked["interest_level"] = life.interest
    if not lead["trade"]:
        asked["trade"] = life.trade
    if (lead["fit"] or {}).get("in_service_area") is False:
        asked["fit"] = {"in_service_area": True}  # the work is at another address of theirs
    return asked


def open_up(crew: Crew, case: Case) -> None:
    """The opportunity gets a salesperson, who calls, visits, asks, and goes on to a price or loses it."""
    csr, life = crew.one(case.home, "csr", case.turn).at_work(), case.life
    lookup = f"/api/v1/opportunities?lead_id={case.lead['id']}"
    [opened] = until(WAIT_S, lambda: csr.get(lookup)["items"])
    case.opportunity, case.ended = opened["id"], "opportunity"
    case.salesperson = crew.one(case.home, "salesperson", case.turn)
    path = f"/api/v1/opportunities/{case.opportunity}"
    csr.post(f"{path}/assign", {"salesperson_id": case.salesperson.id})
    sales = case.salesperson.at_work()
    sales.post(f"{path}/contact-attempts", {"channel": "phone", "direction": "outbound", "outcome": "reached"})
    slot = {"type": "sales_call", "starts_at": _slot(case.turn), "duration_min": 30}
    sales.post(f"{path}/appointments", slot)
    if not life.converts:
        sales.post(f"{path}/lose", {"reason": life.lost_reason})
        case.ended, case.done = "lost", True
        return
    answer_questions(sales, path, case.turn)
    sales.post(f"{path}/convert")
    case.ended = "converted"


def answer_questions(sales: Client, path: str, turn: int) -> None:
    """Answers that do not disqualify, as a visit would give them."""
    for one in sales.get(f"{path}/question-sets")["items"]:
        given = {question["id"]: _answer(question, turn) for question in one["questions"] if question["required"]}
        sales.post(f"{path}/answers", {"question_set_id": one["id"], "answers": given})


def _answer(question: dict[str, Any], turn: int) -> Any:
    wrong = question.get("disqualifying") or []
    good = [choice for choice in question.get("choices") or (True, False) if choice not in wrong]
    kinds = {
        "bool": good[0],
        "single": good[turn % len(good)],
        "multi": good[:1],
        "number": turn % 30,
        "money": "10000.00",
        "date": datetime.now(UTC).date().isoformat(),
    }
    return kinds.get(question["type"], "as told")


def offer(_crew: Crew, case: Case) -> None:
    """Prices out of the price book, sent to the customer."""
    assert case.salesperson is not None
    sales = case.salesperson.at_work()
    lookup = f"/api/v1/estimates?opportunity_id={case.opportunity}"
    [drafted] = until(WAIT_S, lambda: sales.get(lookup)["items"])
    case.estimate = drafted["id"]
    _price_and_send(sales, case, case.life.discount)
    case.ended = "offered"


def _price_and_send(sales: Client, case: Case, discount: Decimal) -> None:
    lines = _lines(case)
    body: dict[str, Any] = {"options": [{"name": "As discussed", "lines": lines}]}
    if discount:
        body["discount"] = {"percent": str(discount)}
    path = f"/api/v1/estimates/{case.estimate}"
    sales.edit("PUT", f"{path}/draft", body, read=path)
    sent = sales.post(f"{path}/send", {"to": [f"customer-{case.turn}@household-{case.turn}.example"]})
    case.token = sent["share_url"].rstrip("/").rsplit("/", 1)[1]


def _lines(case: Case) -> list[dict[str, Any]]:
    """Different work for different enquiries; the tasks' codes are looked up by the service."""
    tasks = TASKS[case.life.trade]
    picked = [tasks[(case.turn * 7 + number * 3) % len(tasks)] for number in range(case.life.lines)]
    return [
        {"task_code": task["code"], "description": task["name"], "qty": "1", "unit_price": task["unit_price"]}
        for task in {one["code"]: one for one in picked}.values()
    ]


TASKS: dict[str, list[dict[str, str]]] = {}  #: by trade, from the company's price book; filled by the command


def negotiate(_crew: Crew, case: Case) -> None:
    """The customer asks for changes; each round ends in a new version."""
    assert case.salesperson is not None
    sales, path = case.salesperson.at_work(), f"/api/v1/estimates/{case.estimate}"
    for number in range(case.life.rounds):
        sales.post(
            f"{path}/rounds", {"side": "customer", "kind": "counter", "amount": "100.00", "note": "Asks for less"}
        )
        sales.post(f"{path}/revise", {"reason": "The customer asked for a lower price"})
        _price_and_send(sales, case, min(case.life.discount + number + 1, Decimal(9)))


def decide(_crew: Crew, case: Case) -> None:
    """The customer says yes or no, on the link or to the salesperson's face, or nothing at all."""
    assert case.salesperson is not None
    sales, customer = case.salesperson.at_work(), Client(case.salesperson.url)
    shared, path = f"/api/v1/shared/{case.token}", f"/api/v1/estimates/{case.estimate}"
    if case.life.decision == "silent":
        case.done = True
    elif case.life.decision == "decline":
        reason = case.life.lost_reason if case.life.lost_reason != "unresponsive" else "price"
        _said(case, customer, sales, f"{shared}/decline", f"{path}/decline", {"reason": reason})
        case.ended, case.done = "lost", True
    else:
        option = customer.get(shared)["options"][0]["id"]
        named = {"option": option, "typed_name": case.life.name}
        if case.life.by == "link":
            customer.post(f"{shared}/viewed")
            customer.post(f"{shared}/accept", named | {"consent": True})
        else:
            sales.post(f"{path}/accept", named | {"method": "in_person"})
        case.ended = "sold"


def _said(case: Case, customer: Client, sales: Client, by_link: str, by_staff: str, body: dict[str, Any]) -> None:
    if case.life.by == "link":
        customer.post(by_link, body)
    else:
        sales.post(by_staff, body)


def hand_off(crew: Crew, case: Case) -> None:
    """The office prepares the booking, the manager assigns it, operations take it over, some of it back first."""
    office = crew.one(case.home, "office", case.turn).at_work()
    assert case.salesperson is not None
    lookup = f"/api/v1/bookings?opportunity_id={case.opportunity}"
    [booked] = until(WAIT_S, lambda: office.get(lookup)["items"])
    case.booking = booked["id"]
    path, life = f"/api/v1/bookings/{case.booking}", case.life
    case.done = True
    if life.hand_off == "draft":
        return
    order = office.get(path)
    ready = {"checklist": {one["key"]: True for one in order["checklist"]}, "deposit_paid": order["deposit_due"]}
    office.edit("PATCH", path, ready)
    _ready(office, path)
    if life.hand_off == "ready":
        return
    manager = crew.manager_of(case.home, case.salesperson).at_work()
    operations = crew.one(case.home, "operations", case.turn).at_work()
    team = {"team_id": crew.teams[case.home], "note": "Call before you come"}
    manager.post(f"{path}/assign-to-operation", team)
    if life.hand_off == "assigned":
        return
    if life.hand_off == "returned":
        operations.post(f"{path}/return", {"reason": "No access on that day"})
        _ready(office, path)
        manager.post(f"{path}/assign-to-operation", team)
    operations.post(f"{path}/accept")
    if life.hand_off == "complete":
        operations.post(f"{path}/start")
        operations.post(f"{path}/complete")


def _ready(office: Client, path: str) -> None:
    """Where the customer could still cancel, they have said that they will not: a demo waits for nobody."""
    if office.post(f"{path}/ready")["state"] == "on_hold":
        office.post(f"{path}/release")


def _slot(turn: int) -> str:
    """A half-hour nobody else has."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (start + turn * SLOT).isoformat()


def _later(*, days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0).isoformat()
