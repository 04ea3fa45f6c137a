"""Work that was sold, by the demo company's people at the public doors: what pages of bookings are about."""

import csv
import itertools
from decimal import Decimal

from demo import drive
from demo.crew import Crew
from demo.life import Life
from demo.loader import COMPANY, home_branch

TURNS = itertools.count(900)  #: each its own person, phone and half-hour


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
    with (COMPANY / "price_book.csv").open() as book:
        drive.TASKS["hvac"] = [task for task in csv.DictReader(book) if task["trade"] == "hvac"]
    case = drive.Case(turn, lead, life, home)
    for step in (drive.qualify, drive.open_up, drive.offer, _accept, drive.hand_off):
        step(crew, case)
    for member in itertools.chain(*crew.by_place.values()):
        member.client.close()
    assert case.booking
    return case.booking


def _accept(_crew: Crew, case: drive.Case) -> None:
    """The customer says yes to the salesperson's face."""
    assert case.salesperson is not None
    sales, path = case.salesperson.at_work(), f"/api/v1/estimates/{case.estimate}"
    option = sales.get(path)["options"][0]["id"]
    sales.post(f"{path}/accept", {"option": option, "typed_name": case.life.name, "method": "in_person"})
