"""What other services' facts do to estimates: assigned, lost, sold, undone; each told twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from embedded.testing import CAST, HOME, Bench
from libs.common.contracts.estimates import EstimateAccepted, EstimateMoved, EstimateWithdrawn
from libs.common.contracts.opportunities import (
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityConverted,
    OpportunityLost,
    OpportunityReopened,
)
from libs.common.contracts.parts import BillTo, Phone
from libs.common.contracts.sales import JobCreated, SaleRetried, SaleUndone
from tests.service.estimate_world import (
    ESTIMATES,
    PUMP,
    SHARED,
    SITE,
    accepted,
    act,
    converted,
    drafted,
    priced,
    seen,
    send,
    sent,
    yes,
)


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates")


def lost(event: OpportunityConverted, bench: Bench, *, void_offers: bool) -> OpportunityLost:
    return OpportunityLost(
        subject=event.subject,
        lead_id=event.lead_id,
        number=event.number,
        title=event.title,
        stage="lost",
        stage_type="lost",
        reason="timing",
        lost_in="converted",
        lost_at=bench.clock(),
        void_offers=void_offers,
    )


def given_away(event: OpportunityConverted) -> OpportunityAssigned:
    """It is the colleague's from now on."""
    return OpportunityAssigned(
        subject=event.subject,
        lead_id=event.lead_id,
        number=event.number,
        title=event.title,
        stage="converted",
        stage_type="open",
        salesperson_id=CAST["colleague"][0],
    )


def job(bench: Bench, ident: str, acceptance: UUID, **more: UUID) -> JobCreated:
    shown = seen(bench, ident)
    return JobCreated(
        subject=more.get("job_id") or uuid4(),
        number="J-1",
        title="Castellan",
        customer_id=uuid4(),
        customer_name="Ivy Castellan",
        opportunity_id=UUID(shown["opportunity_id"]),
        lead_id=UUID(shown["lead_id"]),
        estimate_id=UUID(ident),
        acceptance_id=acceptance,
        status="pending",
    )


def sale(bench: Bench, ident: str, job_id: UUID | None) -> dict[str, object]:
    shown = seen(bench, ident)
    return {
        "opportunity_id": UUID(shown["opportunity_id"]),
        "lead_id": UUID(shown["lead_id"]),
        "estimate_id": UUID(ident),
        "number": shown["number"],
        "title": "Castellan",
        "total": 8400,
        "currency": "USD",
        "job_id": job_id,
    }


def test_the_salesperson_of_the_opportunity_has_its_estimates(estimates: Bench) -> None:
    event = converted(estimates)
    [row] = estimates.as_("salesperson").items(f"{ESTIMATES}?opportunity_id={event.subject}")
    estimates.tell(given_away(event), by="opportunities")

    assert seen(estimates, row["id"], by="colleague")["salesperson_id"] == str(CAST["colleague"][0])
    assert estimates.as_("salesperson").get(f"{ESTIMATES}/{row['id']}").status_code == 404
    further = estimates.as_("colleague").post(ESTIMATES, {"opportunity_id": str(event.subject)})
    assert further.get_json()["salesperson_id"] == str(CAST["colleague"][0])


def test_what_happens_as_a_price_is_asked_for_reaches_the_first_estimate(estimates: Bench) -> None:
    """All of it comes in one delivery, beside what happens to opportunities that nobody knows here."""
    first = converted(estimates)
    given, gone = (replace(first, subject=uuid4(), lead_id=uuid4()) for _ in range(2))
    elsewhere = (replace(one, subject=uuid4()) for one in (given_away(given), lost(gone, estimates, void_offers=False)))
    ended = lost(gone, estimates, void_offers=False)
    together = (next(elsewhere), given, gone, next(elsewhere), given_away(given), ended)
    estimates.tell_together("estimates", [("opportunities", one) for one in together])

    [row] = estimates.as_("auditor").items(f"{ESTIMATES}?opportunity_id={given.subject}")
    assert row["salesperson_id"] == str(CAST["colleague"][0])
    assert estimates.as_("salesperson").post(ESTIMATES, {"opportunity_id": str(gone.subject)}).status_code == 409
    assert len(estimates.as_("auditor").items(ESTIMATES)) == 3


@pytest.mark.parametrize("put_right", [False, True])
def test_what_is_sold_is_for_the_place_and_whoever_pays_as_the_opportunity_has_them(
    estimates: Bench, put_right: bool
) -> None:
    barn, landlord = replace(SITE, line1="9 Barn Rd"), BillTo(name="Land & Lord", emails=("pay@landlord.example",))
    said: dict[str, Any] = {"title": "The barn", "site": barn, "bill_to": landlord, "trade": "plumbing"}
    event = converted(estimates, currency="CAD", **({} if put_right else said))
    if put_right:
        ivan = replace(event.prospect, person_name="Ivan", phones=(Phone(e164="+16155550177", typed="555 0177"),))
        about = {name: getattr(event, name) for name in ("subject", "lead_id", "number", "stage", "stage_type")}
        told = {**about, **said, "prospect": ivan, "changed": (*said, "prospect"), "probability": 50}
        estimates.tell(OpportunityChanged(**told), by="opportunities")
    [row] = estimates.as_("auditor").items(f"{ESTIMATES}?opportunity_id={event.subject}")
    priced(estimates, row["id"], PUMP)
    token = send(estimates, row["id"])
    assert estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)).status_code == 200

    [sold] = [one.data for one in estimates.told("estimates", EstimateAccepted)]
    assert (sold["title"], sold["site"]["line1"], sold["job_type"], sold["currency"]) == (
        "The barn", "9 Barn Rd", "plumbing", "CAD",
    )  # fmt: skip
    assert (sold["bill_to"]["name"], sold["bill_to"]["emails"]) == (landlord.name, list(landlord.emails))
    called = ("Ivan", ["555 0177"]) if put_right else ("Ivy Castellan", ["615 555 0142"])
    assert (sold["contact"]["name"], [one["typed"] for one in sold["contact"]["phones"]]) == called


def test_somebody_assigned_before_any_price_was_asked_for_means_nothing_here(estimates: Bench) -> None:
    nobody = OpportunityAssigned(
        subject=uuid4(), lead_id=uuid4(), number="O-1", title="x", stage="new", stage_type="open"
    )
    estimates.tell(nobody, by="opportunities")
    assert estimates.as_("auditor").items(ESTIMATES) == []


@pytest.mark.parametrize("meant", [True, False])
def test_a_loss_withdraws_what_is_out_even_what_was_sent_meanwhile_and_nothing_new_goes_out(
    estimates: Bench, meant: bool
) -> None:
    event = converted(estimates)
    [row] = estimates.as_("salesperson").items(f"{ESTIMATES}?opportunity_id={event.subject}")
    priced(estimates, row["id"], PUMP)
    token = send(estimates, row["id"])
    draft = estimates.as_("salesperson").post(ESTIMATES, {"opportunity_id": str(event.subject)}).get_json()["id"]
    priced(estimates, draft, PUMP)
    estimates.tell(lost(event, estimates, void_offers=meant), by="opportunities")

    assert seen(estimates, row["id"])["state"] == "withdrawn"
    assert estimates.public.get(f"{SHARED}/{token}").status_code == 410
    assert [one.data["opportunity_lost"] for one in estimates.told("estimates", EstimateWithdrawn)] == [True]
    assert act(estimates, draft, "send", {"to": ["a@example.com"]}).status_code == 409
    assert estimates.as_("salesperson").post(ESTIMATES, {"opportunity_id": str(event.subject)}).status_code == 409

    back = OpportunityReopened(
        subject=event.subject,
        lead_id=event.lead_id,
        number=event.number,
        title=event.title,
        stage="converted",
        stage_type="open",
        previous_stage="lost",
        probability=50,
    )
    estimates.tell(back, by="opportunities")
    assert act(estimates, draft, "send", {"to": ["a@example.com"]}).status_code == 200


def test_an_acceptance_that_crosses_a_loss_stands(estimates: Bench) -> None:
    event = converted(estimates)
    [row] = estimates.as_("salesperson").items(f"{ESTIMATES}?opportunity_id={event.subject}")
    priced(estimates, row["id"], PUMP)
    token = send(estimates, row["id"])
    option = seen(estimates, row["id"])["options"][0]["id"]
    yes = {"option": option, "typed_name": "Ivy", "consent": True}
    assert estimates.public.post(f"{SHARED}/{token}/accept", yes).status_code == 200
    estimates.tell(lost(event, estimates, void_offers=True), by="opportunities")
    assert seen(estimates, row["id"])["state"] == "accepted"


def test_a_sold_estimate_moves_to_its_job_is_told_again_when_asked_and_moves_back(estimates: Bench) -> None:
    ident, acceptance = accepted(estimates, PUMP)
    other, _ = sent(estimates)
    created = job(estimates, ident, acceptance)
    estimates.tell(created, by="bookings")

    assert seen(estimates, ident)["job_id"] == str(created.subject)
    assert seen(estimates, other)["job_id"] is None
    assert [row["id"] for row in estimates.as_("office").items(f"{ESTIMATES}?job_id={created.subject}")] == [ident]
    assert [one.data["job_id"] for one in estimates.told("estimates", EstimateMoved)] == [str(created.subject)]

    retried = SaleRetried(subject=acceptance, steps=("estimate_moved",), **sale(estimates, ident, created.subject))  # type: ignore[arg-type]
    estimates.tell(retried, by="bookings")
    assert len(estimates.told("estimates", EstimateMoved)) == 2

    change_order = estimates.as_("salesperson").post(
        ESTIMATES, {"opportunity_id": seen(estimates, ident)["opportunity_id"]}
    )
    assert change_order.get_json()["job_id"] == str(created.subject)

    undone = SaleUndone(
        subject=acceptance,
        reason="cold feet",
        undone_at=estimates.clock(),
        **sale(estimates, ident, created.subject),  # type: ignore[arg-type]
    )
    estimates.tell(undone, by="bookings")
    assert (seen(estimates, ident)["job_id"], seen(estimates, ident)["state"]) == (None, "accepted")
    assert seen(estimates, change_order.get_json()["id"])["job_id"] is None
    assert estimates.told("estimates", EstimateMoved)[-1].data["job_id"] is None


@pytest.mark.parametrize(
    ("moves", "moved"),
    [
        (("estimate",), [True, False]),
        (("estimate", "other_estimates"), [True, True]),
        (("appointments",), [False, False]),
    ],
)
def test_which_of_the_opportunitys_estimates_move_the_branch_of_the_sale_has_set(
    estimates: Bench, moves: tuple[str, ...], moved: list[bool]
) -> None:
    ident, acceptance = accepted(estimates, PUMP)
    body = {"opportunity_id": seen(estimates, ident)["opportunity_id"]}
    second = estimates.as_("salesperson").post(ESTIMATES, body).get_json()["id"]
    created = replace(job(estimates, ident, acceptance), moves=moves)
    retried = SaleRetried(subject=acceptance, steps=(), moves=moves, **sale(estimates, ident, created.subject))  # type: ignore[arg-type]
    estimates.tell(created, by="bookings")
    estimates.tell(retried, by="bookings")
    assert [seen(estimates, one)["job_id"] == str(created.subject) for one in (ident, second)] == moved
    later = estimates.as_("salesperson").post(ESTIMATES, body).get_json()
    assert later["job_id"] == str(created.subject)


def test_a_job_of_an_estimate_that_is_not_here_yet_waits(estimates: Bench) -> None:
    known = drafted(estimates)["id"]
    strange = JobCreated(**(vars(job(estimates, known, uuid4())) | {"estimate_id": uuid4(), "subject": uuid4()}))
    with pytest.raises(AssertionError, match="not known here"):
        estimates.tell(strange, by="bookings")


def test_the_undoing_of_a_sale_whose_job_is_not_here_yet_waits_for_it(estimates: Bench) -> None:
    ident, acceptance = accepted(estimates, PUMP)
    created = job(estimates, ident, acceptance)
    about = sale(estimates, ident, created.subject)
    undone = SaleUndone(subject=acceptance, reason="cold feet", undone_at=estimates.clock(), **about)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="not known here"):
        estimates.tell(undone, by="bookings")
    estimates.tell(created, by="bookings")

    assert seen(estimates, ident)["job_id"] is None
    body = {"opportunity_id": seen(estimates, ident)["opportunity_id"]}
    assert estimates.as_("salesperson").post(ESTIMATES, body).get_json()["job_id"] is None


# -- who may

READ = {"csr", "salesperson", "manager", "office", "admin", "auditor"}
EVERYBODY = {"csr", "technician", "marketing", "salesperson", "manager", "office", "operations", "admin", "auditor"}
WRITES, HEARS = {"salesperson", "manager"}, {"csr", "salesperson", "manager", "office"}
CELLS = {
    ("GET", ""): READ,
    ("POST", "/submit"): WRITES,
    ("POST", "/revise"): WRITES,
    ("POST", "/send"): WRITES,
    ("POST", "/select"): WRITES,
    ("POST", "/approve"): {"manager"},
    ("POST", "/decline"): HEARS,
    ("POST", "/accept"): HEARS,
}
BODIES = {"/revise": {"reason": "x"}, "/send": {"to": ["a@example.com"]}, "/decline": {"reason": "price"}}
YES = {"option": str(uuid4()), "method": "verbal", "typed_name": "x"}


@pytest.mark.parametrize(("method", "path"), list(CELLS))
def test_roles_are_held(estimates: Bench, method: str, path: str) -> None:
    ident = drafted(estimates)["id"]
    body = BODIES.get(path, YES if path == "/accept" else {})
    allowed = CELLS[method, path]
    refused = EVERYBODY - allowed - ({"operations"} if method == "GET" else set())  # who see what was sold: below

    def status(name: str) -> int:
        return (
            estimates.as_(name)
            .call(method, f"{ESTIMATES}/{ident}{path}", json=body if method == "POST" else None)
            .status_code
        )

    assert {name: status(name) for name in refused} == dict.fromkeys(refused, 403)
    assert {name: status(name) in (200, 409) for name in allowed} == dict.fromkeys(allowed, True)
    strange = 404 if "salesperson" in allowed else 403  # somebody else's estimate is not there for a salesperson
    assert [status("colleague"), status("stranger")] == [strange, strange]
    assert estimates.public.call(method, f"{ESTIMATES}/{ident}{path}", json={}).status_code == 401


def test_operations_see_what_was_sold_and_nothing_before(estimates: Bench) -> None:
    done, _ = accepted(estimates, PUMP)
    draft = drafted(estimates)["id"]
    assert [row["id"] for row in estimates.as_("operations").items(ESTIMATES)] == [done]
    assert estimates.as_("operations").get(f"{ESTIMATES}/{draft}").status_code == 404
    assert estimates.as_("operations").get(f"{ESTIMATES}/{done}").status_code == 200


def test_another_branchs_estimate_is_not_there(estimates: Bench) -> None:
    away = drafted(estimates, branch=None)["id"]
    here = drafted(estimates, branch=HOME)["id"]
    assert {row["id"] for row in estimates.as_("office").items(ESTIMATES)} == {away, here}
    assert estimates.as_("stranger").items(ESTIMATES) == []


def test_nobody_begins_an_estimate_for_anothers_opportunity(estimates: Bench) -> None:
    event = converted(estimates)
    assert estimates.as_("colleague").post(ESTIMATES, {"opportunity_id": str(event.subject)}).status_code == 404
    assert estimates.as_("csr").post(ESTIMATES, {"opportunity_id": str(event.subject)}).status_code == 403
    assert estimates.as_("manager").post(ESTIMATES, {"opportunity_id": str(event.subject)}).status_code == 201
    assert estimates.as_("manager").post(ESTIMATES, {"opportunity_id": str(uuid4())}).status_code == 404
