"""Work that was sold, by the demo company's people at the public doors: what pages of bookings are about."""

import itertools
from decimal import Decimal

from demo import drive
from demo.crew import Crew
from demo.life import Life
from demo.loader import home_branch

TURNS = itertools.count(900)  #: each its own person, phone and half-hour
TASK = {"code": "", "name": "Heat pump, installed", "unit_price": "8400.00"}


def sold(url: str, name: str, hand_off: str = "draft") -> str:
    """The booking of somebody's, as far on its way as ``hand_off`` says: draft, ready, assigned, accept."""
    crew, turn = Crew(url), next(TURNS)
    home = str(home_branch())
    said = {
        "channel": "phone",
        "person_name": name,
        "phones": [f"+1615555{turn:04d}"],
        "request": "A heat pump",
        "trade": "hvac",
        "interest_level": "high",
        "address": {"line1": f"{turn} Larkspur Lane", "city": "Nashville", "region": "TN", "postal_code": "37201"},
    }
    lead = crew.one(home, "csr", turn).at_work().post("/api/v1/leads", said)
    life = Life(
        name=name, trade="hvac", request="A heat pump", interest="high", attempts=("reached",), valid=True,
        invalid_reason="spam", nurtured=False, converts=True, lost_reason="price", appointment_day=1, lines=1,
        discount=Decimal(0), rounds=0, decision="accept", by="staff", hand_off=hand_off,
    )  # fmt: skip
    drive.TASKS.setdefault("hvac", [TASK])
    case = drive.Case(turn, lead, life, home)
    drive.drive(crew, [case], lambda _: None)
    assert not case.trouble, case.trouble
    assert case.booking, case
    return case.booking
