"""Work that was offered or sold, by the demo company's people at the public doors: what pages of it show."""

import csv
import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from demo import drive
from demo.crew import Crew, until
from demo.life import Life
from demo.loader import COMPANY, home_branch

TURNS = itertools.count(900)  #: each its own person, phone and half-hour


@dataclass(frozen=True)
class Priced:
    """An estimate; ``salesperson`` is whom ``browsing.as_`` takes, ``link`` is the customer's."""

    id: str
    opportunity: str
    salesperson: str
    link: str


def priced(url: str, name: str, draft: dict[str, Any], *, send: bool = False) -> Priced:
    """Somebody's estimate with these prices in it, as far as it goes without a yes."""
    crew, case = _asked(url, name)
    drive.qualify(crew, case)
    drive.open_up(crew, case)
    assert case.salesperson is not None
    sales = case.salesperson.at_work()
    [drafted] = until(drive.WAIT_S, lambda: sales.get(f"/api/v1/estimates?opportunity_id={case.opportunity}")["items"])
    path = f"/api/v1/estimates/{drafted['id']}"
    sales.edit("PUT", f"{path}/draft", draft, read=path)
    link = sales.post(f"{path}/send", {"to": ["customer@household.example"]})["share_url"] if send else ""
    _leave(crew)
    return Priced(drafted["id"], str(case.opportunity), case.salesperson.email.partition("@")[0], link)


def sold(url: str, name: str, hand_off: str = "draft") -> str:
    """The booking of somebody's, as far on its way as ``hand_off`` says: draft, ready, assigned, accept."""
    crew, case = _asked(url, name, hand_off)
    for step in (drive.qualify, drive.open_up, drive.offer, _accept, drive.hand_off):
        step(crew, case)
    _leave(crew)
    assert case.booking
    return case.booking


def _asked(url: str, name: str, hand_off: str = "draft") -> tuple[Crew, drive.Case]:
    """The enquiry, and what becomes of it."""
    crew, turn, home = Crew(url), next(TURNS), str(home_branch())
    [manager] = [one for one in crew.by_place[home, "manager"] if one.email == "manager@demo.example"]
    crew.by_place[home, "salesperson"] = [  # whoever's turn it is: ``browsing.as_("manager")`` sees what they sell
        one for one in crew.by_place[home, "salesperson"] if crew.manager_of(home, one) is manager
    ]
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
    return crew, drive.Case(turn, lead, life, home)


def _leave(crew: Crew) -> None:
    for member in itertools.chain(*crew.by_place.values()):
        member.client.close()


def _accept(_crew: Crew, case: drive.Case) -> None:
    """The customer says yes to the salesperson's face."""
    assert case.salesperson is not None
    sales, path = case.salesperson.at_work(), f"/api/v1/estimates/{case.estimate}"
    option = sales.get(path)["options"][0]["id"]
    sales.post(f"{path}/accept", {"option": option, "typed_name": case.life.name, "method": "in_person"})
