"""What always holds of booking orders, jobs, sales and names, whatever is done in whatever order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import Conflict, IllegalTransition
from services.bookings.model import Booking, Part, Sale
from services.bookings.settings import TOKENS, template_faults
from services.bookings.states import (
    BOOKING,
    JOB,
    SALE,
    BookingAction,
    BookingState,
    JobState,
    SaleState,
    Step,
    StepState,
)
from services.bookings.usecases.naming import LONGEST, render

NOW = datetime(2026, 3, 6, 20, 10, tzinfo=UTC)
B, A = BookingState, BookingAction


def test_the_tables_end_where_the_business_does() -> None:
    assert {state for state in B if BOOKING.terminal(state)} == {B.COMPLETED, B.CANCELLED}
    assert {state for state in JobState if JOB.terminal(state)} == {JobState.CANCELLED}
    assert {state for state in SaleState if SALE.terminal(state)} == {SaleState.UNDONE}


def test_anything_before_completed_can_be_cancelled() -> None:
    assert {state for state in B if A.CANCEL in BOOKING.allowed(state)} == set(B) - {B.COMPLETED, B.CANCELLED}


@given(st.lists(st.sampled_from(list(A)), max_size=30))
def test_work_begins_only_after_operations_accepted_it(actions: list[A]) -> None:
    state, path = BOOKING.initial, []
    for action in actions:
        try:
            state = BOOKING.fire(state, action)
        except IllegalTransition:
            continue
        path.append(action)
    if state in (B.IN_PROGRESS, B.COMPLETED):
        steps = [one for one in path if one not in (A.CHANGE_ORDER, A.REASSIGN)]
        start = steps.index(A.START)
        assert steps[start - 1] is A.ACCEPT or path[path.index(A.START) - 1] is A.CHANGE_ORDER
        assert A.ASSIGN in steps[:start]
    if state in (B.ASSIGNED, B.ACCEPTED):
        assert A.READY in path


amounts = st.decimals(0, 99_999, places=2)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=6), amounts, st.booleans())
def test_an_order_is_the_sum_of_its_parts_and_its_deposit_is_owed_until_paid(
    parts: list[tuple[Decimal, Decimal]], paid: Decimal, waived: bool
) -> None:
    opportunity, lead = uuid4(), uuid4()
    booking = Booking(
        state=B.READY, currency="USD", checklist=[], job_id=uuid4(), hold=None, deposit_paid=paid,
        deposit_waived=waived, opportunity_id=opportunity, lead_id=lead,
    )  # fmt: skip
    for total, deposit in parts:
        part = Part(
            acceptance_id=uuid4(), estimate_id=uuid4(), live=True, total=total, deposit_due=deposit, materials=[]
        )
        booking.take_in(part, opportunity_id=opportunity, lead_id=lead)
    due = sum(deposit for _, deposit in parts)
    assert booking.contract_total == sum(total for total, _ in parts)
    assert booking.deposit_due == due
    assert [one.field for one in booking.missing_to_be_assigned()] == (
        ["deposit_paid"] if paid < due and not waived else []
    )


@given(st.lists(st.sampled_from([*Step, "overdue", "retry"]), max_size=25))
def test_a_sale_is_complete_exactly_when_every_step_is_done(said: list[str]) -> None:
    sale = Sale(id=UUID(int=1), state=SaleState.RUNNING, change_order=False)
    sale.begin(list(Step))
    for number, one in enumerate(said):
        at = NOW + timedelta(minutes=number)
        if one == "overdue":
            sale.give_up_waiting(at=at)
        elif one == "retry":
            try:
                sale.retry()
            except Conflict:
                assert sale.state == SaleState.COMPLETED
        else:
            assert sale.tick(Step(one), at=at) == (one not in said[:number])
        done = {step["key"] for step in sale.steps if step["state"] == StepState.DONE}
        assert done == {step for step in Step if step in said[: number + 1]}
        assert (sale.state == SaleState.COMPLETED) == (done == set(Step))
        assert (sale.state == SaleState.FAILED) == any(step["state"] == StepState.FAILED for step in sale.steps)


words = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0{}"), max_size=30)


@given(st.dictionaries(st.sampled_from(TOKENS), words), st.lists(st.sampled_from(TOKENS), min_size=1, max_size=6))
def test_a_name_is_one_clean_line_and_counts_at_most_once(tokens: dict[str, str], used: list[str]) -> None:
    counted: list[int] = []

    def count() -> int:
        counted.append(7)
        return 7

    name = render(" – ".join(f"{{{one}}}" for one in used), tokens, count)
    assert name == " ".join(name.split())
    assert len(name) <= LONGEST
    assert "\0" not in name
    assert "{" not in name
    assert len(counted) == ("seq" in used)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{customer} – {trade} – {street}", "Ivy – Elm St"),
        ("{trade} – {customer}", "Ivy"),
        ("{customer} – {trade}", "Ivy"),
        ("{trade} {job_type}", ""),
        ("({trade}) {customer}", "() Ivy"),
        ("Job {seq:0000}/{seq}", "Job 0042/42"),
    ],
)
def test_a_blank_token_takes_its_separator_along(template: str, name: str) -> None:
    assert render(template, {"customer": "Ivy", "street": "Elm St"}, lambda: 42) == name


@given(st.text(max_size=60))
def test_a_template_is_accepted_or_refused_in_words(template: str) -> None:
    faults = list(template_faults(template))
    assert all(faults)
    if not faults:
        render(template, {}, lambda: 1)
