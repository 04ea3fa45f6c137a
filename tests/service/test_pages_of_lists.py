"""A page of a list costs what it shows, of however many records: SQLite reads it in its order and sorts nothing."""

import itertools
from collections.abc import Callable
from uuid import uuid4

import pytest

from embedded.testing import Bench
from tests.service import plans

NEWER = "2020-01-01T00:00:00Z"
LISTS = {
    "leads": ["", "state=valid", "source=fair", f"created_after={NEWER}", "q=lee"],
    "opportunities": ["", "stage=new", "stage_type=open", "q=lee", "sort=stage_since", "sort=-stage_since"],
    "opportunities/appointments": ["", "sort=starts_at", f"starts_after={NEWER}"],
    "estimates": ["", "state=sent", "sort=valid_until", "sort=-valid_until", "sort=total", "sort=-total"],
    "bookings": ["", "state=assigned"],
    "bookings/customers": ["", "q=lee"],
    "bookings/jobs": ["", "status=in_progress"],
    "bookings/sales": ["", "state=failed"],
}
BELONGING = {
    "opportunities": ["lead_id", "job_id"],
    "opportunities/appointments": ["job_id"],
    "estimates": ["opportunity_id", "job_id"],
    "bookings": ["opportunity_id", "job_id", "customer_id", "acceptance_id"],
    "bookings/jobs": ["opportunity_id", "customer_id"],
    "bookings/sales": ["opportunity_id"],
}


@pytest.mark.parametrize("path", LISTS)
def test_a_page_is_read_in_its_order(bench: Callable[..., Bench], path: str) -> None:
    service = bench(path.partition("/")[0])
    for who, query, order in itertools.product(("auditor", "office", "manager"), LISTS[path], ("", "created_at")):
        parts = [one for one in (query, f"sort={order}" if order and "sort=" not in query else "") if one]
        steps = plan(service, who, f"/api/v1/{path}?{'&'.join(parts)}")

        sorts = [one for one in steps if one.startswith(("USE TEMP B-TREE FOR ORDER BY", "MULTI-INDEX OR"))]
        assert (steps != [], sorts) == (True, []), (who, query, order)


@pytest.mark.parametrize("path", BELONGING)
def test_what_belongs_to_a_record_is_found_among_nothing_else(bench: Callable[..., Bench], path: str) -> None:
    service = bench(path.partition("/")[0])
    for who, record in itertools.product(("auditor", "office", "manager"), BELONGING[path]):
        steps = plan(service, who, f"/api/v1/{path}?{record}={uuid4()}")

        reads_all = [one for one in steps if one.startswith(("SCAN", "MULTI-INDEX OR")) or "AUTOMATIC" in one]
        assert (steps != [], reads_all) == (True, []), (who, record)


@pytest.mark.parametrize("who", ["salesperson", "manager"])
def test_what_waits_today_is_found_by_when_it_is_due_and_not_among_all_that_one_ever_had(
    bench: Callable[..., Bench], who: str
) -> None:
    for name, path in (("console", "/api/v1/pipeline/today"), ("notifications", "/api/v1/status-bar")):
        steps = [step for said in asked(bench(name), who, path) for step in said]

        one_by_one = ("MULTI-INDEX OR", "SEARCH appointment_people USING INDEX ix_appointment_people_person_id")
        assert (steps != [], [step for step in steps if step.startswith(one_by_one)]) == (True, [])


def test_how_long_a_teams_cards_were_where_is_read_out_of_indexes_alone(bench: Callable[..., Bench]) -> None:
    [steps] = asked(bench("console"), "manager", "/api/v1/pipeline/reports/time-in-stage", "stages.seconds")

    reads = [step for step in steps if step.startswith(("SEARCH", "SCAN", "MULTI-INDEX OR"))]
    assert len(reads) == 2
    assert all("USING COVERING INDEX" in step for step in reads), reads


def plan(bench: Bench, who: str, path: str) -> list[str]:
    """What SQLite does for the page of a list."""
    [steps] = asked(bench, who, path, "ORDER BY")
    return steps


def asked(bench: Bench, who: str, path: str, *words: str) -> list[list[str]]:
    """What SQLite does for each question that the answer takes, of those with such a word in it."""
    with plans.asked(bench, *words) as steps:
        assert bench.as_(who).get(path).status_code == 200
    return steps


def test_messages_that_failed_are_found_among_nothing_that_ever_went(bench: Callable[..., Bench]) -> None:
    steps = plan(bench("notifications"), "auditor", "/api/v1/notifications/deliveries?state=failed")

    scans = [step for step in steps if step.startswith("SCAN")]
    assert scans == ["SCAN notifications USING INDEX ix_notifications_unsent"]
