"""What always holds of stages, appointments and answers, whatever a company sets and a customer says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import IllegalTransition
from libs.common.prospects import missing_to_be_valid
from services.opportunities.model import QuestionSet
from services.opportunities.model.questions import fault
from services.opportunities.settings import DEFAULTS
from services.opportunities.states import (
    APPOINTMENT,
    OPPORTUNITY,
    STANDING,
    AppointmentAction,
    AppointmentState,
    Flow,
    OpportunityAction,
    StageType,
)

CODES = [stage["code"] for stage in DEFAULTS["stages"]]
FLOW = Flow(DEFAULTS["stages"])


@given(st.lists(st.sampled_from(OpportunityAction), max_size=20))
def test_an_opportunity_is_won_by_an_acceptance_only_and_left_by_undoing_only(actions: list[OpportunityAction]) -> None:
    now = OPPORTUNITY.initial
    for action in actions:
        before = now
        try:
            now = OPPORTUNITY.fire(now, action)
        except IllegalTransition:
            assert now is before
            continue
        assert (now is StageType.WON) <= (before is StageType.WON or action is OpportunityAction.WIN)
        assert (before is StageType.WON and now is not StageType.WON) <= (action is OpportunityAction.UNDO)
        assert (before is StageType.LOST and now is StageType.OPEN) <= (action is OpportunityAction.REOPEN)


@given(st.lists(st.sampled_from(AppointmentAction), max_size=20))
def test_an_appointment_that_ended_stands_again_by_rescheduling_only(actions: list[AppointmentAction]) -> None:
    now = APPOINTMENT.initial
    for action in actions:
        before = now
        try:
            now = APPOINTMENT.fire(now, action)
        except IllegalTransition:
            continue
        assert (before not in STANDING and now in STANDING) <= (action is AppointmentAction.RESCHEDULE)
        assert before not in (AppointmentState.COMPLETED, AppointmentState.CANCELLED)


@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_of_two_stages_one_is_behind_the_other(one: str, other: str) -> None:
    assert FLOW.behind(one, other) + FLOW.behind(other, one) == (one != other)


def test_what_comes_next_leads_to_a_sale_and_never_to_a_loss() -> None:
    way, at = [CODES[0]], FLOW.after(CODES[0])
    while at is not None:
        way.append(at.code)
        at = FLOW.after(at.code)

    assert way == [code for code in CODES if code != "lost"]


def test_a_stage_that_was_taken_out_comes_before_all_others() -> None:
    assert FLOW.behind("abolished", "new")
    assert FLOW.after("abolished") == FLOW.first


# -- answers


def question(place: int, **more: Any) -> dict[str, Any]:
    return {"id": f"q{place}", "key": f"k{place}", "text": f"Q{place}", "required": True, "weight": 1, **more}


@st.composite
def sets(draw: st.DrawFn) -> QuestionSet:
    """A set of yes-or-no questions, each perhaps depending on an earlier one."""
    questions: list[dict[str, Any]] = []
    for place in range(draw(st.integers(1, 6))):
        more: dict[str, Any] = {"type": "bool", "weight": draw(st.integers(0, 9)), "required": draw(st.booleans())}
        if place and draw(st.booleans()):
            earlier = draw(st.integers(0, place - 1))
            more["show_if"] = {"question": f"k{earlier}", "equals": draw(st.booleans())}
        if draw(st.booleans()):
            more["disqualifying"] = [draw(st.booleans())]
        questions.append(question(place, **more))
    return QuestionSet(key="k", number=1, name="n", kind="qualification", scope={}, threshold=None, questions=questions)


ANSWERS = st.dictionaries(st.sampled_from([f"q{place}" for place in range(6)]), st.booleans())


@given(sets(), ANSWERS)
def test_what_is_not_shown_changes_nothing(asked: QuestionSet, answers: dict[str, bool]) -> None:
    shown = {one["id"] for one in asked.shown(answers)}
    told = {ident: value for ident, value in answers.items() if ident in shown}

    assert asked.judge(told) == asked.judge(answers)


@given(sets(), ANSWERS)
def test_who_passes_has_answered_all_that_is_needed_and_nothing_wrong(
    asked: QuestionSet, answers: dict[str, bool]
) -> None:
    judged, shown = asked.judge(answers), asked.shown(answers)
    needed = [one for one in shown if one["required"]]
    wrong = [one for one in shown if answers.get(one["id"]) in one.get("disqualifying", [])]

    assert judged.passed == (all(one["id"] in answers for one in needed) and not wrong)
    assert 0 <= judged.score <= sum(one["weight"] for one in shown)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from(("bool", "single", "multi", "number", "money", "date", "text")), ANYTHING)
def test_whatever_is_answered_is_kept_or_named_and_what_is_kept_can_be_judged(kind: str, value: Any) -> None:
    asked = question(0, type=kind, choices=["a", "b"], disqualifying=[])
    numbers = {"disqualifying": [1]} if kind in ("number", "money") else {}
    if fault(asked, value) is None:
        QuestionSet(questions=[asked | numbers], threshold=None).judge({"q0": value})


@pytest.mark.parametrize(
    ("asked", "value", "same"),
    [("number", 10, ["10.0"]), ("number", "10", [10]), ("money", "5.00", ["5"]), ("multi", ["b", "a"], ["a"])],
)
def test_equal_answers_are_equal_however_they_are_written(asked: str, value: Any, same: list[Any]) -> None:
    one = QuestionSet(questions=[question(0, type=asked, choices=["a", "b"], disqualifying=same)], threshold=None)

    assert one.judge({"q0": value}).disqualified_by
    assert (
        not QuestionSet(questions=[question(0, type="bool", disqualifying=[True])]).judge({"q0": False}).disqualified_by
    )


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, []),
        ({"request": " "}, ["interest_level"]),
        ({"request": None, "interest_level": "none"}, ["interest_level"]),
        ({"request": None, "interest_level": "low"}, []),
        ({"phones": []}, ["phones"]),
        ({"phones": [], "emails": ["a@b.example"]}, []),
        ({"fit": {"in_service_area": False, "trade_offered": None}}, ["fit/in_service_area"]),
        ({"fit": {"trade_offered": False}}, ["fit/trade_offered"]),
    ],
)
def test_a_prospect_is_what_a_valid_lead_is(more: dict[str, Any], named: list[str]) -> None:
    asked = {"request": "a price", "phones": ["1"], **more}

    assert [one.field for one in missing_to_be_valid(asked)] == named
