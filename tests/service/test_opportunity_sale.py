"""An acceptance wins an opportunity; what becomes of the sale, and of its undoing, moves it on."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from embedded.testing import CAST, Bench
from libs.common.bus import Delivery
from libs.common.contracts.appointments import AppointmentMoved
from libs.common.contracts.estimates import (
    EstimateDrafted,
)
from libs.common.contracts.opportunities import (
    OpportunityChanged,
    OpportunityReopened,
    OpportunityStageChanged,
    OpportunityWon,
)
from libs.common.contracts.sales import SaleRetried, SaleUndone
from tests.service.opportunity_stories import (
    OPPORTUNITIES,
    accepted,
    call_at,
    done,
    estimate,
    job,
    opened,
    refused,
    sale,
    seen,
    sent,
    tell,
)


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


def test_an_acceptance_wins_it_at_once(desk: Bench) -> None:
    found = opened(desk)
    yes = accepted(found)
    tell(desk, yes)

    now = seen(desk, found["id"])
    assert (now["stage"], now["stage_type"], now["probability"]) == ("won", "won", 100)
    assert now["won_at"]
    [told] = desk.told("opportunities", OpportunityWon)
    assert told.data["acceptance_id"] == str(yes.acceptance_id)
    assert (told.data["estimate_id"], told.data["total"], told.data["job_id"]) == (str(yes.subject), "8400.00", None)
    for act, body in (("lose", {"reason": "price"}), ("convert", {}), ("reopen", {}), ("stage", {"stage": "new"})):
        refused(desk, found["id"], act, 409, body, by="office")


def test_an_acceptance_that_crosses_a_loss_stands(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "lose", {"reason": "unresponsive"})
    tell(desk, accepted(found))

    now = seen(desk, found["id"])
    assert (now["stage_type"], now["lost"]) == ("won", None)


def test_a_further_acceptance_is_told_too_and_leaves_it_won(desk: Bench) -> None:
    found = opened(desk)
    first, second = accepted(found), accepted(found, job_id=uuid7())
    tell(desk, first, second)

    told = desk.told("opportunities", OpportunityWon)
    assert [one.data["acceptance_id"] for one in told] == [str(first.acceptance_id), str(second.acceptance_id)]
    assert told[1].data["job_id"] == str(second.job_id)


def test_what_is_sold_is_worth_what_was_agreed_whatever_is_offered_after(desk: Bench) -> None:
    found, further = opened(desk), uuid7()
    tell(desk, accepted(found))
    sent(desk, found, further, selected=True, total=Decimal("99.00"), total_max=Decimal("99.00"))

    now = seen(desk, found["id"])
    assert (now["stage"], now["expected_value"]) == ("won", "8400.00")


def test_its_job_takes_its_appointments_and_the_step_is_told(desk: Bench) -> None:
    found, other = opened(desk), opened(desk)
    made = done(desk, found["id"], "appointments", call_at("2026-12-01T15:00:00Z"))
    done(desk, other["id"], "appointments", call_at("2026-12-03T15:00:00Z"))
    yes = accepted(found)
    work = job(yes)
    tell(desk, yes, work)

    [elsewhere] = desk.as_("csr").items(f"{OPPORTUNITIES}/{other['id']}/appointments")
    assert elsewhere["job_id"] is None
    now = seen(desk, found["id"])
    assert (now["job_id"], now["customer_id"]) == (str(work.subject), str(work.customer_id))
    shown = desk.as_("csr").items(f"{OPPORTUNITIES}/{found['id']}/appointments")
    assert [one["job_id"] for one in shown] == [str(work.subject)]
    [moved] = desk.told("opportunities", AppointmentMoved)
    assert (moved.data["job_id"], moved.data["acceptance_id"]) == (str(work.subject), str(yes.acceptance_id))
    step = desk.told("opportunities", OpportunityChanged)[-1].data
    assert (step["changed"], step["job_id"]) == (["job_id"], str(work.subject))
    assert step["moved_appointment_ids"] == [made["id"]]
    assert step["acceptance_id"] == str(yes.acceptance_id)
    later = done(desk, found["id"], "appointments", call_at("2026-12-02T15:00:00Z"))
    assert later["job_id"] == str(work.subject)


def test_the_step_is_told_even_when_there_is_no_appointment_and_when_the_job_comes_first(desk: Bench) -> None:
    found = opened(desk)
    yes = accepted(found)
    tell(desk, job(yes), yes)

    [step] = desk.told("opportunities", OpportunityChanged)
    assert step.data["moved_appointment_ids"] == []
    [won] = desk.told("opportunities", OpportunityWon)
    assert won.data["job_id"] == step.data["job_id"]


def test_appointments_stay_where_they_are_when_the_branch_does_not_move_them(desk: Bench) -> None:
    found = opened(desk)
    made = done(desk, found["id"], "appointments", call_at("2026-12-01T15:00:00Z"))
    yes = accepted(found)
    work = job(yes, moves=("estimate",))
    tell(desk, yes, work, sale(SaleRetried, yes, job_id=work.subject, steps=(), moves=("estimate",)))

    assert seen(desk, found["id"])["job_id"] == str(work.subject)
    shown = desk.as_("csr").items(f"{OPPORTUNITIES}/{found['id']}/appointments")
    assert [(one["id"], one["job_id"]) for one in shown] == [(made["id"], None)]
    assert desk.told("opportunities", AppointmentMoved) == []
    steps = [one.data["moved_appointment_ids"] for one in desk.told("opportunities", OpportunityChanged)]
    assert steps == [[], []]


def test_a_retried_sale_says_everything_again_and_moves_nothing_twice(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "appointments", call_at("2026-12-01T15:00:00Z"))
    yes = accepted(found)
    work = job(yes)
    tell(desk, yes, work, sale(SaleRetried, yes, job_id=work.subject, steps=("appointments_moved",)))

    assert len(desk.told("opportunities", OpportunityWon)) == 2
    assert len(desk.told("opportunities", AppointmentMoved)) == 1
    first, second = desk.told("opportunities", OpportunityChanged)
    assert first.data["moved_appointment_ids"] == second.data["moved_appointment_ids"] != []


def test_an_undone_sale_opens_it_where_it_was_and_takes_the_job_back(desk: Bench) -> None:
    found, offer = opened(desk), uuid7()
    done(desk, found["id"], "appointments", call_at("2026-12-01T15:00:00Z"))
    sent(desk, found, offer)
    yes = accepted(found, offer)
    work = job(yes)
    back = sale(SaleUndone, yes, job_id=work.subject, reason="changed their mind", undone_at=desk.clock())
    tell(desk, yes, work, back, sale(SaleUndone, yes, job_id=work.subject, reason="again", undone_at=desk.clock()))

    now = seen(desk, found["id"])
    assert (now["stage"], now["stage_type"], now["job_id"], now["won_at"]) == ("estimate_sent", "open", None, None)
    assert [one["job_id"] for one in desk.as_("csr").items(f"{OPPORTUNITIES}/{found['id']}/appointments")] == [None]
    [told] = desk.told("opportunities", OpportunityReopened)
    assert (told.data["acceptance_id"], told.data["previous_stage"]) == (str(yes.acceptance_id), "won")
    assert [one.data["job_id"] for one in desk.told("opportunities", AppointmentMoved)] == [str(work.subject), None]
    tell(desk, sale(SaleRetried, yes, job_id=work.subject, steps=()))
    assert seen(desk, found["id"])["stage_type"] == "open"


def test_one_sale_undone_beside_another_leaves_it_won_and_with_the_others_job(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "appointments", call_at("2026-12-01T15:00:00Z"))
    first, second = accepted(found), accepted(found, total=Decimal("990.00"), currency="CAD")
    one, other = job(first), job(second)
    tell(desk, first, one, second, other)
    assert (seen(desk, found["id"])["expected_value"], seen(desk, found["id"])["currency"]) == ("8400.00", "USD")
    tell(desk, sale(SaleUndone, first, job_id=one.subject, reason="x", undone_at=desk.clock()))

    now = seen(desk, found["id"])
    assert (now["stage_type"], now["job_id"]) == ("won", str(other.subject))
    assert (now["expected_value"], now["currency"]) == ("990.00", "CAD"), "what stands is what it is worth"
    last = desk.told("opportunities", OpportunityChanged)[-1].data
    assert (last["changed"], last["expected_value"]) == (["job_id", "expected_value"], "990.00")
    [moved] = desk.as_("csr").items(f"{OPPORTUNITIES}/{found['id']}/appointments")
    assert moved["job_id"] == str(other.subject)
    assert desk.told("opportunities", OpportunityReopened) == []


@pytest.mark.parametrize("crossing", [True, False])
def test_an_acceptance_that_crosses_an_undoing_ends_alike_in_either_order(desk: Bench, crossing: bool) -> None:
    """The lead is converted by the sale that stands, so that this sale's step is ticked."""
    found = opened(desk)
    first, second, work = (yes := accepted(found)), accepted(found), job(yes)
    back = sale(SaleUndone, first, job_id=work.subject, reason="x", undone_at=desk.clock())
    tell(desk, first, work, *((second, back) if crossing else (back, second)))

    now = seen(desk, found["id"])
    assert (now["stage_type"], now["job_id"], now["customer_id"]) == ("won", None, None)
    [reopened] = desk.told("opportunities", OpportunityReopened)
    assert (reopened.data["acceptance_id"], reopened.data["stage_type"]) == (str(first.acceptance_id), "open")
    last = desk.told("opportunities")[-1]
    assert (last.type, last.data["acceptance_id"]) == (OpportunityWon.name, str(second.acceptance_id))


@pytest.mark.parametrize("late", [True, False])
def test_the_job_of_two_sales_is_the_others_whether_it_comes_before_or_after_the_first_is_undone(
    desk: Bench, late: bool
) -> None:
    found = opened(desk)
    done(desk, found["id"], "appointments", call_at("2026-12-01T15:00:00Z"))
    first, second, work = (yes := accepted(found)), accepted(found), job(yes)
    back = sale(SaleUndone, first, reason="x", undone_at=desk.clock())
    tell(desk, first, second, *((back, work) if late else (work, back)))

    now = seen(desk, found["id"])
    assert (now["stage_type"], now["job_id"]) == ("won", str(work.subject))
    [moved] = desk.as_("csr").items(f"{OPPORTUNITIES}/{found['id']}/appointments")
    assert moved["job_id"] == str(work.subject)


def test_what_comes_before_its_cause_waits_for_it(desk: Bench) -> None:
    """Facts of several services come in any order: nothing is lost, nothing fails."""
    from libs.common.contracts.base import Message

    found = opened(desk)
    yes = accepted(found)
    work = job(yes)
    consumer = desk.system.parts["opportunities"].consumer

    def message(fact: Any, by: str, number: int) -> Delivery:
        envelope = Message(
            id=uuid7(),
            source=f"/plumbline/{by}",
            type=fact.name,
            subject=fact.subject,
            sequence=str(number),
            time=desk.clock(),
            correlationid=fact.subject,
            causationid="test",
            data=fact.data(),
        )
        return Delivery(envelope.encode())

    undo = sale(SaleUndone, yes, job_id=work.subject, reason="x", undone_at=desk.clock())
    consumer.deliver([message(undo, "bookings", 1)])
    consumer.deliver([message(work, "bookings", 1)])
    assert seen(desk, found["id"])["job_id"] == str(work.subject)
    consumer.deliver([message(yes, "estimates", 1)])
    desk.clock.forward(minutes=2)
    consumer.retry_due()

    now = seen(desk, found["id"])
    assert (now["stage_type"], now["job_id"]) == ("open", None)
    assert len(desk.told("opportunities", OpportunityReopened)) == 1


def test_an_estimate_of_an_opportunity_that_is_not_known_yet_waits(desk: Bench) -> None:
    lead_later = {"id": str(uuid7()), "lead_id": str(uuid7()), "title": "later"}
    fact = estimate(EstimateDrafted, lead_later, on_conversion=True)
    with pytest.raises(AssertionError, match="could not apply"):
        desk.tell(fact, by="estimates")

    assert desk.told("opportunities", OpportunityStageChanged) == []


def test_a_won_one_can_still_be_handed_over(desk: Bench) -> None:
    found = opened(desk)
    tell(desk, accepted(found))

    colleague = str(CAST["colleague"][0])
    assert done(desk, found["id"], "assign", {"salesperson_id": colleague}, by="csr")["salesperson_id"] == colleague
