"""Who called before is recognised at every door, pointed out, and merged or not (R8)."""

from collections.abc import Callable

import pytest

from embedded.testing import CAST, Bench
from tests.service.test_leads import LEADS, captured


@pytest.fixture
def leads(bench: Callable[..., Bench]) -> Bench:
    return bench("leads")


@pytest.mark.parametrize("same", ["email", "phone", "name_and_address", "company_domain"])
def test_a_duplicate_is_kept_and_pointed_out(leads: Bench, same: str) -> None:
    first = captured(leads, phones=["615 555 0100"])
    shared = {
        "email": {"emails": [first["emails"][0].upper()]},
        "phone": {"phones": ["(615) 555-0100"]},
        "name_and_address": {"person_name": first["person_name"].upper(), "address": first["address"]},
        "company_domain": {"emails": [f"other@{first['emails'][0].partition('@')[2]}"]},
    }[same]

    again = captured(leads, **shared)

    assert [(one["id"], one["why"]) for one in again["duplicates"]] == [(first["id"], same)]
    assert leads.as_("csr").get(f"{LEADS}/{first['id']}").get_json()["duplicates"][0]["id"] == again["id"]


def test_many_who_share_a_domain_hide_nobody_who_has_the_same_number(leads: Bench) -> None:
    first = captured(leads, phones=["615 555 0100"], emails=["ann@bigcorp.example"])
    others = [captured(leads, emails=[f"{n}@bigcorp.example"])["id"] for n in range(210)]

    found = captured(leads, phones=["615 555 0100"], emails=["bob@bigcorp.example"])["duplicates"]

    assert (found[0]["id"], found[0]["why"]) == (first["id"], "phone")
    assert [one["id"] for one in found[1:]] == others[:-10:-1], "and of the others the newest"


def test_a_shared_free_mail_domain_makes_no_duplicate(leads: Bench) -> None:
    captured(leads, emails=["ann@gmail.com"])
    assert captured(leads, emails=["bob@gmail.com"])["duplicates"] == []


def test_an_act_on_a_lead_still_points_out_its_duplicates(leads: Bench) -> None:
    first, second = captured(leads, phones=["615 555 0100"]), captured(leads, phones=["615 555 0100"])
    answer = leads.as_("csr").post(f"{LEADS}/{second['id']}/assign", {"owner_id": str(CAST["salesperson"][0])})
    assert [one["id"] for one in answer.get_json()["duplicates"]] == [first["id"]]


def test_a_corrected_lead_is_recognised_by_what_it_has_now_and_no_longer_by_what_it_had(leads: Bench) -> None:
    lead, other, alike = (captured(leads, phones=[f"615 555 010{one}"]) for one in "010")
    csr = leads.as_("csr")

    corrected = csr.edit("PATCH", f"{LEADS}/{lead['id']}", {"phones": ["615 555 0101"]}).get_json()

    assert [(one["id"], one["why"]) for one in corrected["duplicates"]] == [(other["id"], "phone")]
    assert [one["id"] for one in captured(leads, phones=["615 555 0100"])["duplicates"]] == [alike["id"]]
    assert lead["id"] in [one["id"] for one in captured(leads, phones=["615 555 0101"])["duplicates"]]


def test_what_was_merged_is_no_duplicate_any_more_from_that_answer_on(leads: Bench) -> None:
    first, second = captured(leads, phones=["615 555 0100"]), captured(leads, phones=["615 555 0100"])
    merged = leads.as_("csr").post(f"{LEADS}/{first['id']}/merge", {"duplicate_id": second["id"]})
    assert (merged.status_code, merged.get_json()["duplicates"]) == (200, [])


def test_a_merge_keeps_both_and_can_be_taken_back(leads: Bench) -> None:
    csr, first, second = leads.as_("csr"), captured(leads), captured(leads)

    csr.post(f"{LEADS}/{first['id']}/merge", {"duplicate_id": second["id"]})
    merged = csr.get(f"{LEADS}/{second['id']}").get_json()
    assert (merged["state"], merged["duplicate_of"]) == ("merged", first["id"])
    assert csr.post(f"{LEADS}/{first['id']}/merge", {"duplicate_id": first["id"]}).status_code == 409

    alone = csr.post(f"{LEADS}/{second['id']}/unmerge").get_json()
    assert (alone["state"], alone["duplicate_of"]) == ("new", None)


def test_nobody_merges_what_they_do_not_see(leads: Bench) -> None:
    """Neither into one of theirs, whereby they would read it, nor one of theirs into it."""
    mine = captured(leads, owner_id=str(CAST["salesperson"][0]))["id"]
    others = captured(leads, owner_id=str(CAST["csr"][0]))["id"]
    manager = leads.as_("manager")
    for one, other in ((mine, others), (others, mine)):
        assert manager.post(f"{LEADS}/{one}/merge", {"duplicate_id": other}).status_code == 404
    assert leads.as_("csr").get(f"{LEADS}/{others}").get_json()["state"] == "new"
    assert manager.get(f"{LEADS}/{mine}").get_json()["state"] == "new"
