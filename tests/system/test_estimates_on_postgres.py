"""Offers on the real database: whoever comes second to one acts on what the first left."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import UUID

import pytest

from embedded.testing import CAST, Bench
from libs.common import dberrors
from libs.common.contracts.opportunities import OpportunityAssigned, OpportunityLost
from libs.common.formatting import english
from services.estimates import usecases
from services.estimates.model import Estimate, Opportunity
from services.estimates.service import SPEC
from tests.contract.draft_suite import Drafts
from tests.service.estimate_world import ESTIMATES, PUMP, SHARED, drafted, write
from tests.system.postgres_world import NewDatabases, bench_over, until_one_waits


@pytest.fixture
def bench(new_database: NewDatabases) -> Iterator[Bench]:
    bench = bench_over(SPEC, new_database)
    yield bench
    bench.close()


class TestDrafts(Drafts):
    @pytest.fixture
    def desk(self, bench: Bench) -> Bench:
        return bench


def sent(bench: Bench) -> tuple[str, str]:
    """An offer that is out, and its link's secret."""
    ident = drafted(bench)["id"]
    assert write(bench, ident, PUMP).status_code == 200
    answer = bench.as_("salesperson").post(f"{ESTIMATES}/{ident}/send", {"to": ["ivy@castellan.example"]})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return ident, answer.get_json()["share_url"].rpartition("/")[2]


def test_an_offer_is_accepted_once_however_many_say_yes_at_once(bench: Bench) -> None:
    ident, token = sent(bench)
    auditor = bench.as_("auditor")
    assert [len(auditor.items(f"{ESTIMATES}?live={said}")) for said in ("true", "false")] == [1, 0]
    offer = bench.public.get(f"{SHARED}/{token}").get_json()
    whole = {"option": offer["options"][0]["id"], "typed_name": "Ivy Castellan", "consent": True}
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: bench.public.post(f"{SHARED}/{token}/accept", whole).status_code, range(5)))
    assert sorted(answers) == [200, 409, 409, 409, 409]
    assert bench.as_("auditor").get(f"{ESTIMATES}/{ident}").get_json()["acceptance"]["typed_name"] == "Ivy Castellan"


def test_who_waited_for_an_estimate_sees_what_was_done_with_it_meanwhile(bench: Bench) -> None:
    ident, _ = sent(bench)
    store, colleague = bench.system.parts["estimates"].store, bench.as_("salesperson")
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            usecases.revise(tx, tx.get(Estimate, UUID(ident)), reason="A smaller pump")
            tx.session.flush()
            change = {"notes": "With the smaller pump", "terms": "Half in advance"}
            path, headers = f"{ESTIMATES}/{ident}", {"If-Match": "*"}
            waiting = pool.submit(lambda: colleague.call("PATCH", path, json=change, headers=headers).get_json())
            until_one_waits(store.database.engine)
        corrected = waiting.result()
    assert (corrected["revision"], corrected["reason"], corrected["notes"]) == (2, "A smaller pump", change["notes"])
    first = bench.as_("auditor").get(f"{ESTIMATES}/{ident}/versions/1").get_json()
    assert (first["state"], first["notes"]) == ("superseded", "")


def test_an_offer_that_goes_out_while_the_loss_arrives_is_withdrawn_too(bench: Bench) -> None:
    ident = drafted(bench)["id"]
    assert write(bench, ident, PUMP).status_code == 200
    shown = bench.as_("auditor").get(f"{ESTIMATES}/{ident}").get_json()
    about = {"subject": UUID(shown["opportunity_id"]), "lead_id": UUID(shown["lead_id"]), "number": "O-7", "title": "x"}
    lost = OpportunityLost(
        **about, stage="lost", stage_type="lost", reason="timing", lost_in="converted", lost_at=bench.clock()
    )
    store = bench.system.parts["estimates"].store
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            estimate = tx.get(Estimate, UUID(ident))
            usecases.send(tx, estimate, to=["ivy@castellan.example"], roles=["salesperson"], say=english)
            tx.session.flush()
            arriving = pool.submit(bench.tell, lost, by="opportunities")
            until_one_waits(store.database.engine)
        arriving.result()
    assert bench.as_("auditor").get(f"{ESTIMATES}/{ident}").get_json()["state"] == "withdrawn"


def test_an_estimate_that_is_begun_while_its_opportunity_is_given_on_goes_along(bench: Bench) -> None:
    shown, colleague = drafted(bench), CAST["colleague"][0]
    about = {"subject": UUID(shown["opportunity_id"]), "lead_id": UUID(shown["lead_id"]), "number": "O-7", "title": "x"}
    given = OpportunityAssigned(**about, stage="converted", stage_type="open", salesperson_id=colleague)
    store = bench.system.parts["estimates"].store
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            begun = usecases.create(tx, tx.get(Opportunity, given.subject)).id
            tx.session.flush()
            arriving = pool.submit(bench.tell, given, by="opportunities")
            until_one_waits(store.database.engine)
        arriving.result()
    every = bench.as_("auditor").items(f"{ESTIMATES}?opportunity_id={given.subject}")
    assert {one["id"]: one["salesperson_id"] for one in every} == dict.fromkeys(
        (shown["id"], str(begun)), str(colleague)
    )


def test_who_accepts_while_facts_of_the_opportunity_come_in_waits_and_neither_has_to_try_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dberrors, "ATTEMPTS", 1)  # a try that nobody sees, neither
    ident, token = sent(bench)
    offer = bench.public.get(f"{SHARED}/{token}").get_json()
    opportunity = UUID(bench.as_("auditor").get(f"{ESTIMATES}/{ident}").get_json()["opportunity_id"])
    whole = {"option": offer["options"][0]["id"], "typed_name": "Ivy Castellan", "consent": True}
    store = bench.system.parts["estimates"].store
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            usecases.reopen(tx, opportunity)
            accepting = pool.submit(bench.public.post, f"{SHARED}/{token}/accept", whole)
            until_one_waits(store.database.engine)
            usecases.follow(tx, opportunity, salesperson_id=CAST["colleague"][0])
        assert accepting.result().status_code == 200
    shown = bench.as_("auditor").get(f"{ESTIMATES}/{ident}").get_json()
    assert (shown["state"], shown["salesperson_id"]) == ("accepted", str(CAST["colleague"][0]))


def test_two_who_make_a_price_book_of_one_name_at_once_make_one(bench: Bench) -> None:
    store, admin = bench.system.parts["estimates"].store, bench.as_("admin")
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            usecases.add_book(tx, name="Spring", currency="USD")
            tx.session.flush()
            second = pool.submit(admin.post, f"{ESTIMATES}/price-books", {"name": "Spring"})
            until_one_waits(store.database.engine)
        refused = second.result()
    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (409, ["/name"])
    assert [one["name"] for one in admin.items(f"{ESTIMATES}/price-books")].count("Spring") == 1


def test_two_who_put_one_tax_code_at_once_both_have_put_it(bench: Bench) -> None:
    store, admin = bench.system.parts["estimates"].store, bench.as_("admin")
    path, said = f"{ESTIMATES}/tax-codes/city", {"name": "City", "rate": "0.0925"}
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            usecases.put_tax_code(tx, "city", name="Town", rate=Decimal("0.09"))
            tx.session.flush()
            second = pool.submit(admin.call, "PUT", path, json=said)
            until_one_waits(store.database.engine)
        assert second.result().status_code == 200
    assert admin.get(path).get_json()["rate"] == "0.0925"
