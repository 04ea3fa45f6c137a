"""The reports' pages: a sentence, pictures and tables with the same numbers, each number with its cards."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest

import services
from embedded.testing import AWAY, SALES, Bench, moment
from libs.common.contracts.leads import LeadCaptured, LeadContacted
from libs.common.contracts.opportunities import OpportunityOpened
from libs.common.contracts.staff import Branch, BranchChanged
from services.console.usecases import REPORTS
from tests.service.console_reader import Reader
from tests.service.notification_facts import tell
from tests.service.test_console_board import opportunity


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench(*services.NAMES)


def test_a_number_of_a_report_leads_to_exactly_what_it_counts(office: Bench) -> None:
    opportunity(office, source="Radio")
    lost = opportunity(office, source="Radio", campaign="Fall", person_name="Saul Everly", phones=["615-555-0188"])
    office.as_("salesperson").post(f"/api/v1/opportunities/{lost['id']}/lose", {"reason": "price"})
    office.settle()
    reader = Reader(office, "manager")

    page = reader.open("/reports?campaign=Fall")
    assert "Of 1 enquiry 0 were won." in page.text
    assert page.links["By source"].endswith("&campaign=Fall")
    page = reader.open("/reports")
    assert "Of 2 enquiries 0 were won." in page.text
    page = reader.open("/reports/lost-reasons")
    assert "Price" in page.text
    assert reader.follow("1").links["Saul Everly"] == f"/opportunities/{lost['id']}"
    assert "June Pettibone" not in reader.page.links

    reader.open("/reports/funnel?source=Radio")
    assert {"June Pettibone", "Saul Everly"} <= reader.follow("2").links.keys()


def test_a_report_is_narrowed_to_a_team_and_a_channel_and_so_is_its_file(office: Bench) -> None:
    opportunity(office, channel="email")
    office.as_("csr").post("/api/v1/leads", {"channel": "phone", "person_name": "Saul Everly"})
    office.settle()
    reader = Reader(office, "auditor")

    def counted(**chosen: str) -> list[str]:
        page = reader.open(f"/reports/funnel?{urlencode({'by': 'channel', **chosen})}")
        [form] = [one for one in page.forms if "Apply" in one.buttons]
        assert {"team": "", "channel": ""} | chosen == {name: dict(form.fields)[name] for name in ("team", "channel")}
        answer = reader.client.get(page.links["CSV"])
        return [row[: row.index(",", row.index(",") + 1)] for row in answer.get_data(as_text=True).splitlines()[1:]]

    assert counted() == ["email,1", "phone,1"]
    assert counted(channel="email") == counted(team=str(SALES)) == ["email,1"]
    assert counted(team=str(SALES), channel="phone") == []


def test_a_report_is_narrowed_to_anybody_whose_an_enquiry_may_be(office: Bench) -> None:
    """Who answers at the telephone, too: their answers were in *By person*, and nobody could ask for them alone."""
    for name, role in (("Cora", "csr"), ("Olga", "operations")):
        person = {"name": name, "email": f"{name}@test.example", "roles": [role]}
        assert office.as_("admin").post("/api/v1/staff/people", person).status_code == 201
    page = Reader(office, "manager").open("/reports/response-time")
    assert [f">{name}</option>" in page.html for name in ("Cora", "Olga")] == [True, False]


def test_what_is_nobodys_is_called_so_and_what_nobody_said_too(office: Bench) -> None:
    office.as_("csr").post("/api/v1/leads", {"channel": "phone", "person_name": "June", "phones": ["615-555-0117"]})
    office.settle()
    reader = Reader(office, "admin")
    for by, named in (("person", "Nobody"), ("source", "Not said")):
        page = reader.open(f"/reports/response-time?by={by}")
        assert f'<th scope="row">{named}</th>' in page.html
        assert f"<span>{named}</span>" in page.html
        assert ">None<" not in page.html


def test_every_report_has_its_page_its_definition_and_its_file(office: Bench) -> None:
    opportunity(office)
    reader = Reader(office, "manager")
    for name, one in REPORTS.items():
        page = reader.open(f"/reports/{name}")
        assert page.status == 200, name
        assert one.text in page.text
        answer = reader.client.get(f"/reports/{name}?format=csv")
        assert answer.mimetype == "text/csv"
        assert answer.get_data(as_text=True).count(",") >= len(one.columns) - 1


def test_a_report_of_a_time_in_which_nothing_was_says_so(office: Bench) -> None:
    opportunity(office)
    page = Reader(office, "manager").open("/reports/funnel?since=2020-01-01&until=2020-01-02")
    assert "Nothing at that time" in page.text


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "tomorrow"])
def test_a_day_that_is_in_no_calendar_is_not_asked_for_and_not_said_to_be(office: Bench, day: str) -> None:
    reader = Reader(office, "manager")
    assert reader.open(f"/calendar?week={day}").links == reader.open("/calendar").links
    for path in ("/reports", "/reports/funnel"):
        page = reader.open(f"{path}?since={day}&until={day}")
        assert page.status == 200
        assert f'value="{day}"' not in page.html


def test_the_days_of_a_branchs_report_are_by_its_own_clock_and_it_is_called_by_its_name(office: Bench) -> None:
    """An evening in Los Angeles is the next month in Nashville already."""
    there = Branch(name="Los Angeles", time_zone="America/Los_Angeles", currency="USD")
    office.tell(BranchChanged(subject=AWAY, branch=there), by="staff")
    office.clock.now = moment("2026-12-01 06:30")
    said = {"channel": "phone", "person_name": "June", "phones": ["615-555-0117"], "branch": str(AWAY)}
    assert office.as_("csr").post("/api/v1/leads", said).status_code == 201
    office.settle()
    reader = Reader(office, "admin")

    def counted(asked: str) -> str:
        answer = reader.client.get(f"/reports/funnel?format=csv&by=branch&{asked}")
        return str(answer.get_data(as_text=True)).splitlines()[1:2][0][:13] if answer.data.count(b"\n") > 1 else ""

    assert counted(f"branch={AWAY}&since=2026-11-30&until=2026-11-30") == "Los Angeles,1"
    assert counted(f"branch={AWAY}&since=2026-12-01") == ""
    assert counted("since=2026-12-01") == "Los Angeles,1", "of all branches, by the reader's own"


def test_this_month_on_today_is_what_its_reports_say_of_it(office: Bench) -> None:
    office.clock.now = moment("2026-11-01 04:30")  # the evening of the 31st of October in Nashville
    opportunity(office, source="Radio")
    office.clock.forward(hours=1)
    lost = opportunity(office, source="Radio", person_name="Saul Everly", phones=["615-555-0188"])
    office.as_("salesperson").post(f"/api/v1/opportunities/{lost['id']}/lose", {"reason": "price"})
    office.settle()
    reader = Reader(office, "manager")

    page = reader.open("/")
    assert "Won in November" in page.text
    assert "0 of 1 decided" in page.text
    assert page.links["1"].startswith("/reports/funnel?since=2026-11-01")
    assert "Of 1 enquiry 0 were won." in reader.open("/reports?since=2026-11-01").text


def test_an_attempt_in_the_very_moment_that_it_was_due_is_in_time(bench: Callable[..., Bench]) -> None:
    alone = bench("console")
    due = moment("2026-03-02 16:04")
    for late in (timedelta(), timedelta(seconds=1)):
        lead = tell(alone, LeadCaptured, subject=uuid4(), first_response_due_at=due)
        tell(alone, LeadContacted, subject=lead.subject, first_response_due_at=due, first_responded_at=due + late)

    [row] = alone.as_("admin").get("/api/v1/pipeline/reports/response-time").get_json()["rows"]
    assert (row["answered"], row["in_time"], row["late"], row["rate"]) == (2, 1, 1, "50.0")


def test_half_a_tenth_of_a_percent_goes_up_in_a_report_and_half_a_percent_on_the_first_page(
    bench: Callable[..., Bench],
) -> None:
    """As half a cent does: 1 of 16 is 6.25 %, and 2 of 16 are 12.5 %."""
    alone, due = bench("console"), moment("2026-03-02 16:04")
    alone.clock.now = due
    for n in range(16):
        lead = tell(alone, LeadCaptured, subject=uuid4(), first_response_due_at=due, received_at=due)
        late = timedelta(seconds=min(n, 1))
        tell(alone, LeadContacted, subject=lead.subject, first_response_due_at=due, first_responded_at=due + late)
        if n < 2:
            tell(alone, OpportunityOpened, subject=uuid4(), lead_id=lead.subject)

    [row] = alone.as_("admin").get("/api/v1/pipeline/reports/response-time").get_json()["rows"]
    assert row["rate"] == "6.3"
    assert "Opportunities 2 13 % 14" in Reader(alone, "admin").open("/reports?since=2026-03-01").text
