"""The estimate's state table, for every walk that anybody could take through it."""

from hypothesis import given
from hypothesis import strategies as st

from services.estimates.states import LIVE, VERSION, EstimateAction, EstimateState

S = EstimateState
DECIDED = {S.ACCEPTED, S.DECLINED, S.EXPIRED, S.WITHDRAWN, S.SUPERSEDED}


@given(st.lists(st.sampled_from(list(EstimateAction)), max_size=30))
def test_what_is_decided_stays_decided_and_nothing_is_sold_unsent(actions: list[EstimateAction]) -> None:
    state, walked = VERSION.initial, [VERSION.initial]
    for action in actions:
        if action in VERSION.allowed(state):
            before, state = state, VERSION.fire(state, action)
            walked.append(state)
            assert before not in DECIDED or state == before
    assert S.ACCEPTED not in walked or S.SENT in walked
    assert S.SENT not in walked or S.DRAFT not in walked[walked.index(S.SENT) :]


def test_accepted_and_superseded_end_a_version() -> None:
    assert [state for state in S if VERSION.terminal(state)] == [S.ACCEPTED, S.SUPERSEDED]


def test_only_an_offer_that_is_out_can_be_decided_or_run_out() -> None:
    decisions = {EstimateAction.ACCEPT, EstimateAction.DECLINE, EstimateAction.EXPIRE, EstimateAction.WITHDRAW}
    assert {state for state, action in VERSION.edges if action in decisions} == set(LIVE)


def test_a_pending_price_cannot_go_out() -> None:
    assert EstimateAction.SEND not in VERSION.allowed(S.PENDING_APPROVAL)
