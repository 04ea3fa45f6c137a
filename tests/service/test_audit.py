"""Who changed what from what to what, when, through which client: written with every act, and read at a door (R35)."""

from collections.abc import Callable

import pytest

import services
from embedded.testing import CAST, Bench
from tests.flow.funnel import API, Funnel
from tests.service.console_reader import Reader

SAID = {"channel": "phone", "person_name": "Ada Byron", "phones": ["615-555-0100"]}


def test_every_change_of_a_record_is_read_with_who_and_from_what_to_what(bench: Callable[..., Bench]) -> None:
    leads = bench("leads")
    csr = leads.as_("csr")
    lead = csr.post(f"{API}/leads", SAID).get_json()["id"]
    agent = {"User-Agent": "Switchboard/2"}
    tag = csr.get(f"{API}/leads/{lead}").headers["ETag"]
    said = {"source": "radio"}
    assert csr.call("PATCH", f"{API}/leads/{lead}", json=said, headers={"If-Match": tag, **agent}).status_code == 200
    assert leads.as_("auditor").call("PATCH", f"{API}/leads/{lead}", json=said).status_code == 403

    denied, changed, made = leads.as_("auditor").items(f"{API}/leads/audit?subject={lead}")
    assert (made["kind"], made["changes"]["created"], made["action"]) == ("Lead", [None, True], "POST /api/v1/leads")
    assert changed["changes"]["source"] == [None, "radio"]
    assert (changed["actor"], "Switchboard/2" in changed["client"]) == (str(CAST["csr"][0]), True)
    assert (denied["kind"], denied["actor"]) == ("denied", str(CAST["auditor"][0]))
    mine = leads.as_("admin").items(f"{API}/leads/audit?actor={CAST['csr'][0]}&kind=Lead&limit=1")
    assert [one["id"] for one in mine] == [changed["id"]]


@pytest.mark.parametrize("name", sorted(set(CAST) - {"admin", "auditor"}))
def test_only_admins_and_auditors_read_it(bench: Callable[..., Bench], name: str) -> None:
    assert bench("leads").as_(name).get(f"{API}/leads/audit").status_code == 403


def test_each_records_page_leads_whoever_may_to_its_changes(bench: Callable[..., Bench]) -> None:
    funnel = Funnel(bench(*services.NAMES))
    booking = funnel.booked()
    [estimate] = booking["estimate_ids"]
    opportunity = funnel.see(f"/opportunities/{booking['opportunity_id']}")
    pages = {
        "leads": f"/leads/{opportunity['lead_id']}",
        "opportunities": f"/opportunities/{opportunity['id']}",
        "estimates": f"/estimates/{estimate}",
        "bookings": f"/bookings/{booking['id']}",
    }
    for path in pages.values():
        reader = Reader(funnel.bench, "auditor")
        reader.open(path)
        page = reader.follow("Every change")
        assert page.status == 200, path
        assert "made" in page.text, path
        assert "Every change" not in Reader(funnel.bench, "manager").open(path).text
    seller = str(CAST["salesperson"][0])
    told = Reader(funnel.bench, "admin").open(f"/changes/estimates/{estimate}").text
    assert "salesperson" in told, "people by their names"
    assert seller not in told
    assert Reader(funnel.bench, "manager").open(f"/changes/estimates/{estimate}").status == 403
