"""Photos and documents go where the work goes: from the enquiry to its opportunity, and with the sale to the job."""

from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import AWAY, CAST, HOME, Caller
from libs.common.contracts.sales import JobFileAdded, JobFileRemoved
from tests.flow.funnel import API, Funnel
from tests.service.console_reader import Reader
from tests.service.some_files import JPEG, PDF, choose, kept, put


def put_at(funnel: Funnel, who: str, where: str, name: str = "boiler.jpg", content: bytes = JPEG) -> dict[str, Any]:
    """A file at a record, and all that follows from it."""
    one = kept(funnel.bench, who, where, content, name)
    funnel.settle()
    return one


def take_away(funnel: Funnel, who: str, one: dict[str, Any]) -> None:
    funnel.do(who, one["href"].removeprefix(API) + "/remove", {"reason": "Of another house"})


def there(funnel: Funnel, who: str, where: str) -> list[str]:
    """The names of the files at a record, each of which this person can open."""
    found = funnel.as_(who).items(f"{API}{where}/files")
    for one in found:
        assert funnel.as_(who).get(one["href"]).status_code == 200, one["name"]
    return [one["name"] for one in found]


def opened(funnel: Funnel, lead: str, salesperson: str = "salesperson") -> str:
    """The opportunity of a lead that is nobody's, given to somebody who sells."""
    funnel.do("csr", f"/leads/{lead}/validate")
    found = funnel.one(f"/opportunities?lead_id={lead}")["id"]
    funnel.do("csr", f"/opportunities/{found}/assign", {"salesperson_id": str(CAST[salesperson][0])})
    return str(found)


@pytest.mark.parametrize("twice", [False, True])
def test_whoever_sells_has_the_photos_of_the_enquiry_though_the_enquiry_is_nobodys(funnel: Funnel, twice: bool) -> None:
    funnel.twice = twice
    lead = funnel.lead()["id"]
    before = put_at(funnel, "csr", f"/leads/{lead}", "before.jpg")
    opportunity = opened(funnel, lead)
    put_at(funnel, "csr", f"/leads/{lead}", "after.jpg")
    put_at(funnel, "salesperson", f"/opportunities/{opportunity}", "plan.pdf", PDF)

    assert there(funnel, "salesperson", f"/opportunities/{opportunity}") == ["before.jpg", "after.jpg", "plan.pdf"]
    assert there(funnel, "csr", f"/leads/{lead}") == ["before.jpg", "after.jpg"], "the original stays"

    take_away(funnel, "csr", before)
    assert there(funnel, "salesperson", f"/opportunities/{opportunity}") == ["after.jpg", "plan.pdf"]


def test_a_photo_of_an_enquiry_is_for_whom_its_opportunity_is_and_no_longer_than_it_is(funnel: Funnel) -> None:
    lead = funnel.lead()["id"]
    one = put_at(funnel, "csr", f"/leads/{lead}")
    opportunity = opened(funnel, lead)
    reads = {who: funnel.as_(who).get(one["href"]).status_code for who in CAST}
    assert {who for who, status in reads.items() if status == 200} == {
        "salesperson", "manager", "csr", "marketing", "office", "admin", "auditor",
    }  # fmt: skip
    assert (reads["colleague"], reads["stranger"], reads["technician"]) == (404, 404, 404)

    funnel.do("csr", f"/opportunities/{opportunity}/assign", {"salesperson_id": str(CAST["colleague"][0])})
    assert funnel.as_("salesperson").get(one["href"]).status_code == 404
    assert funnel.as_("colleague").get(one["href"]).status_code == 200


def test_what_was_merged_into_an_enquiry_before_it_was_valid_goes_along(funnel: Funnel) -> None:
    lead, duplicate = funnel.lead()["id"], funnel.lead()["id"]
    put_at(funnel, "csr", f"/leads/{duplicate}", "of the duplicate.jpg")
    funnel.do("csr", f"/leads/{lead}/merge", {"duplicate_id": duplicate})
    assert there(funnel, "salesperson", f"/opportunities/{opened(funnel, lead)}") == ["of the duplicate.jpg"]


def test_the_second_door_shows_what_is_put_at_its_lead_later(funnel: Funnel) -> None:
    prospect = {"channel": "phone", "person_name": "Ann Lee", "phones": ["615-555-0142"], "request": "A heat pump"}
    entered = funnel.do("salesperson", "/opportunities", {"prospect": prospect, "product_interest": "heat pump"})
    put_at(funnel, "office", f"/leads/{entered['lead_id']}")
    assert there(funnel, "salesperson", f"/opportunities/{entered['id']}") == ["boiler.jpg"]


WHO = {
    "csr": (201, 200), "salesperson": (201, 200), "manager": (201, 200), "office": (201, 200), "colleague": (404, 404),
    "stranger": (404, 404), "marketing": (403, 403), "technician": (403, 403), "admin": (403, 200),
    "auditor": (403, 200), "operations": (403, 403),
}  # fmt: skip


def test_who_works_on_an_opportunity_adds_and_who_may_read_it_reads(funnel: Funnel) -> None:
    where = f"/opportunities/{funnel.opportunity()}"
    put_at(funnel, "office", where)
    for who, (adds, reads) in WHO.items():
        assert funnel.as_(who).get(f"{API}{where}/files").status_code == reads, who
        assert put(funnel.bench, who, where).status_code == adds, who


def test_what_is_lost_takes_no_more_until_it_is_reopened_but_gives_away(funnel: Funnel) -> None:
    opportunity = funnel.opportunity()
    where = f"/opportunities/{opportunity}"
    one = put_at(funnel, "salesperson", where)
    funnel.do("salesperson", f"{where}/lose", {"reason": "price"})
    refused = put(funnel.bench, "salesperson", where)
    assert (refused.status_code, refused.get_json()["allowed"]) == (409, ["reopen"])
    take_away(funnel, "salesperson", one)
    assert there(funnel, "salesperson", where) == []


def test_the_page_of_an_opportunity_has_both_and_removes_its_own(funnel: Funnel) -> None:
    lead = funnel.lead()["id"]
    put_at(funnel, "csr", f"/leads/{lead}", "before.jpg")
    opportunity = opened(funnel, lead)
    put_at(funnel, "salesperson", f"/opportunities/{opportunity}", "plan.pdf", PDF)
    reader = Reader(funnel.bench, "salesperson")
    page = reader.open(f"/opportunities/{opportunity}")
    assert reader.client.get(page.links["before.jpg"]).data == JPEG
    assert reader.client.get(page.links["plan.pdf"]).data == PDF
    assert "before.jpg: Remove" not in page.links, "it is at the enquiry, which is not theirs"
    assert "File put here salesperson, plan.pdf" in page.text
    reader.follow("plan.pdf: Remove")
    assert "plan.pdf" not in reader.press("Remove", reason="An older plan").links


# -- the sale


def sold(funnel: Funnel) -> tuple[str, str, dict[str, Any]]:
    """A lead, its opportunity and the booking order; a photo at the first, a plan at the second."""
    lead = funnel.lead()["id"]
    put_at(funnel, "csr", f"/leads/{lead}", "before.jpg")
    opportunity = opened(funnel, lead)
    put_at(funnel, "salesperson", f"/opportunities/{opportunity}", "plan.pdf", PDF)
    return lead, opportunity, funnel.booked(opportunity=opportunity)


def moves(funnel: Funnel, *what: str) -> None:
    path = f"{API}/bookings/settings?branch={HOME}"
    assert funnel.as_("admin").edit("PUT", path, {"moves": list(what)}, read=path).status_code == 200


@pytest.mark.parametrize("twice", [False, True])
def test_files_go_to_the_job_with_the_sale_and_the_originals_stay(funnel: Funnel, twice: bool) -> None:
    funnel.twice = twice
    lead, opportunity, booking = sold(funnel)
    job = f"/bookings/jobs/{booking['job_id']}"
    assert there(funnel, "operations", job) == ["before.jpg", "plan.pdf"]
    assert there(funnel, "salesperson", f"/opportunities/{opportunity}") == ["before.jpg", "plan.pdf"]
    assert there(funnel, "csr", f"/leads/{lead}") == ["before.jpg"]
    assert funnel.as_("operations").get(f"{API}/opportunities/{opportunity}/files").status_code == 403
    assert funnel.one(f"/bookings/sales?opportunity_id={opportunity}")["state"] == "completed"


def test_what_is_put_at_the_opportunity_later_is_at_the_job_and_what_is_removed_is_not(funnel: Funnel) -> None:
    lead, opportunity, booking = sold(funnel)
    job = f"/bookings/jobs/{booking['job_id']}"
    permit = put_at(funnel, "salesperson", f"/opportunities/{opportunity}", "permit.pdf", PDF)
    assert there(funnel, "operations", job) == ["before.jpg", "plan.pdf", "permit.pdf"]
    far = Caller(funnel.bench, funnel.bench.system.signer.issue(uuid4(), roles=["operations"], branch=AWAY))
    assert far.get(permit["href"]).status_code == 404
    take_away(funnel, "salesperson", permit)
    assert there(funnel, "operations", job) == ["before.jpg", "plan.pdf"]
    [photo] = funnel.as_("csr").items(f"{API}/leads/{lead}/files")
    assert far.get(photo["href"]).status_code == 404
    take_away(funnel, "csr", photo)
    assert there(funnel, "operations", job) == ["plan.pdf"]
    assert funnel.as_("operations").get(photo["href"]).status_code == 404


def test_files_stay_where_they_are_when_the_branch_does_not_move_them(funnel: Funnel) -> None:
    moves(funnel, "estimate", "appointments")
    _, opportunity, booking = sold(funnel)
    put_at(funnel, "salesperson", f"/opportunities/{opportunity}", "permit.pdf", PDF)
    assert there(funnel, "operations", f"/bookings/jobs/{booking['job_id']}") == []
    kept_there = funnel.as_("office").items(f"{API}/opportunities/{opportunity}/files")
    assert len(kept_there) == 3
    assert {funnel.as_("operations").get(one["href"]).status_code for one in kept_there} == {404}


def test_an_undone_sale_gives_the_files_back(funnel: Funnel) -> None:
    _, opportunity, booking = sold(funnel)
    job = f"/bookings/jobs/{booking['job_id']}"
    own = put_at(funnel, "office", job, "contract.pdf", PDF)
    funnel.do("office", f"/bookings/sales/{booking['acceptance_ids'][0]}/undo", {"reason": "Changed their mind"})
    assert there(funnel, "operations", job) == ["contract.pdf"], "it was put at the job itself"
    found = funnel.as_("salesperson").items(f"{API}/opportunities/{opportunity}/files")
    assert [one["name"] for one in found] == ["before.jpg", "plan.pdf"]
    assert {funnel.as_("operations").get(one["href"]).status_code for one in found} == {404}
    assert put(funnel.bench, "office", job).status_code == 409
    take_away(funnel, "office", own)
    about = [one.data for kind in (JobFileAdded, JobFileRemoved) for one in funnel.bench.told("bookings", kind)]
    assert [(one["file"]["name"], one.get("reason")) for one in about] == [
        ("contract.pdf", None),
        ("contract.pdf", "Of another house"),
    ]


def test_the_files_come_to_the_job_that_the_office_makes_later(funnel: Funnel) -> None:
    path = f"{API}/bookings/settings?branch={HOME}"
    assert funnel.as_("admin").edit("PUT", path, {"sale_creates": "task"}, read=path).status_code == 200
    _, _, booking = sold(funnel)
    job = funnel.do("office", "/bookings/jobs", {"acceptance_id": booking["acceptance_ids"][0]})
    assert there(funnel, "operations", f"/bookings/jobs/{job['id']}") == ["before.jpg", "plan.pdf"]


AT_A_JOB = {
    "operations": (201, 200), "office": (201, 200), "manager": (201, 200), "salesperson": (403, 200),
    "auditor": (403, 200), "stranger": (403, 404), "csr": (403, 403), "admin": (403, 403),
}  # fmt: skip


def test_who_works_on_the_orders_of_a_job_adds_and_who_may_read_it_reads(funnel: Funnel) -> None:
    job = f"/bookings/jobs/{funnel.booked()['job_id']}"
    one = put_at(funnel, "operations", job, "done.jpg")
    for who, (adds, reads) in AT_A_JOB.items():
        assert funnel.as_(who).get(f"{API}{job}/files").status_code == reads, who
        assert funnel.as_(who).get(one["href"]).status_code == reads, who
        assert put(funnel.bench, who, job).status_code == adds, who


def test_the_crew_sees_the_old_boiler_on_the_order_and_shows_the_new_one_there(funnel: Funnel) -> None:
    _, _, booking = sold(funnel)
    reader = Reader(funnel.bench, "operations")
    page = reader.open(f"/bookings/{booking['id']}")
    assert reader.client.get(page.links["before.jpg"]).data == JPEG
    assert reader.client.get(page.links["plan.pdf"]).data == PDF
    page = choose(reader, JPEG, "after.jpg")
    assert reader.page.answer.request.path == f"/bookings/{booking['id']}"
    assert "It is here now." in page.text
    assert "after.jpg" in Reader(funnel.bench, "office").open(f"/jobs/{booking['job_id']}").links
    reader.follow("after.jpg: Remove")
    assert "after.jpg" not in reader.press("Remove", reason="Blurred").links
