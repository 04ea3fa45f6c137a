"""What estimates tell moves an opportunity: selection, talks, an offer that is over, a decline."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from embedded.testing import Bench
from libs.common.contracts.estimates import (
    EstimateChangesRequested,
    EstimateDeclined,
    EstimateDrafted,
    EstimateExpired,
    EstimateRevised,
    EstimateRoundRecorded,
    EstimateSelected,
    EstimateViewed,
    EstimateWithdrawn,
)
from libs.common.contracts.opportunities import (
    OpportunityChanged,
    OpportunityLost,
)
from tests.service.opportunity_stories import (
    OPPORTUNITIES,
    accepted,
    done,
    estimate,
    opened,
    refused,
    seen,
    sent,
    tell,
)


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


def test_a_new_estimate_is_the_selected_one_and_said_once(desk: Bench) -> None:
    found, first, second = opened(desk), uuid7(), uuid7()
    tell(desk, estimate(EstimateDrafted, found, first, on_conversion=True), estimate(EstimateSelected, found, first))
    assert seen(desk, found["id"])["selected_estimate_id"] == str(first)
    tell(desk, estimate(EstimateDrafted, found, second, on_conversion=False))

    assert seen(desk, found["id"])["selected_estimate_id"] == str(second)
    told = desk.told("opportunities", OpportunityChanged)
    assert [one.data["selected_estimate_id"] for one in told] == [str(first), str(second)]
    assert {tuple(one.data["changed"]) for one in told} == {("selected_estimate_id",)}


def test_of_two_choices_the_later_counts_in_whichever_order_they_arrive(desk: Bench) -> None:
    found, first, second = opened(desk), uuid7(), uuid7()
    later = desk.clock() + timedelta(hours=1)
    tell(
        desk,
        estimate(EstimateSelected, found, first, previous_estimate_id=second, selected_at=later),
        estimate(EstimateDrafted, found, second, on_conversion=False),
        estimate(EstimateSelected, found, second, selected_at=later - timedelta(minutes=1)),
    )

    assert seen(desk, found["id"])["selected_estimate_id"] == str(first)


def test_a_sent_estimate_brings_the_stage_and_the_value(desk: Bench) -> None:
    found = opened(desk)
    sent(desk, found)

    now = seen(desk, found["id"])
    assert (now["stage"], now["expected_value"], now["probability"]) == ("estimate_sent", "8400.00", 60)


def test_another_price_is_told_once_also_where_it_moves_no_stage(desk: Bench) -> None:
    found, first, second = opened(desk), uuid7(), uuid7()
    sent(desk, found, first)
    again = {"total": Decimal("7900.00"), "revision": 2}
    sent(desk, found, first, **again)
    sent(desk, found, first, **again)
    sent(desk, found, second, total=Decimal("9900.00"), selected=False)
    tell(desk, estimate(EstimateSelected, found, second, state="sent", total=Decimal("9900.00")))

    told = [(one.data["changed"], one.data["expected_value"]) for one in desk.told("opportunities", OpportunityChanged)]
    assert told == [(["expected_value"], "7900.00"), (["selected_estimate_id", "expected_value"], "9900.00")]
    assert seen(desk, found["id"])["expected_value"] == "9900.00"


def test_a_sent_estimate_is_sent_whatever_the_gates_say(desk: Bench) -> None:
    gate = {"stage": "estimate_sent", "fields": ["campaign"], "question_sets": []}
    assert desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", {"gates": [gate]}).status_code == 200
    found = opened(desk)
    sent(desk, found)

    assert seen(desk, found["id"])["stage"] == "estimate_sent"


TALKS = [
    (EstimateViewed, {"state": "viewed"}, "estimate_sent"),
    (EstimateChangesRequested, {"state": "changes_requested", "text": "cheaper"}, "negotiation"),
    (EstimateRoundRecorded, {"state": "viewed", "round": 1, "side": "customer", "kind": "counter"}, "negotiation"),
    (EstimateRoundRecorded, {"state": "viewed", "round": 1, "side": "us", "kind": "note"}, "estimate_sent"),
    (
        EstimateRevised,
        {"state": "draft", "previous_revision": 1, "previous_state": "sent", "reason": "x"},
        "negotiation",
    ),
    (
        EstimateRevised,
        {"state": "draft", "previous_revision": 1, "previous_state": "expired", "reason": "x"},
        "estimate_sent",
    ),
]
WHEN = {
    EstimateViewed: "viewed_at",
    EstimateChangesRequested: "requested_at",
    EstimateRoundRecorded: "at",
    EstimateRevised: "revised_at",
}


@pytest.mark.parametrize(("kind", "said", "stage"), TALKS)
def test_talks_about_the_price_are_a_negotiation_and_a_look_is_none(
    desk: Bench, kind: Any, said: dict[str, Any], stage: str
) -> None:
    found, offer = opened(desk), uuid7()
    sent(desk, found, offer)
    tell(desk, estimate(kind, found, offer, **said, **{WHEN[kind]: desk.clock()}))

    assert seen(desk, found["id"])["stage"] == stage
    lose = refused if said["state"] != "draft" else None
    if lose:
        refused(desk, found["id"], "lose", 409, {"reason": "price"})


@pytest.mark.parametrize(
    ("state", "revision", "stage"),
    [("draft", 1, "converted"), ("approved", 1, "converted"), ("draft", 2, "negotiation"), ("sent", 1, "negotiation")],
)
def test_what_is_said_of_a_price_that_was_never_offered_is_no_negotiation(
    desk: Bench, state: str, revision: int, stage: str
) -> None:
    found, price = opened(desk), uuid7()
    done(desk, found["id"], "convert")
    said = {"state": state, "revision": revision, "round": 1, "side": "customer", "kind": "counter"}
    tell(desk, estimate(EstimateRoundRecorded, found, price, **said, at=desk.clock()))

    assert seen(desk, found["id"])["stage"] == stage


def test_an_expired_offer_no_longer_stands_in_the_way_of_a_loss(desk: Bench) -> None:
    found, offer = opened(desk), uuid7()
    sent(desk, found, offer)
    tell(desk, estimate(EstimateExpired, found, offer, expired_at=desk.clock()))

    assert done(desk, found["id"], "lose", {"reason": "timing"})["stage_type"] == "lost"


def declined(desk: Bench, about: dict[str, Any], subject: UUID, **more: Any) -> Any:
    return estimate(EstimateDeclined, about, subject, **({"reason": "price", "declined_at": desk.clock()} | more))


@pytest.mark.parametrize(
    ("said", "reason", "note"),
    [
        ({"reason": "price"}, "price", ""),
        ({"reason": "budget", "note": "next year"}, "budget", "next year"),
        ({"reason": "My cousin does it", "note": "sorry"}, "other", "My cousin does it: sorry"),
    ],
)
def test_a_decline_with_no_other_offer_live_loses_it(desk: Bench, said: dict[str, str], reason: str, note: str) -> None:
    found, offer = opened(desk), uuid7()
    sent(desk, found, offer)
    tell(desk, declined(desk, found, offer, **said))

    now = seen(desk, found["id"])
    assert (now["stage_type"], now["lost"]["reason"], now["lost"]["note"]) == ("lost", reason, note)
    [told] = desk.told("opportunities", OpportunityLost)
    assert (told.data["estimate_id"], told.data["lost_in"]) == (str(offer), "estimate_sent")


def test_a_decline_beside_another_offer_loses_nothing(desk: Bench) -> None:
    found = opened(desk)
    tell(desk, declined(desk, found, uuid7(), others_live=True))

    assert seen(desk, found["id"])["stage_type"] == "open"


def test_a_decline_takes_nothing_back_of_what_is_won_and_says_nothing_new_of_what_is_lost(desk: Bench) -> None:
    won, lost = opened(desk), opened(desk)
    tell(desk, accepted(won))
    done(desk, lost["id"], "lose", {"reason": "timing"})
    for found in (won, lost):
        tell(desk, declined(desk, found, uuid7()))

    assert seen(desk, won["id"])["stage_type"] == "won"
    assert seen(desk, lost["id"])["lost"]["reason"] == "timing"
    assert len(desk.told("opportunities", OpportunityLost)) == 1


@pytest.mark.parametrize(("minutes", "ends"), [(5, "open"), (-5, "lost")])
def test_a_decline_that_is_heard_of_late_ends_nothing_that_was_offered_since(
    desk: Bench, minutes: int, ends: str
) -> None:
    """What was offered before was over by then, though nobody here has heard so yet; what was withdrawn, or offered to
    another customer, is no other offer."""
    found, offer, other, gone, at = opened(desk), uuid7(), uuid7(), uuid7(), desk.clock()
    sent(desk, found, offer)
    sent(desk, found, other, sent_at=at + timedelta(minutes=minutes))
    for whose, one in ((opened(desk), uuid7()), (found, gone)):
        sent(desk, whose, one, sent_at=at + timedelta(minutes=5))
    tell(desk, estimate(EstimateWithdrawn, found, gone, state="withdrawn", withdrawn_at=at + timedelta(minutes=6)))
    tell(desk, declined(desk, found, offer, declined_at=at))

    assert seen(desk, found["id"])["stage_type"] == ends


def test_a_branch_may_want_to_talk_on_after_a_decline(desk: Bench) -> None:
    assert desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", {"lose_on_decline": False}).status_code == 200
    found = opened(desk)
    tell(desk, declined(desk, found, uuid7()))

    assert seen(desk, found["id"])["stage_type"] == "open"
