"""What the console's read model shows of a record is never more than the door of its own service gives the same person.

For each role, each part of a card, each fact of a timeline, each day, each thing that waits and each report.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from embedded.testing import CAST, HOME, OPERATIONS, SALES, Caller
from libs.common.auth import RULES, Role, named
from services.console.usecases import REPORTS
from services.console.usecases.queries import withheld
from tests.flow.funnel import API, Funnel

#: somebody → their roles, branch and teams: the cast, and those who do two things
PEOPLE: Mapping[str, tuple[UUID, list[str], UUID, tuple[UUID, ...]]] = {
    **{name: (ident, [role], branch, teams) for name, (ident, role, branch, teams) in CAST.items()},
    "sells and works": (UUID(int=401), ["salesperson", "operations"], HOME, (SALES, OPERATIONS)),
    "answers and works": (UUID(int=402), ["csr", "operations"], HOME, (OPERATIONS,)),
}
#: a column of a card → where the record is that it names
NAMED = {
    "opportunity_id": "/opportunities/{}",
    "estimate_id": "/estimates/{}",
    "booking_id": "/bookings/{}",
    "job_id": "/bookings/jobs/{}",
    "customer_id": "/bookings/customers/{}",
}
#: a list of a whole card → where each of it is
LISTED = {
    "estimates": "/estimates/{}",
    "bookings": "/bookings/{}",
    "appointments": "/opportunities/appointments/{}",
}
#: what a fact is of → where that is
TOLD = {
    "lead": "/leads/{}",
    "opportunity": "/opportunities/{}",
    "appointment": "/opportunities/appointments/{}",
    "estimate": "/estimates/{}",
    "booking": "/bookings/{}",
    "sale": "/bookings/sales/{}",
    "job": "/bookings/jobs/{}",
    "customer": "/bookings/customers/{}",
}
#: the records of whom a part of a card tells, and every column that is of it
OF = {
    "opportunity": "/opportunities/{}",
    "estimate": "/estimates/{}",
    "booking": "/bookings/{}",
    "job": "/bookings/jobs/{}",
    "customer": "/bookings/customers/{}",
}


class Doors:
    """Somebody at every door, who remembers which opened."""

    def __init__(self, funnel: Funnel, who: str) -> None:
        ident, roles, branch, teams = PEOPLE[who]
        signer = funnel.bench.system.signer
        token = signer.issue(ident, name=who, roles=roles, branch=branch, teams=teams)
        self.who, self.ident, self.caller = who, ident, Caller(funnel.bench, token)
        self._known: dict[str, bool] = {}

    def opens(self, path: str, ident: Any) -> bool:
        where = path.format(ident)
        if where not in self._known:
            status = self.caller.get(API + where).status_code
            assert status in (200, 403, 404), (self.who, where, status)
            self._known[where] = status == 200
        return self._known[where]

    def asks(self, path: str, **asked: Any) -> dict[str, Any]:
        answer = self.caller.get(f"{API}/pipeline{path}?{urlencode(asked)}")
        assert answer.status_code == 200, (self.who, path, answer.get_data(as_text=True))
        found: dict[str, Any] = answer.get_json()
        return found


def cards(doors: Doors) -> Iterator[dict[str, Any]]:
    """Every card, from everywhere where one is shown."""
    for found in doors.asks("/cards", limit=200)["items"]:
        yield found
        yield doors.asks(f"/cards/{found['id']}")
        yield from doors.asks("/search", q=found["who"])["items"]
    for lane in doors.asks("/board")["lanes"]:
        yield from lane["cards"]
    for waiting in doors.asks("/today")["waiting"]:
        yield from waiting["cards"]


class ShowsNoMore:
    """A subclass brings a ``funnel`` for all of its tests: they only look at what was made."""

    @pytest.fixture(scope="class")
    @classmethod
    def story(cls, funnel: Funnel) -> Funnel:
        """One of each, sold and open, of several people: what somebody handed in is often with another."""
        technician, mine, colleague = (str(CAST[name][0]) for name in ("technician", "salesperson", "colleague"))
        sold = funnel.opportunity(generated_by=technician)
        funnel.visit(sold)
        funnel.assigned(funnel.booked("8417.00", sold)["id"])
        funnel.sent("5023.00", funnel.opportunity(generated_by=technician))
        handed_on = funnel.opportunity(owner_id=mine, generated_by=mine)
        funnel.visit(handed_on, minutes=90)
        funnel.sent("7311.00", handed_on)
        funnel.do("manager", f"/opportunities/{handed_on}/assign", {"salesperson_id": colleague})
        beside = funnel.opportunity()
        path = f"{API}/opportunities/{beside}"
        assert funnel.as_("manager").edit("PATCH", path, {"inside_rep_id": colleague}).status_code == 200
        funnel.sent("6127.00", beside)
        funnel.do("manager", f"/opportunities/{beside}/lose", {"reason": "price", "void_offers": True})
        funnel.lead(owner_id=mine, generated_by=technician)
        funnel.lead(generated_by=mine)
        starts, ends = (funnel.bench.clock() + timedelta(days=2, hours=later) for later in (0, 4))
        window = {"window_starts_at": starts.isoformat(), "window_ends_at": ends.isoformat()}
        booking = funnel.one("/bookings")["id"]
        assert funnel.as_("office").edit("PATCH", f"{API}/bookings/{booking}", window).status_code == 200
        funnel.settle()
        return funnel

    def test_a_card_names_no_record_that_its_reader_may_not_open(self, story: Funnel) -> None:
        for who in PEOPLE:
            doors = Doors(story, who)
            for card in cards(doors):
                for column, path in NAMED.items():
                    assert card.get(column) is None or doors.opens(path, card[column]), (who, column)
                for name, path in LISTED.items():
                    for one in card.get(name, ()):
                        assert doors.opens(path, one["id"]), (who, name)
                for kind, columns in withheld.OF.items():
                    if kind in OF and not card.get(f"{kind}_id"):
                        told = {name: card[name] for name in columns if card.get(name) not in (None, [])}
                        listed = kind in ("estimate", "booking") and set(told) <= {f"{kind}s"}
                        assert listed or not told, (who, kind, told)
                if card["value"] is not None:
                    assert card["opportunity_id"] or card["booking_id"], (who, "is told what it is worth")
                if card["lead_number"] is not None:
                    assert doors.opens("/leads/{}", card["id"]) or card["opportunity_id"], (who, "lead")

    def test_a_timeline_tells_of_no_record_that_its_reader_may_not_open(self, story: Funnel) -> None:
        for who in PEOPLE:
            doors, heard = Doors(story, who), set()
            for card in doors.asks("/cards", limit=200)["items"]:
                for one in doors.asks("/timeline", correlation_id=card["id"], limit=200)["items"]:
                    kind = one["kind"].partition(".")[0]
                    prospect = kind == "lead" and card["opportunity_id"]
                    assert prospect or doors.opens(TOLD[kind], one["subject"]), (who, one["kind"])
                    heard.add(kind)
                assert card["last_kind"] is None or card["last_kind"].partition(".")[0] in heard, (
                    who,
                    card["last_kind"],
                )
            every = set(TOLD) - {"customer"}  # no customer of one card alone
            whole = {"manager": every, "office": every, "auditor": every, "sells and works": set()}
            assert heard >= whole.get(who, set()), (who, every - heard)

    def test_a_calendar_has_no_visit_or_work_that_its_reader_may_not_open_unless_they_go_there(
        self,
        story: Funnel,
    ) -> None:
        for who in PEOPLE:
            doors, now = Doors(story, who), story.bench.clock()
            week = {"from": (now - timedelta(days=1)).isoformat(), "to": (now + timedelta(days=7)).isoformat()}
            for entry in [*doors.asks("/calendar", **week)["items"], *doors.asks("/today")["appointments"]]:
                goes = str(doors.ident) in [one["id"] for one in entry["people"]]
                path = "/bookings/{}" if entry["entry"] == "work" else "/opportunities/appointments/{}"
                assert goes or doors.opens(path, entry["id"]), (who, entry)
            if who in ("office", "auditor"):
                assert {one["entry"] for one in doors.asks("/calendar", **week)["items"]} == {"appointment", "work"}

    def test_sums_and_what_waits_count_nothing_that_is_not_shown(self, story: Funnel) -> None:
        for who in PEOPLE:
            doors = Doors(story, who)
            for lane in doors.asks("/board", limit=200)["lanes"]:
                shown = sum(
                    float(card["value"] or 0) for card in lane["cards"] if card["opportunity_id"] or card["booking_id"]
                )
                assert sum(float(one["value"]) for one in lane["sums"]) <= shown, (who, lane["key"])
            for waiting in doors.asks("/today", limit=50)["waiting"]:
                assert waiting["count"] == len(waiting["cards"]), (who, waiting["key"])
                if waiting["key"] in ("not_taken_over", "to_hand_over"):
                    assert all(card["booking_id"] for card in waiting["cards"]), who
                if waiting["key"] in ("expiring_offer", "with_the_customer"):
                    assert all(card["estimate_id"] for card in waiting["cards"]), who

    def test_a_report_counts_records_for_whom_they_are_and_a_seller_only_their_own(self, story: Funnel) -> None:
        for who in PEOPLE:
            doors = Doors(story, who)
            roles = [Role(role) for role in PEOPLE[who][1]]
            mine = {
                name
                for name, one in REPORTS.items()
                if any(role in RULES[may] for may in named(one.may) for role in roles)
            }
            if not any(role in RULES["report.read"] for role in roles):
                assert doors.caller.get(f"{API}/pipeline/reports").status_code == 403
                continue
            assert {one["name"] for one in doors.asks("/reports")["items"]} == mine
            for name in REPORTS:
                for more in ("", "?format=csv"):
                    status = doors.caller.get(f"{API}/pipeline/reports/{name}{more}").status_code
                    assert status == (200 if name in mine else 403), (who, name)
            if who == "salesperson":
                text = doors.caller.get(f"{API}/pipeline/reports/estimate-ageing").get_data(as_text=True)
                assert "5023" in text
                assert "7311" not in text, "it is a colleague's, though the enquiry was theirs"
