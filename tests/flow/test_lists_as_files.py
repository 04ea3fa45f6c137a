"""The office's lists as files for its spreadsheets, at the services' doors and in the console."""

import csv
import io
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa

from embedded.testing import CAST
from libs.common.web import exporting
from tests.flow.funnel import API, Funnel
from tests.service.console_reader import Reader

LISTS = ("leads", "opportunities", "estimates", "bookings", "bookings/customers", "bookings/jobs")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def file_of(funnel: Funnel, path: str, who: str = "office", query: str = "format=csv") -> list[dict[str, str]]:
    answer = funnel.as_(who).get(f"{API}/{path}?{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return rows(answer.get_data(as_text=True))


def test_every_list_is_had_whole_in_its_order_however_long_it_is(
    funnel: Funnel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PIECE", 2)
    for number in range(3):
        funnel.booked(total=f"{number + 1}0.50")

    for path in LISTS:
        listed = [one["id"] for one in funnel.see(f"/{path}?limit=200")["items"]]
        assert len(listed) >= 3
        assert [one["id"] for one in file_of(funnel, path)] == listed, path
        assert [one["id"] for one in file_of(funnel, path, query="format=csv&sort=created_at&limit=1")] == listed[::-1]


def test_amounts_can_be_added_up_and_people_branches_and_teams_have_their_names(funnel: Funnel) -> None:
    funnel.assigned(funnel.booked(total="1000.00")["id"])
    funnel.booked(total="234.50")

    booked, offered = file_of(funnel, "bookings"), file_of(funnel, "estimates")

    assert sum(Decimal(one["contract_total"]) for one in booked) == Decimal("1234.50")
    assert sum(Decimal(one["total"]) for one in offered) == Decimal("1234.50")
    assert {one["currency"] for one in (*booked, *offered)} == {"USD"}
    assert {one["salesperson"] for one in (*booked, *offered)} == {"salesperson"}
    assert [one["team"] for one in booked] == ["", "operations"]
    assert {one["branch"] for one in booked} == {"Nashville"}


def test_a_time_is_told_by_the_clock_of_the_branch(funnel: Funnel) -> None:
    funnel.lead(received_at="2026-03-01T23:30:00-06:00", channel="phone")

    [lead] = file_of(funnel, "leads")

    assert lead["received_at"] == "2026-03-01 23:30:00"


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own clock is of another zone."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_a_time_of_no_branchs_is_told_in_utc_wherever_the_machine_stands(funnel: Funnel) -> None:
    funnel.lead(received_at="2026-03-01T23:30:00Z")
    with funnel.bench.system.parts["leads"].store.begin() as tx:
        tx.session.execute(sa.text("UPDATE leads SET branch = NULL"))

    [lead] = file_of(funnel, "leads")

    assert (lead["received_at"], lead["branch"]) == ("2026-03-01 23:30:00", "")


def test_what_a_caller_typed_is_no_formula_in_the_offices_spreadsheet(funnel: Funnel) -> None:
    funnel.lead(person_name='=HYPERLINK("https://evil.example")', request="-2+3", phones=["+1 615 555 0142"])

    [lead] = file_of(funnel, "leads")

    assert lead["person_name"] == '\'=HYPERLINK("https://evil.example")'
    assert (lead["request"], lead["phones"]) == ("'-2+3", "'+1 615 555 0142")
    assert lead["score"].isdecimal()


def test_a_file_has_what_the_list_is_narrowed_to_and_no_more_than_its_reader_may_see(funnel: Funnel) -> None:
    mine, other = funnel.opportunity(), funnel.lead()

    assert [one["id"] for one in file_of(funnel, "leads", query="format=csv&state=new")] == [other["id"]]
    assert [one["id"] for one in file_of(funnel, "opportunities", "salesperson")] == [mine]
    assert file_of(funnel, "opportunities", "colleague") == []
    assert funnel.as_("operations").get(f"{API}/leads?format=csv").status_code == 403
    refused = funnel.as_("office").get(f"{API}/leads?format=pdf")
    assert refused.status_code == 422


def test_what_was_exported_is_taken_in_again_as_it_was(funnel: Funnel) -> None:
    funnel.lead(person_name="Ann Lee", phones=["+1 615 555 0142"], campaign="spring, early")
    text = funnel.as_("csr").get(f"{API}/leads?format=csv").get_data()

    form = {"file": (io.BytesIO(text), "leads.csv")}
    door, kind = f"{API}/leads/import", "multipart/form-data"
    said = funnel.as_("csr").call("POST", door, data=form, content_type=kind).get_json()

    assert (said["created"], said["rejected"]) == (1, [])
    again, _ = funnel.see("/leads", "csr")["items"]
    assert again["person_name"] == "Ann Lee"
    assert again["phones"] == ["+1 615 555 0142"]
    assert again["address"]["city"] == "Nashville"


@pytest.mark.parametrize("path", ["leads", "estimates", "bookings", "customers", "jobs"])
def test_each_list_of_the_console_has_its_file(funnel: Funnel, path: str) -> None:
    funnel.booked(total="234.50")
    reader = Reader(funnel.bench, "office")

    answer = reader.client.get(reader.open(f"/{path}").links["CSV"])

    said = answer.get_data(as_text=True)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{path}.csv"'
    assert said.startswith("\ufeff"), "Excel takes it for another alphabet's"
    [row] = rows(said.removeprefix("\ufeff"))
    assert row["id"] == funnel.see(f"/{DOOR.get(path, path)}")["items"][0]["id"]


def test_the_consoles_file_is_narrowed_as_the_page_is(funnel: Funnel) -> None:
    kept = funnel.lead(person_name="Ann Lee")
    funnel.lead(person_name="Bob Ray")
    reader = Reader(funnel.bench, "office")

    said = reader.client.get(reader.open("/leads?q=ann").links["CSV"]).get_data(as_text=True)

    assert [row["id"] for row in rows(said)] == [kept["id"]]


def test_the_boards_file_is_of_the_opportunities_of_whom_it_shows(funnel: Funnel) -> None:
    mine = funnel.opportunity()
    reader = Reader(funnel.bench, "manager")

    page = reader.open(f"/board?person={CAST['salesperson'][0]}")
    said = reader.client.get(page.links["CSV"]).get_data(as_text=True)

    assert [row["id"] for row in rows(said)] == [mine]
    assert "CSV" not in reader.open("/board?trade=hvac").links, "it would hold others, too"


DOOR = {"customers": "bookings/customers", "jobs": "bookings/jobs"}
