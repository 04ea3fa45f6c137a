"""Much is given to somebody at once, on the real database, while the bus tells of the same records."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any
from uuid import UUID

import pytest

import services
from embedded.testing import CAST, HOME, Bench
from libs.common import dberrors
from libs.common.contracts.leads import LeadAssigned
from libs.common.contracts.opportunities import OpportunityContacted
from services.leads.model import Lead
from services.opportunities.model import Appointment
from tests.service.opportunity_stories import ME, OPPORTUNITIES, done, opened, seen
from tests.system.postgres_world import NewDatabases, bench_over, until_one_waits

LEADS = "/api/v1/leads"
COLLEAGUE = CAST["colleague"][0]


@pytest.fixture
def alone(new_database: NewDatabases) -> Iterator[Callable[[str], Bench]]:
    with ExitStack() as made:
        yield lambda name: made.enter_context(closing(bench_over(services.spec(name), new_database)))


def given_on(opportunity: dict[str, Any]) -> tuple[str, LeadAssigned]:
    about: dict[str, Any] = {"number": "L-00007", "title": "Ada Byron", "state": "valid", "branch": HOME}
    whose = {"owner_id": COLLEAGUE, "previous_owner_id": ME}
    return "leads", LeadAssigned(subject=UUID(opportunity["lead_id"]), **about, **whose)


def spoken_to(bench: Bench, lead: str, opportunity: UUID) -> tuple[str, OpportunityContacted]:
    about: dict[str, Any] = {"number": "O-00007", "title": "Ada Byron", "stage": "new", "stage_type": "open"}
    how = {"channel": "phone", "direction": "outbound", "outcome": "reached", "first": True, "at": bench.clock()}
    return "opportunities", OpportunityContacted(subject=opportunity, lead_id=UUID(lead), **about, **how)


def test_opportunities_are_handed_over_while_a_batch_of_facts_takes_the_same_ones_the_other_way_round(
    alone: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dberrors, "ATTEMPTS", 1)  # a try that nobody sees, neither
    bench = alone("opportunities")
    first, second = opened(bench), opened(bench)
    visit = done(bench, second["id"], "appointments", {"type": "sales_call", "starts_at": "2030-01-07T15:00:00Z"})
    store, path = bench.system.parts["opportunities"].store, f"{OPPORTUNITIES}/hand-over"
    body = {"from_id": str(ME), "salesperson_id": str(COLLEAGUE)}
    with ThreadPoolExecutor(2) as pool:
        with store.begin() as tx:
            tx.get(Appointment, UUID(visit["id"]))  # somebody is at the second one's visit, which goes along with it
            batch = pool.submit(bench.tell_together, "opportunities", [given_on(second), given_on(first)])
            until_one_waits(store.database.engine)
            handing = pool.submit(bench.as_("csr").post, path, body)
            until_one_waits(store.database.engine, many=2)
        batch.result()
        done_with = handing.result()
    assert (done_with.status_code, done_with.get_json()) == (200, {"given": 0, "left": 0})  # the bus was first
    assert {seen(bench, one["id"])["salesperson_id"] for one in (first, second)} == {str(COLLEAGUE)}


def test_leads_are_handed_over_while_a_batch_of_facts_takes_the_same_ones_the_other_way_round(
    alone: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dberrors, "ATTEMPTS", 1)
    bench, office = alone("leads"), CAST["office"][0]
    said = {"channel": "phone", "person_name": "Ada Byron", "phones": ["615-555-0100"], "owner_id": str(ME)}
    first, second, third = (str(bench.as_("csr").post(LEADS, said).get_json()["id"]) for _ in range(3))
    facts = [spoken_to(bench, lead, UUID(int=int_)) for int_, lead in enumerate((third, second, first), 1)]
    store, body = bench.system.parts["leads"].store, {"from_id": str(ME), "owner_id": str(office)}
    with ThreadPoolExecutor(2) as pool:
        with store.begin() as tx:
            tx.get(Lead, UUID(second))  # the batch comes to it with the third one in its hands, or with the first
            batch = pool.submit(bench.tell_together, "leads", facts)
            until_one_waits(store.database.engine)
            handing = pool.submit(bench.as_("csr").post, f"{LEADS}/hand-over", body)
            until_one_waits(store.database.engine, many=2)
        batch.result()
        assert (handing.result().status_code, handing.result().get_json()) == (200, {"given": 3, "left": 0})
