"""What a job shows of others' files: as each opportunity that sold on it tells, and no more than it tells."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import Bench
from libs.common.contracts.estimates import EstimateAccepted
from libs.common.contracts.parts import FileAt
from tests.service.bookings_world import BOOKINGS, Orders, acceptance
from tests.service.test_bookings_sale import linked


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def file(name: str, record: str, ident: UUID) -> FileAt:
    one, at = uuid4(), datetime(2026, 3, 2, tzinfo=UTC)
    href = f"/api/v1/{record}/{ident}/files/{one}"
    return FileAt(
        id=one, name=name, kind="image/jpeg", size=3, sha256="0" * 64, added_by="somebody", added_at=at, href=href
    )


def tell(orders: Orders, sold: EstimateAccepted, job: str, *files: FileAt) -> None:
    """An opportunity says all that the job shows of its files."""
    fact = replace(linked(sold, changed=("files",)), files=files, job_id=UUID(job), acceptance_id=None)
    orders.bench.tell(fact, by="opportunities")


def shown(orders: Orders, booking: dict[str, Any]) -> set[str]:
    where = f"{BOOKINGS}/jobs/{booking['job_id']}/files"
    return {one["name"] for one in orders.bench.as_("operations").items(where)}


def test_what_one_opportunity_tells_of_its_files_takes_none_of_anothers_from_their_job(orders: Orders) -> None:
    first, second = acceptance(), acceptance("Ivy Castellan", total="100.00")
    booking = orders.sell(first)
    photo, plan = file("photo", "leads", first.lead_id), file("plan", "opportunities", first.opportunity_id)
    other = file("other", "opportunities", second.opportunity_id)
    tell(orders, first, booking["job_id"], photo, plan)
    tell(orders, second, booking["job_id"], other)
    assert shown(orders, booking) == {"photo", "plan", "other"}
    tell(orders, first, booking["job_id"], plan)
    assert shown(orders, booking) == {"plan", "other"}
    tell(orders, second, booking["job_id"])
    assert shown(orders, booking) == {"plan"}
