"""Who changed what from what to what, when, through which client: written with every act, and read at a door (R35)."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

import services
from embedded.testing import CAST, Bench
from libs.common import audit
from libs.common.web import audited
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


CHAIN = f"{API}/leads/audit/chain"


def altered(bench: Bench, at: int, /, **values: Any) -> None:
    """Somebody with the database in hand."""
    store = bench.system.parts["leads"].store
    with store.alone() as connection:
        table = store.tables.audit
        connection.execute(sa.update(table).where(table.c.position == at).values(**values))


def chained(bench: Bench, many: int = 3) -> Any:
    for _ in range(many):
        assert bench.as_("csr").post(f"{API}/leads", SAID).status_code == 201
    audit.chain(bench.system.parts["leads"].store)
    return bench.as_("auditor").get(CHAIN).get_json()


@pytest.mark.parametrize("what", ["client", "actor", "action", "subject", "request", "hash"])
def test_an_altered_row_of_the_audit_is_found_whatever_of_it_was_altered(
    bench: Callable[..., Bench], what: str
) -> None:
    leads = bench("leads")
    whole = chained(leads)
    assert (whole["broken_at"], whole["rows"], whole["more"]) == (None, whole["position"], False)
    assert whole["position"] >= 3
    assert leads.as_("auditor").get(f"{CHAIN}?after=2").get_json() | {"rows": whole["rows"]} == whole

    altered(leads, 2, **{what: "somebody else"})

    assert leads.as_("auditor").get(CHAIN).get_json()["broken_at"] == 2


def test_a_row_taken_out_of_the_audit_is_missed(bench: Callable[..., Bench]) -> None:
    leads = bench("leads")
    chained(leads)
    altered(leads, 2, position=None)

    assert leads.as_("auditor").get(CHAIN).get_json()["broken_at"] == 2


def test_a_long_chain_is_checked_stretch_by_stretch_and_not_from_behind_a_row_that_is_gone(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = bench("leads")
    whole = chained(leads)
    monkeypatch.setattr(audited, "STRETCH", 2)
    stretches, after = list[tuple[int, bool]](), 0
    while not stretches or stretches[-1][1]:
        said = leads.as_("auditor").get(f"{CHAIN}?after={after}").get_json()
        stretches.append((said["rows"], said["more"]))
        after = said["position"]
    assert (after, sum(rows for rows, _ in stretches)) == (whole["position"], whole["rows"])
    assert max(rows for rows, _ in stretches) == 2

    altered(leads, 2, position=None)

    assert leads.as_("auditor").get(f"{CHAIN}?after=2").get_json()["broken_at"] == 3


def test_a_chain_begun_before_the_client_was_covered_still_holds_and_goes_on(bench: Callable[..., Bench]) -> None:
    leads = bench("leads")
    chained(leads)
    store, previous = leads.system.parts["leads"].store, ""
    with store.reading() as tx:
        rows = tx.execute(sa.select(tx.tables.audit).order_by(tx.tables.audit.c.position)).all()
    for row in rows:  # as the version before linked them
        said = [str(row.id), row.at.isoformat(), row.actor, row.action, row.kind, row.subject, row.changes, row.request]
        previous = hashlib.sha256(previous.encode() + msgspec.json.encode(said)).hexdigest()
        altered(leads, row.position, hash=previous)

    whole = chained(leads)

    assert (whole["broken_at"], whole["rows"] > len(rows)) == (None, True)
    altered(leads, whole["position"], client="somebody else's")
    assert leads.as_("auditor").get(CHAIN).get_json()["broken_at"] == whole["position"]
