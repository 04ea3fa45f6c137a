"""A read model of the size of a large company's: 100,000 leads, 30,000 opportunities, loaded past the handlers."""

import itertools
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from embedded.testing import AWAY, HOME
from libs.common.auth import Caller, Role
from libs.common.orm import Database
from services.console.model import Appointment, Booking, Card, Estimate, Stage, Told, Word
from services.console.usecases.projections import words

LEADS, OPPORTUNITIES = 100_000, 30_000
NOW = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
SALESPEOPLE = [UUID(int=10_000 + number) for number in range(60)]
STAGES = ("new", "contacted", "appointment_set", "qualified", "converted", "estimate_sent", "negotiation")
FIRST = [
    f"{a}{b}"
    for a in ("An", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Ivy", "Jo", "Kai")
    for b in ("", "na", "ris", "ward")
]
LAST = [f"{a}{b}" for a in ("Cast", "Forr", "Gree", "Hart", "Kell", "Lind", "Mont", "Nor", "Park", "Quin") for b in
        ("ellan", "est", "nwood", "ley", "er", "gate", "gomery", "ton", "field", "cy")]  # fmt: skip

#: who asks: somebody who sees the whole company, or all of a branch, a manager with ten people, one salesperson
WHO = {
    "auditor": Caller(UUID(int=3), frozenset({Role.AUDITOR})),
    "office": Caller(UUID(int=1), frozenset({Role.OFFICE}), frozenset({HOME})),
    "manager": Caller(
        UUID(int=2), frozenset({Role.MANAGER}), frozenset({HOME}), colleagues=frozenset(SALESPEOPLE[:10])
    ),
    "salesperson": Caller(SALESPEOPLE[0], frozenset({Role.SALESPERSON}), frozenset({HOME})),
}


def load(database: Database) -> None:
    """Fills the tables. PostgreSQL looks at what it has by itself; SQLite never does where Plumbline runs on it."""
    tables: dict[Any, list[dict[str, Any]]] = {}
    chance = random.Random(7)
    for number in range(LEADS):
        for kind, row in _funnel(number, chance):
            tables.setdefault(kind.__table__, []).append(row)
        if number % 5000 == 4999:
            with database.writing(), database.engine.begin() as connection:
                for table, rows in tables.items():
                    _put(connection, table, rows)
            tables.clear()
    if not database.sqlite:
        with database.reader.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _put(connection: sa.Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    names = sorted(set(itertools.chain.from_iterable(rows)))
    if connection.dialect.name == "sqlite":
        connection.execute(sa.insert(table), [{name: row.get(name) for name in names} for row in rows])
        return
    copy = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(copy) as copying:
        for row in rows:
            values = (row.get(name) for name in names)
            copying.write_row([json.dumps(one) if isinstance(one, dict) else one for one in values])


def _funnel(number: int, chance: random.Random) -> Iterator[tuple[Any, dict[str, Any]]]:
    ident = UUID(int=(1 << 100) + number)
    received = NOW - timedelta(minutes=chance.randrange(2 * 365 * 24 * 60))
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    phone, email = f"+1615{chance.randrange(10**7):07d}", f"p{number}@{chance.choice(LAST).lower()}.example"
    street, branch = f"{chance.randrange(1, 9999)} {chance.choice(LAST)} Ave", HOME if chance.random() < 0.7 else AWAY
    young = received > NOW - timedelta(days=60)  # who is older has come to some end, or is to be called later
    state = chance.choices(("new", "contacted", "nurturing", "invalid", "merged"), (8, 10, 7, 40, 5))[0]
    state = state if young else chance.choices(("nurturing", "invalid", "merged"), (4, 60, 6))[0]
    answered = received + timedelta(minutes=chance.randrange(1, 600)) if state != "new" else None
    card: dict[str, Any] = {
        "id": ident, "lead_number": f"L-{number:05d}", "lead_title": name, "lead_state": state, "lead_branch": branch,
        "lead_owner_id": chance.choice(SALESPEOPLE), "phone": phone, "email": email, "channel": "phone",
        "lead_source": chance.choice(("web", "radio", "referral", "", "fair")), "lead_campaign": "spring", "trade":
        chance.choice(("hvac", "plumbing", "electrical")), "request": "A price for a heat pump", "city": "Nashville",
        "received_at": received, "response_due_at": received + timedelta(hours=1), "responded_at": answered,
        "next_action_at": received + timedelta(days=3 if young else 900), "decided_at": received + timedelta(hours=3),
    }  # fmt: skip
    told = ["lead.captured", "lead.assigned", "lead.contacted"]
    if number < OPPORTUNITIES:
        yield from _opportunity(number, card, told, chance)
    yield Card, card
    for place, kind in enumerate(told):
        row = {
            "id": UUID(int=(2 << 100) + number * 40 + place),
            "card_id": ident,
            "at": received + timedelta(hours=place),
        }
        yield Told, {**row, "kind": kind, "subject": ident, "number": "", "actor": "system", "words": {"title": name}}
    found_by = {*words.words_of(f"{name} {street} L-{number:05d}"), *words.ways_to_dial(phone, ""), email}
    yield from ((Word, {"card_id": ident, "told_by": "lead", "word": word}) for word in sorted(found_by))


def _opportunity(
    number: int, card: dict[str, Any], told: list[str], chance: random.Random
) -> Iterator[tuple[Any, dict[str, Any]]]:
    ident, received, salesperson = UUID(int=(3 << 100) + number), card["received_at"], chance.choice(SALESPEOPLE)
    young = received > NOW - timedelta(days=120)
    kind = chance.choices(("open", "lost", "won"), (60, 20, 20) if young else (2, 50, 48))[0]
    far = chance.randrange(7) if kind == "open" else 6
    closed = received + timedelta(days=chance.randrange(5, 60))
    card |= {
        "lead_state": "converted" if kind == "won" else "valid", "opportunity_id": ident, "opportunity_number":
        f"O-{number:05d}", "opportunity_branch": card["lead_branch"], "stage": STAGES[far] if kind == "open" else kind,
        "stage_type": kind, "probability": {"won": 100, "lost": 0}.get(kind, 10 + 10 * far),
        "salesperson_id": salesperson,
        "next_follow_up_at": received + timedelta(days=9), "product_interest": "Heat pump", "stage_entered_at": closed,
        "expected_value": chance.randrange(10**6), "expected_currency": "USD", "opened_at": received,
        "won_at": closed if kind == "won" else None, "lost_at": closed if kind == "lost" else None,
        "lost_reason": chance.choice(("price", "timing")) if kind == "lost" else None,
        "lost_in": chance.choice(STAGES) if kind == "lost" else None,
        "priced_from": received if far > 3 else None,
    }  # fmt: skip
    for place, stage in enumerate(STAGES[: far + 1]):
        begins = received + timedelta(days=place)
        row = {"opportunity_id": ident, "seq": place + 1, "card_id": card["id"], "stage": stage, "stage_type": "open"}
        left = begins + timedelta(days=1) if place < far else None
        row |= {"branch": card["lead_branch"], "salesperson_id": salesperson, "seconds": 86_400 if left else None}
        yield Stage, {**row, "entered_at": begins, "left_at": left}
    told += ["opportunity.opened", *(["opportunity.stage_changed"] * far), "estimate.drafted", "estimate.sent"]
    starts = received + timedelta(days=2, hours=chance.randrange(9))
    visit = {"id": UUID(int=(4 << 100) + number), "card_id": card["id"], "opportunity_id": ident, "number": "A-1"}
    visit |= {"title": "Visit", "type": "sales_call", "state": "scheduled" if starts > NOW else "completed"}
    times = {"starts_at": starts, "ends_at": starts + timedelta(hours=1), "people": f" {salesperson} "}
    yield Appointment, {**visit, **times, "salesperson_id": salesperson, "branch": card["lead_branch"]}
    if far > 3:
        yield from _sale(number, card, kind, closed, salesperson, chance)


def _sale(
    number: int, card: dict[str, Any], kind: str, closed: datetime, salesperson: UUID, chance: random.Random
) -> Iterator[tuple[Any, dict[str, Any]]]:
    state = {"won": "accepted", "lost": "declined"}.get(kind, "sent")
    total, expires = chance.randrange(10**4, 2 * 10**6), NOW + timedelta(days=chance.randrange(-20, 20))
    same = {"estimate_id": UUID(int=(5 << 100) + number), "estimate_number": f"E-{number}", "estimate_state": state}
    card |= same | {
        "estimate_total": total,
        "estimate_total_max": total,
        "estimate_currency": "USD",
        "expires_at": expires,
    }
    record = {"id": same["estimate_id"], "card_id": card["id"], "number": f"E-{number}", "title": "Heat pump"}
    record |= {"revision": 1, "state": state, "total": total, "total_max": total, "currency": "USD", "sent_at": closed}
    record |= {"salesperson_id": salesperson, "decided_at": closed, "expires_at": expires}
    if kind == "won":
        record |= {"accepted_total": total, "list_price": total + 500, "discount": 500}
    yield Estimate, record
    if kind != "won":
        return
    work = chance.choices(("draft", "ready", "assigned", "in_progress", "completed"), (2, 2, 2, 4, 90))[0]
    begins = closed + timedelta(days=8)
    team = UUID(int=chance.randrange(1, 6))
    handed = closed + timedelta(days=1) if work not in ("draft", "ready") else None
    order = {"id": UUID(int=(6 << 100) + number), "card_id": card["id"], "number": f"B-{number}", "title": "Job"}
    order |= {"state": work, "customer_name": card["lead_title"], "contract_total": total, "currency": "USD"}
    order |= {"salesperson_id": salesperson, "team_id": team, "scheduling": "scheduled", "ordering": "not_needed"}
    order |= {"window_starts_at": begins, "window_ends_at": begins + timedelta(hours=6), "branch": card["lead_branch"]}
    yield Booking, {**order, "made_at": closed, "handed_over_at": handed, "assigned_at": handed, "accepted_at": handed}
    card |= {"booking_id": order["id"], "booking_made_at": closed, "booking_number": order["number"]}
    card |= {"booking_state": work, "customer_name": card["lead_title"], "contract_total": total, "team_id": team}
    card |= {"contract_currency": "USD", "assigned_at": handed, "acknowledge_by": handed, "completed_at": begins}
