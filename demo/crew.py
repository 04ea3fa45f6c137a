"""The demo company's people at their keyboards: who does what in which branch, signed in."""

import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from demo.client import Client, Refused
from demo.loader import COMPANY, PASSWORD, ident

TOKEN_S = 10 * 60  #: sign in again well before a token's quarter of an hour is over


@dataclass
class Member:
    """Somebody signed in, signed in again when the token grows old."""

    url: str
    email: str
    id: str
    client: Client = field(init=False)
    signed_in: float = field(default=float("-inf"))
    guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.client = Client(self.url)

    def at_work(self) -> Client:
        with self.guard:
            if time.monotonic() - self.signed_in > TOKEN_S:
                body = {"email": self.email, "password": PASSWORD}
                self.client.token = self.client.call("POST", "/api/v1/staff/sessions", body).body["access_token"]
                self.signed_in = time.monotonic()
        return self.client


class Crew:
    """Everybody who can sign in, by branch and role; work goes round."""

    def __init__(self, url: str) -> None:
        self.by_place: dict[tuple[str, str], list[Member]] = {}
        self.teams: dict[str, str] = {}
        for person in json.loads((COMPANY / "staff.json").read_text()):
            member = Member(url, person["email"], str(ident(f"person {person['email']}")))
            branch = str(ident(f"branch {person['branch']}"))
            for role in person["roles"]:
                self.by_place.setdefault((branch, role), []).append(member)
        for team in json.loads((COMPANY / "teams.json").read_text()):
            if team["kind"] == "operations":
                self.teams.setdefault(str(ident(f"branch {team['branch']}")), str(ident(f"team {team['key']}")))
        self._turn = itertools.count()

    def one(self, branch: str, role: str, turn: int) -> Member:
        """The member whose turn it is; the same turn gives the same member."""
        members = self.by_place[branch, role]
        return members[turn % len(members)]

    def manager_of(self, branch: str, salesperson: Member) -> Member:
        """The manager who leads the salesperson's team."""
        staff = {person["email"]: person for person in json.loads((COMPANY / "staff.json").read_text())}
        teams = set(staff[salesperson.email]["teams"])
        leading = [one for one in self.by_place[branch, "manager"] if teams & set(staff[one.email]["teams"])]
        return (leading or self.by_place[branch, "manager"])[0]


def until(seconds: float, probe: Any) -> Any:
    """What the probe finds once facts have arrived. Raises TimeoutError."""
    deadline, pause = time.monotonic() + seconds, 0.005
    while True:
        try:
            found = probe()
        except Refused as refusal:
            if refusal.status != 404:
                raise
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError("an effect in another service did not arrive")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
