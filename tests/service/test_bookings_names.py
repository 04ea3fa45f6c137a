"""What jobs and customers are called, by rule and by hand."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from embedded.testing import AWAY, CAST, Bench
from libs.common.contracts.parts import Address, BillTo
from libs.common.contracts.sales import CustomerChanged, JobChanged, JobRenamed
from tests.service.bookings_world import BOOKINGS, Orders, acceptance


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def rule(orders: Orders, template: str, **more: Any) -> None:
    body = {"naming_template": template, **more}
    answer = orders.bench.as_("admin").edit("PUT", f"{BOOKINGS}/settings", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)


def job(orders: Orders, ident: str) -> dict[str, Any]:
    found: dict[str, Any] = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/{ident}").get_json()
    return found


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{customer} / {city}", "Ivy Castellan / Nashville"),
        ("{last_name} {zip} {trade} {job_type}", "Castellan 37201 HVAC installation"),
        ("{customer_no}-{estimate_no}", "C-00001-EST-2026-00012"),
        ("{street} #{seq:000}", "1204 Forrest Ave #001"),
        ("Job {seq}", "Job 1"),
    ],
)
def test_a_job_is_called_by_the_branchs_rule(orders: Orders, template: str, name: str) -> None:
    rule(orders, template)
    assert job(orders, orders.sell()["job_id"])["name"] == name


def test_what_is_not_known_leaves_no_gap_in_the_name(orders: Orders) -> None:
    rule(orders, "{customer} – {job_type} – {street}")
    assert job(orders, orders.sell(job_type="")["job_id"])["name"] == "Ivy Castellan – 1204 Forrest Ave"
    rule(orders, "{last_name}: {job_type}")
    asked = orders.sell(job_type="", product_interest="a heat pump", bill_to=BillTo(name="Vera Landlord"))
    assert job(orders, asked["job_id"])["name"] == "Landlord: a heat pump"
    rule(orders, "{street}")
    nowhere = acceptance(site=None)
    assert job(orders, orders.sell(nowhere)["job_id"])["name"] == "EST-2026-00012"
    tried = orders.bench.as_("office").get(f"{BOOKINGS}/jobs/name-preview?acceptance_id={nowhere.acceptance_id}")
    assert tried.get_json()["name"] == "EST-2026-00012-2"


def test_the_year_and_month_are_those_of_the_branch(orders: Orders) -> None:
    orders.bench.clock.now = orders.bench.clock.now.replace(year=2027, month=1, day=1, hour=3)  # still 2026 there
    rule(orders, "{yyyy} {yy} {mm}")
    assert job(orders, orders.sell()["job_id"])["name"] == "2026 26 12"


def test_two_jobs_of_one_customer_are_told_apart(orders: Orders) -> None:
    rule(orders, "{customer}")
    same = {"emails": ("ivy@home.example",)}
    names = [job(orders, orders.sell(**same)["job_id"])["name"] for _ in range(3)]
    assert names == ["Ivy Castellan", "Ivy Castellan-2", "Ivy Castellan-3"]
    another = {"emails": ("ivy@castellan.example",)}  # of that name
    names = [job(orders, orders.sell(**another)["job_id"])["name"] for _ in range(2)]
    assert names == ["Ivy Castellan", "Ivy Castellan-2"]


@pytest.mark.parametrize(
    ("sequence", "names"),
    [("branch", ["1", "2", "3", "1"]), ("year", ["1", "2", "3", "4"]), ("customer", ["1", "2", "1", "1"])],
)
def test_the_sequence_counts_within_its_scope(orders: Orders, sequence: str, names: list[str]) -> None:
    rule(orders, "{seq}", naming_sequence=sequence)
    sold = [{"emails": ("ivy@home.example",)}, {"emails": ("ivy@home.example",)}, {"name": "Bob"}]
    here = [job(orders, orders.sell(**one)["job_id"])["name"] for one in sold]
    orders.bench.tell(acceptance(name="Cy", branch=AWAY), by="estimates")
    away = orders.bench.as_("auditor").items(f"{BOOKINGS}/jobs?sort=-created_at")[0]
    assert (away["customer_name"], [*here, away["name"]]) == ("Cy", names)


def test_a_preview_shows_the_name_and_counts_nothing(orders: Orders) -> None:
    rule(orders, "{customer} {seq:00}")
    sold = acceptance()
    orders.sell(sold)
    office, path = orders.bench.as_("office"), f"{BOOKINGS}/jobs/name-preview"
    for _ in range(2):
        assert office.get(f"{path}?acceptance_id={sold.acceptance_id}").get_json()["name"] == "Ivy Castellan 02"
    tried = orders.bench.as_("admin").get(path, query_string={"template": "{last_name} {trade} {seq:000}"})
    assert tried.get_json()["name"] == "Castellan HVAC 001"
    assert "{street}" in tried.get_json()["tokens"]
    assert office.get(path, query_string={"template": "{moon}"}).status_code == 422
    assert office.get(f"{path}?acceptance_id={uuid4()}").status_code == 404
    assert orders.bench.as_("salesperson").get(path).status_code == 403
    assert job(orders, orders.sell(sold_again())["job_id"])["name"] == "Ivy Castellan 02"


def sold_again() -> Any:
    return acceptance()


def test_the_office_renames_a_job_and_it_is_on_record(orders: Orders) -> None:
    booking = orders.sell()
    path = f"{BOOKINGS}/jobs/{booking['job_id']}/rename"
    answer = orders.bench.as_("office").post(path, {"name": "The old mill"})
    assert (answer.status_code, answer.get_json()["name"]) == (200, "The old mill")
    orders.bench.as_("office").post(path, {"name": "The old mill"})
    [told] = orders.bench.told("bookings", JobRenamed)
    assert told.data["previous_title"] == "Ivy Castellan – HVAC – 1204 Forrest Ave"
    assert told.data["title"] == "The old mill"
    assert orders.see(booking["id"])["title"] == "The old mill"
    part = orders.bench.system.parts["bookings"]
    audit = part.store.tables.audit
    with part.store.reading() as tx:
        rows = tx.session.execute(sa.select(audit).where(audit.c.subject == booking["job_id"])).all()
    [renamed] = [row for row in rows if "name" in row.changes]
    assert renamed.changes["name"] == ["Ivy Castellan – HVAC – 1204 Forrest Ave", "The old mill"]
    assert renamed.actor == str(CAST["office"][0])


def test_a_name_that_the_customer_has_already_is_refused(orders: Orders) -> None:
    same = {"emails": ("ivy@home.example",)}
    one, two = orders.sell(**same), orders.sell(**same)
    taken = job(orders, one["job_id"])["name"]
    answer = orders.bench.as_("office").post(f"{BOOKINGS}/jobs/{two['job_id']}/rename", {"name": taken})
    assert answer.status_code == 409
    assert answer.get_json()["errors"][0]["pointer"] == "/name"
    blank = orders.bench.as_("office").post(f"{BOOKINGS}/jobs/{two['job_id']}/rename", {"name": " "})
    assert blank.status_code == 422


@pytest.mark.parametrize("who", sorted(CAST))
def test_names_belong_to_the_office_and_are_read_by_the_roles_of_the_table(orders: Orders, who: str) -> None:
    booking = orders.sell()
    caller, role = orders.bench.as_(who), CAST[who][1]
    reads = role in {"salesperson", "manager", "office", "operations", "auditor"}
    for kind in ("jobs", "customers"):
        path = f"{BOOKINGS}/{kind}/{booking[kind[:-1] + '_id']}"
        assert caller.get(path).status_code == (404 if who == "stranger" else 200 if reads else 403)
        edit = caller.call("PATCH", path, json={}, headers={"If-Match": "*"})
        assert edit.status_code == (200 if role == "office" else 403)
    for path in (f"jobs/{booking['job_id']}/rename", f"jobs/{booking['job_id']}/close", "jobs"):
        assert (caller.post(f"{BOOKINGS}/{path}", {"x": 1}).status_code != 403) == (role == "office")
    sale = f"{BOOKINGS}/sales/{booking['acceptance_ids'][0]}"
    for act in ("retry", "undo"):
        assert (caller.post(f"{sale}/{act}", {"x": 1}).status_code != 403) == (role in {"office", "manager"})


def test_customers_and_jobs_are_found_by_name(orders: Orders) -> None:
    booking = orders.sell(name="Zoë Quist")
    orders.sell(name="Bob")
    office = orders.bench.as_("office")
    assert [one["id"] for one in office.items(f"{BOOKINGS}/customers?q=zoe")] == [booking["customer_id"]]
    assert [one["id"] for one in office.items(f"{BOOKINGS}/jobs?q=QUIST")] == [booking["job_id"]]
    mine = f"{BOOKINGS}/jobs?customer_id={booking['customer_id']}&status=pending"
    assert [one["id"] for one in office.items(mine)] == [booking["job_id"]]
    assert office.items(f"{BOOKINGS}/jobs?branch={AWAY}") == []


def test_a_corrected_customer_is_called_so_everywhere_and_found_by_what_was_added(orders: Orders) -> None:
    booking = orders.sell(emails=("ivy@home.example",))
    path = f"{BOOKINGS}/customers/{booking['customer_id']}"
    contact = {"name": "Ivy C.", "emails": ["ivy@new.example"], "phones": [{"e164": "+16155550142"}]}
    answer = orders.bench.as_("office").edit("PATCH", path, {"name": "Ivy Castellan-Moore", "contacts": [contact]})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert orders.see(booking["id"])["customer_name"] == "Ivy Castellan-Moore"
    [told] = orders.bench.told("bookings", CustomerChanged)
    assert set(told.data["changed"]) == {"name", "contacts"}
    assert orders.sell(emails=("ivy@new.example",))["customer_id"] == booking["customer_id"]
    assert orders.bench.as_("office").call("PATCH", path, json={"name": "x"}).status_code == 428


def test_a_jobs_site_and_type_are_corrected(orders: Orders) -> None:
    booking = orders.sell()
    path = f"{BOOKINGS}/jobs/{booking['job_id']}"
    body = {"type": "repair", "site": {"line1": "1206 Forrest Ave", "postal_code": "37201"}}
    answer = orders.bench.as_("office").edit("PATCH", path, body)
    assert answer.get_json()["site"]["line1"] == "1206 Forrest Ave"
    [told] = orders.bench.told("bookings", JobChanged)
    assert told.data["site"]["line1"] == "1206 Forrest Ave"
    assert orders.bench.as_("office").edit("PATCH", path, {"name": "x"}).status_code == 422


def test_a_completed_job_is_closed(orders: Orders) -> None:
    booking = orders.in_state("in_progress")
    close = f"{BOOKINGS}/jobs/{booking['job_id']}/close"
    refused = orders.bench.as_("office").post(close)
    assert (refused.status_code, refused.get_json()["state"]) == (409, "in_progress")
    orders.act(booking, "complete", "operations")
    assert orders.bench.as_("office").post(close).get_json()["status"] == "closed"


@pytest.mark.parametrize(
    "name", ["  ", "<script>alert(1)</script>", "–", "{seq:000}", "O'Brien & Søn \u202e", "Ivy\nC"]
)
def test_a_customers_own_name_is_never_taken_for_a_template(orders: Orders, name: str) -> None:
    rule(orders, "{customer} / {street}")
    shown = job(orders, orders.sell(acceptance(name, site=Address(line1="1 Elm St")))["job_id"])["name"]
    clean = " ".join(name.split())
    assert shown == (f"{clean} / 1 Elm St" if clean else "1 Elm St")
