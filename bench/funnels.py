"""Whole funnels a second: clients that each walk from the first call to work completed, over HTTP, again and again.

    python -m bench.funnels http://127.0.0.1:8080 --clients 4 --seconds 30

Needs a system with the demo company. Prints funnels a second, calls a second, and how long a funnel takes.
"""

import argparse
import itertools
import json
import random
import statistics
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.client import Client, Refused
from demo.loader import PASSWORD

ROLES = ("csr", "salesperson", "manager", "office", "operations")


class Walker:
    """One client process's worth of people, signed in; ``calls`` counts what they asked for."""

    slots = itertools.count(random.randrange(200_000))  # another run took the first half-hours

    def __init__(self, url: str, client: Callable[[str, str | None], Client] = Client, patience: float = 30) -> None:
        """``patience``: for how many seconds a fact may be on its way to another service."""
        self.url, self.calls, self.patience = url, 0, patience
        self.as_: dict[str, Client] = {}
        self.ids: dict[str, str] = {}
        with closing(Client(url)) as door:
            for role in ROLES:
                body = {"email": f"{role}@demo.example", "password": PASSWORD}
                session = door.call("POST", "/api/v1/staff/sessions", body).body
                self.as_[role], self.ids[role] = client(url, session["access_token"]), session["person"]["id"]
        mine = self.as_["operations"].get("/api/v1/staff/me")["teams"]
        self.team = next(team["id"] for team in mine if team["kind"] == "operations")
        self.public = client(url, None)

    def close(self) -> None:
        """The connections of the thread that calls this."""
        for client in (*self.as_.values(), self.public):
            client.close()

    def get(self, role: str, path: str) -> Any:
        self.calls += 1
        return (self.as_.get(role) or self.public).get(f"/api/v1{path}")

    def post(self, role: str, path: str, body: Any = None) -> Any:
        self.calls += 1
        return (self.as_.get(role) or self.public).post(f"/api/v1{path}", body)

    def edit(self, role: str, method: str, path: str, body: Any, read: str | None = None) -> Any:
        self.calls += 2
        return self.as_[role].edit(method, f"/api/v1{path}", body, read=f"/api/v1{read or path}")

    def first(self, role: str, path: str) -> Any:
        """The record that a fact makes in another service, asked for until it is there."""
        deadline, pause = time.monotonic() + self.patience, 0.03
        while not (items := self.get(role, path)["items"]):
            if time.monotonic() > deadline:
                raise TimeoutError(path)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)
        return items[0]

    def funnel(self) -> None:
        """From the first call to completed work."""
        tag = uuid.uuid4().hex[:12]
        lead = {
            "channel": "phone",
            "person_name": f"Prospect {tag}",
            "emails": [f"{tag}@{tag}.example"],
            "trade": "hvac",
            "request": "Wants a price for a new heat pump",
            "interest_level": "high",
            "address": {"line1": f"{tag} Main St", "city": "Nashville", "region": "TN", "postal_code": "37201"},
        }
        lead_id = self.post("csr", "/leads", lead)["id"]
        self.post("csr", f"/leads/{lead_id}/validate")
        opportunity = self.first("csr", f"/opportunities?lead_id={lead_id}")["id"]
        path = f"/opportunities/{opportunity}"
        self.post("csr", f"{path}/assign", {"salesperson_id": self.ids["salesperson"]})
        self.post(
            "salesperson",
            f"{path}/contact-attempts",
            {"channel": "phone", "direction": "outbound", "outcome": "reached"},
        )
        start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=1, minutes=35 * next(self.slots))
        self.post(
            "salesperson",
            f"{path}/appointments",
            {"type": "sales_call", "starts_at": start.isoformat(), "duration_min": 30},
        )
        self.answers(path)
        self.post("salesperson", f"{path}/convert")
        estimate = self.first("salesperson", f"/estimates?opportunity_id={opportunity}")["id"]
        path = f"/estimates/{estimate}"
        line = {"description": "Heat pump, installed", "qty": "1", "unit_price": "8400.00"}
        self.edit("salesperson", "PUT", f"{path}/draft", {"options": [{"name": "Standard", "lines": [line]}]}, path)
        sent = self.post("salesperson", f"{path}/send", {"to": ["customer@example.com"]})
        shared = f"/shared/{urllib.parse.urlsplit(sent['share_url']).path.rpartition('/')[2]}"
        option = self.get("", shared)["options"][0]["id"]
        self.post("", f"{shared}/accept", {"option": option, "typed_name": "A Customer", "consent": True})
        booking = self.first("office", f"/bookings?opportunity_id={opportunity}")
        path = f"/bookings/{booking['id']}"
        checklist = {one["key"]: True for one in self.get("office", path)["checklist"]}
        self.edit("office", "PATCH", path, {"checklist": checklist})
        self.post("office", f"{path}/ready")
        self.post("manager", f"{path}/assign-to-operation", {"team_id": self.team})
        for act in ("accept", "start", "complete"):
            self.post("operations", f"{path}/{act}")

    def answers(self, path: str) -> None:
        for one in self.get("salesperson", f"{path}/question-sets")["items"]:
            given = {}
            for question in one["questions"]:
                if not question["required"]:
                    continue
                wrong = question.get("disqualifying") or []
                good = [choice for choice in question.get("choices") or (True, False) if choice not in wrong]
                kinds = {"bool": good[0], "single": good[0], "multi": good[:1], "number": 1, "money": "1.00"}
                given[question["id"]] = kinds.get(question["type"], "as told")
            if given:
                self.post("salesperson", f"{path}/answers", {"question_set_id": one["id"], "answers": given})


def run(url: str, clients: int, seconds: float) -> dict[str, Any]:
    """Walks for so long and says how it went; ``failures`` names every answer that was not a success."""
    walkers = [Walker(url) for _ in range(clients)]
    walkers[0].funnel()
    took: list[float] = []
    failures: list[str] = []
    guard, before, end = threading.Lock(), sum(one.calls for one in walkers), time.monotonic() + seconds

    def walk(one: Walker) -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            try:
                one.funnel()
            except (Refused, TimeoutError, OSError) as trouble:
                with guard:
                    failures.append(str(trouble))
            else:
                with guard:
                    took.append(time.monotonic() - began)

    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(walk, walkers))
    elapsed = time.monotonic() - began
    return {
        "funnels": len(took),
        "funnels_per_second": round(len(took) / elapsed, 2),
        "calls_per_second": round((sum(one.calls for one in walkers) - before) / elapsed, 1),
        "calls_per_funnel": round((sum(one.calls for one in walkers) - before) / max(1, len(took)), 1),
        "median_seconds": round(statistics.median(took), 3) if took else None,
        "failures": failures[:20],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    print(json.dumps(run(asked.url, asked.clients, asked.seconds), indent=1))
