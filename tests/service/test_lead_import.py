"""A file of enquiries comes in through the leads service's door."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from werkzeug.test import TestResponse

from commands.leads import command
from embedded.testing import CAST, HOME, Bench, moment
from libs.common.contracts.leads import LeadCaptured
from libs.common.contracts.staff import Branch, BranchChanged, Person, PersonChanged

FILE = """Full Name,Email,Phone,Lead Source,Shoe size
Ann Lee,ann@lee.example,615-555-0101,Google,38
Bob Ray,bob@ray.example,615-555-0102,google,
,,,,41
Eve Poe,not an address,615-555-0103,Yelp,
Ann Lee,ann@lee.example,615-555-0101,Google,38
"""


@pytest.fixture
def leads(bench: Callable[..., Bench]) -> Bench:
    return bench("leads")


def send(leads: Bench, content: str | bytes, query: str = "", who: str = "csr", **parts: Any) -> TestResponse:
    raw = content.encode() if isinstance(content, str) else content
    form = {"file": (BytesIO(raw), "leads.csv"), **parts}
    return leads.as_(who).call("POST", f"/api/v1/leads/import{query}", data=form, content_type="multipart/form-data")


def test_good_rows_come_in_and_bad_ones_are_named_with_their_line(leads: Bench) -> None:
    report = send(leads, FILE).get_json()

    assert (report["created"], report["already"]) == (2, 1)
    assert [one["line"] for one in report["rejected"]] == [4, 5]
    assert "/emails/0" in report["rejected"][1]["errors"][0]
    assert report["unknown"] == ["Shoe size"]
    [ann] = leads.as_("csr").items("/api/v1/leads?q=ann")
    assert leads.as_("csr").get(f"/api/v1/leads/{ann['id']}").get_json()["details"]["extra"]["Shoe size"] == "38"


def test_a_service_that_is_a_whole_sentence_costs_nobody_their_row(leads: Bench) -> None:
    wanted = "Gutter cleaning and window washing, two storeys"

    assert send(leads, f'name,service\nAnn,"{wanted}"\n').get_json()["created"] == 1
    [ann] = leads.as_("csr").items("/api/v1/leads")
    kept = leads.as_("csr").get(f"/api/v1/leads/{ann['id']}").get_json()["details"]["extra"]
    assert (ann["trade"], kept) == (None, {"service": wanted})


def test_nobody_is_late_with_what_a_file_says_of_long_ago(leads: Bench) -> None:
    long_ago, lately = (f"{leads.clock() - timedelta(days=days):%Y-%m-%d}" for days in (32, 28))

    assert send(leads, f"name,received at\nAnn Lee,{long_ago}\nBob Ray,{lately}\n").get_json()["created"] == 2
    due = {one["person_name"]: one["first_response_due_at"] for one in leads.as_("csr").items("/api/v1/leads")}
    assert due["Ann Lee"] is None
    assert due["Bob Ray"] < leads.clock().isoformat()


def test_what_is_wrong_with_a_file_is_told_in_the_order_of_its_lines(leads: Bench) -> None:
    file = "name,phone,received at\nAnn,615-555-0101,2999-01-01\nBob,call me,\nEve,615-555-0103,2999-01-01\n,,,\n"

    assert [one["line"] for one in send(leads, file).get_json()["rejected"]] == [2, 3, 4]


def test_a_day_that_a_spreadsheet_counted_is_refused_with_what_to_do_about_it(leads: Bench) -> None:
    told = send(leads, "name,received at\nAnn,46024\nBob,46024.5\nEve,yesterday\n").get_json()["rejected"]

    assert ["give the column a format of dates there" in one["errors"][0] for one in told] == [True, True, False]


def test_who_reads_along_hears_what_the_other_program_called_an_enquiry(leads: Bench) -> None:
    send(leads, "Lead ID,Full Name,Email\n00Q5e,Ann Lee,ann@lee.example\n,Bob Ray,bob@ray.example\n")

    told = {fact.data["title"]: fact.data["external_id"] for fact in leads.told("leads", LeadCaptured)}
    assert told == {"Ann Lee": "00Q5e", "Bob Ray": ""}


def test_whoever_comes_from_another_program_can_call_their_customers_and_find_their_houses(leads: Bench) -> None:
    report = send(
        leads,
        "J-ID,First Name,Last Name,Main Phone #s,Service Street 1,Service City,Service Zip code,Billing Street 1,Tags,"
        "Created Date\n"
        '7,Ann,Lee,615-555-0142,12 Oak St,Nashville,37201,PO Box 7,vip,"Nov 30, 2025"\n',
    ).get_json()

    assert (report["created"], report["rejected"], report["unknown"]) == (1, [], ["Tags"])
    [ann] = leads.as_("csr").items("/api/v1/leads")
    assert (ann["phones"], ann["received_at"]) == (["615-555-0142"], "2025-11-30T06:00:00Z")
    assert (ann["address"]["line1"], ann["address"]["city"]) == ("12 Oak St", "Nashville")
    kept = leads.as_("csr").get(f"/api/v1/leads/{ann['id']}").get_json()["details"]["extra"]
    assert kept == {"Billing Street 1": "PO Box 7", "Tags": "vip"}


def test_our_own_list_as_a_file_is_taken_in_as_it_was_given_out(leads: Bench) -> None:
    """The state of an enquiry was taken for that of its address."""
    csr = leads.as_("csr")
    csr.post(
        "/api/v1/leads",
        {
            "channel": "phone",
            "person_name": "Ann Lee",
            "company": "Lee Bakery",
            "phones": ["615-555-0142 ext. 7", "615-555-0143"],
            "emails": ["ann@lee.example", "office@lee.example"],
            "address": {"line1": "12 Oak St, Unit 4", "city": "Nashville", "region": "TN", "postal_code": "02134"},
            "source": "radio",
            "campaign": "Spring",
            "trade": "hvac",
            "request": "A heat pump;\nsoon",
            "interest_level": "high",
            "received_at": "2026-03-02T10:00:00-06:00",
        },
    )
    [before] = csr.items("/api/v1/leads")
    given_out = csr.get("/api/v1/leads?format=csv").get_data()

    assert send(leads, given_out).get_json()["created"] == 1
    after, _ = csr.items("/api/v1/leads")
    same = "channel person_name company phones emails address source campaign trade request interest_level received_at"
    assert {name: after[name] for name in same.split()} == {name: before[name] for name in same.split()}


def test_the_same_file_again_adds_nothing_and_a_mended_one_only_the_mended_rows(leads: Bench) -> None:
    send(leads, FILE)
    assert send(leads, FILE).get_json()["created"] == 0

    mended = send(leads, FILE.replace("not an address", "eve@poe.example")).get_json()

    assert (mended["created"], mended["already"]) == (1, 3)
    assert len(leads.as_("csr").items("/api/v1/leads")) == 3


def test_a_dry_run_says_what_would_be_and_leaves_nothing(leads: Bench) -> None:
    report = send(leads, FILE, "?dry_run=true").get_json()

    assert (report["dry_run"], report["created"]) == (True, 2)
    assert leads.as_("csr").items("/api/v1/leads") == []
    assert leads.told("leads") == []


LONG = 230
LONG_FILE = "Full Name,Email\n" + "".join(f"Ann {row},ann{row}@lee{row}.example\n" for row in range(LONG))


def test_nobody_waits_for_more_than_a_hundred_rows_of_a_long_file(leads: Bench) -> None:
    engine, commits = leads.system.parts["leads"].store.database.engine, [0]

    def wrote(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:
        if statement.startswith("INSERT INTO leads "):
            commits[-1] += len(given) if many else statement.count("(?")

    sa.event.listen(engine, "before_cursor_execute", wrote)
    sa.event.listen(engine, "commit", lambda _connection: commits.append(0))
    send(leads, LONG_FILE)

    assert sum(commits) == LONG
    assert max(commits) <= 100


@pytest.mark.parametrize(
    ("again", "already", "duplicates"), [("Ann 0,ann0@lee0.example", 1, 0), ("A. Lee,ann0@lee0.example", 0, 1)]
)
def test_a_dry_run_of_a_long_file_finds_at_its_end_what_its_beginning_had(
    leads: Bench, again: str, already: int, duplicates: int
) -> None:
    for dry_run in ("true", "false"):
        report = send(leads, f"{LONG_FILE}{again}\n", f"?dry_run={dry_run}").get_json()

        assert (report["already"], report["duplicates"]) == (already, duplicates)
        assert report["created"] == LONG + duplicates


def test_a_key_that_was_used_for_another_file_takes_nothing_of_this_one_in(leads: Bench) -> None:
    def keyed(content: str) -> TestResponse:
        form = {"file": (BytesIO(content.encode()), "leads.csv")}
        kind, headers = "multipart/form-data", {"Idempotency-Key": "one file"}
        return leads.as_("csr").call("POST", "/api/v1/leads/import", data=form, content_type=kind, headers=headers)

    first = keyed("name\nAnn Lee\n")
    assert keyed("name\nBob Ray\n").status_code == 422
    again = keyed("name\nAnn Lee\n")

    assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")
    assert [one["person_name"] for one in leads.as_("csr").items("/api/v1/leads")] == ["Ann Lee"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-03-02 10:00", "2026-03-02T16:00:00Z"),
        ("2026-07-02T10:00", "2026-07-02T15:00:00Z"),
        ("03/04/2026", "2026-03-04T06:00:00Z"),
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"),
    ],
)
@pytest.mark.parametrize("code", ["37201", ""])
def test_a_time_without_offset_is_the_branchs(leads: Bench, typed: str, meant: str, code: str) -> None:
    """A date alone is its midnight, written as the US does."""
    assert send(leads, f"name,zip,received at\nAnn Lee,{code},{typed}\n").get_json()["created"] == 1
    [ann] = leads.as_("csr").items("/api/v1/leads")
    assert ann["received_at"] == meant


def test_a_time_is_meant_as_they_read_it_whose_home_is_no_branch(leads: Bench) -> None:
    ident, role, *_ = CAST["csr"]
    everywhere = Person(name="Clara", email="csr@test.example", roles=(role,))
    leads.tell(PersonChanged(subject=ident, person=everywhere), by="staff")
    assert send(leads, "name,received at\nAnn Lee,2026-03-02 10:00\n").get_json()["created"] == 1
    [ann] = leads.as_("csr").items("/api/v1/leads")
    assert ann["received_at"] == "2026-03-02T16:00:00Z"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("05/06/2026", "2026-06-04T23:00:00Z"),
        ("13/06/2026 09:30", "2026-06-13T08:30:00Z"),
        ("5.6.2026 14:05:00", "2026-06-05T13:05:00Z"),
        ("06/13/2026", None),
    ],
)
def test_a_day_is_read_as_the_branchs_country_writes_it(leads: Bench, typed: str, meant: str | None) -> None:
    """In June, where the US would be in May."""
    leads.clock.now = moment("2026-09-01 10:00")
    there = Branch(name="Leeds", time_zone="Europe/London", currency="GBP", locale="en_GB", trades=("hvac",))
    leads.tell(BranchChanged(subject=HOME, branch=there), by="staff")
    report = send(leads, f"name,received at\nAnn Lee,{typed}\n").get_json()
    assert (report["created"], len(report["rejected"])) == ((1, 0) if meant else (0, 1))
    assert [one["received_at"] for one in leads.as_("csr").items("/api/v1/leads")] == ([meant] if meant else [])


def test_a_column_can_be_named_by_hand(leads: Bench) -> None:
    report = send(leads, "Kunde,Tel\nAnn Lee,615-555-0101\n", map='{"Kunde": "person_name", "Tel": "phones"}')
    assert report.get_json()["columns"] == {"Kunde": "person_name", "Tel": "phones"}
    assert send(leads, "Kunde\nAnn\n", map="[]").status_code == 422


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 a zip", b"<html><body>no</body></html>", b"a,a\n1,2\n", b"x\n1\n"]
)
def test_what_is_no_list_of_enquiries_is_refused_plainly(leads: Bench, content: bytes) -> None:
    answer = send(leads, content)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"


def test_a_salesperson_may_not_import(leads: Bench) -> None:
    assert send(leads, FILE, who="salesperson").status_code == 403


def test_a_map_that_is_no_text_is_refused_by_the_command_line_as_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("name\nAnn Lee\n")
    (tmp_path / "map.json").write_bytes(b"\xff\xfe")
    given = [str(tmp_path / "leads.csv"), "--token", "x", "--map", str(tmp_path / "map.json")]

    done = CliRunner().invoke(command, ["import", *given])

    assert (done.exit_code, "is not text in UTF-8" in done.output) == (2, True), done.output


def test_whoever_takes_a_call_while_a_file_comes_in_waits_for_a_hundred_rows_at_most(
    leads: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"Caller {number},caller{number}@house{number}.example\n" for number in range(250))
    commits: list[str] = []
    monkeypatch.setattr(leads.system.parts["leads"].store, "crash", commits.append)

    assert send(leads, f"Full Name,Email\n{rows}").get_json()["created"] == 250

    assert commits.count("after_commit") == 4  # three of rows, and one of the report
