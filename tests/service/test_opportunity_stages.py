"""How far an opportunity is, and its exits: stages, gates, converted, lost, reopened."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from embedded.testing import Bench
from libs.common.contracts.estimates import EstimateSent, EstimateWithdrawn
from libs.common.contracts.opportunities import (
    OpportunityConverted,
    OpportunityLost,
    OpportunityReopened,
    OpportunityStageChanged,
)
from tests.service.opportunity_stories import ME, OPPORTUNITIES, done, estimate, opened, refused, seen

GATE = {"stage": "converted", "fields": ["description", "expected_value"], "question_sets": []}


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


def settings(desk: Bench, **body: Any) -> None:
    answer = desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)


def allowed(record: dict[str, Any]) -> dict[str, bool]:
    return {one["action"]: one["ok"] for one in record["allowed"]}


def test_stages_may_be_skipped_and_gone_back(desk: Bench) -> None:
    found = opened(desk)
    assert done(desk, found["id"], "stage", {"stage": "negotiation"})["probability"] == 80
    now = desk.clock.forward(minutes=5)
    back = done(desk, found["id"], "stage", {"stage": "contacted"})

    assert datetime.fromisoformat(back["stage_since"]) == now
    assert (back["stage"], back["stage_label"], back["next_stage"]) == ("contacted", "Contacted", "appointment_set")
    told = desk.told("opportunities", OpportunityStageChanged)
    assert [one.data["stage"] for one in told] == ["negotiation", "contacted"]
    assert desk.told("opportunities", OpportunityConverted) == []


def test_where_it_is_and_what_nobody_knows_are_no_way_to_move(desk: Bench) -> None:
    found = opened(desk)

    refused(desk, found["id"], "stage", 409, {"stage": "new"})
    assert refused(desk, found["id"], "stage", 422, {"stage": "wonn"})["errors"][0]["pointer"] == "/stage"
    for end in ("won", "lost"):
        refused(desk, found["id"], "stage", 409, {"stage": end})
    assert seen(desk, found["id"])["stage"] == "new"


def test_only_the_gates_of_the_entered_stage_count_and_all_that_is_missing_is_named(desk: Bench) -> None:
    settings(desk, gates=[GATE, {"stage": "contacted", "fields": ["campaign"], "question_sets": []}])
    found = opened(desk)

    for act, body in (("convert", {}), ("stage", {"stage": "converted"})):
        problem = refused(desk, found["id"], act, 409, body)
        assert [one["pointer"] for one in problem["errors"]] == ["/expected_value"]
    shown = next(one for one in seen(desk, found["id"], by="salesperson")["allowed"] if one["action"] == "convert")
    assert (shown["ok"], [one["field"] for one in shown["missing"]]) == (False, ["expected_value"])
    desk.as_("salesperson").edit("PATCH", f"{OPPORTUNITIES}/{found['id']}", {"expected_value": "1.00"})

    assert done(desk, found["id"], "convert")["stage"] == "converted"


def test_a_gate_keeps_out_who_moves_there_and_nobody_who_skips_it_or_comes_back(desk: Bench) -> None:
    settings(desk, gates=[{"stage": "qualified", "fields": ["campaign"], "question_sets": []}])
    found = opened(desk)
    problem = refused(desk, found["id"], "stage", 409, {"stage": "qualified"})
    assert [one["pointer"] for one in problem["errors"]] == ["/campaign"]
    assert seen(desk, found["id"])["stage"] == "new"
    for stage in ("negotiation", "qualified"):
        assert done(desk, found["id"], "stage", {"stage": stage})["stage"] == stage


def test_a_gate_may_ask_of_the_prospect_and_whether_they_qualify(desk: Bench) -> None:
    settings(desk, gates=[{"stage": "converted", "fields": ["company", "emails", "qualified"], "question_sets": []}])
    found = opened(desk)

    def asked() -> list[str]:
        return [one["pointer"] for one in refused(desk, found["id"], "convert", 409)["errors"]]

    assert asked() == ["/company", "/qualified"]
    done(desk, found["id"], "qualification", {"qualified": False, "reason": "no power"}, by="manager")
    assert asked() == ["/company", "/qualified"], "that they do not is no yes"
    done(desk, found["id"], "qualification", {"qualified": True, "reason": "a new line"}, by="manager")
    assert asked() == ["/company"]


def test_a_gate_may_be_for_a_role_alone(desk: Bench) -> None:
    """Who runs the team knows what it is worth; the salesperson need not."""
    settings(desk, gates=[{"stage": "converted", "role": "manager", "fields": ["expected_value"]}])
    found = opened(desk)

    problem = refused(desk, found["id"], "convert", 409, by="manager")
    assert [one["pointer"] for one in problem["errors"]] == ["/expected_value"]
    assert [allowed(seen(desk, found["id"], by=who))["convert"] for who in ("manager", "salesperson")] == [False, True]
    assert done(desk, found["id"], "convert")["stage"] == "converted"


def test_the_gate_of_the_first_stage_counts_for_who_enters_an_opportunity_and_names_all_at_once(desk: Bench) -> None:
    wanted = ["source", "site", "description", "salesperson_id", "title"]
    settings(
        desk, gates=[{"stage": "new", "fields": wanted}, {"stage": "new", "role": "office", "fields": ["campaign"]}]
    )
    prospect = {
        "channel": "phone",
        "person_name": "Ada Byron",
        "emails": ["ada@byron.example"],
        "interest_level": "high",
    }
    body: dict[str, Any] = {"prospect": prospect, "product_interest": "heat pump"}
    asked = {"/prospect/source", "/prospect/address", "/prospect/request", "/salesperson_id"}

    for who, more in (("csr", set()), ("office", {"/prospect/campaign"})):
        answer = desk.as_(who).post(OPPORTUNITIES, body)
        assert answer.status_code == 422
        assert {one["pointer"] for one in answer.get_json()["errors"]} == asked | more
    told = {"source": "web", "address": {"line1": "1 Main St"}, "request": "A heat pump"}
    whole = {**body, "prospect": prospect | told, "salesperson_id": str(ME)}
    assert desk.as_("csr").post(OPPORTUNITIES, whole).status_code == 201


def test_a_gate_that_does_not_hold_keeps_what_moves_by_itself_where_it_is(desk: Bench) -> None:
    settings(desk, gates=[{"stage": "contacted", "fields": ["campaign"], "question_sets": []}])
    found = opened(desk)

    reached = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    assert done(desk, found["id"], "contact-attempts", reached)["stage"] == "new"


@pytest.mark.parametrize("way", [("convert", {}), ("stage", {"stage": "converted"})])
def test_converting_is_announced_once_with_all_that_an_estimate_needs(desk: Bench, way: tuple[str, Any]) -> None:
    found = opened(desk)
    assert done(desk, found["id"], *way)["converted_at"]

    [told] = desk.told("opportunities", OpportunityConverted)
    assert (told.data["stage"], told.data["site"]["city"]) == ("converted", "Nashville")
    assert told.data["bill_to"]["emails"] == ["ada@byron.example"]
    assert told.data["prospect"]["person_name"] == "Ada Byron"
    refused(desk, found["id"], "convert", 409)
    assert "convert" not in allowed(seen(desk, found["id"], by="salesperson"))


def test_going_back_and_converting_again_drafts_no_second_estimate(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "convert")
    done(desk, found["id"], "stage", {"stage": "contacted"})

    assert done(desk, found["id"], "stage", {"stage": "converted"})["stage"] == "converted"
    assert len(desk.told("opportunities", OpportunityConverted)) == 1


def test_what_was_skipped_past_can_still_be_converted_where_it_is(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "stage", {"stage": "negotiation"})

    assert done(desk, found["id"], "convert")["stage"] == "negotiation"
    assert len(desk.told("opportunities", OpportunityConverted)) == 1


def test_what_was_skipped_past_is_moved_back_to_where_it_is_converted(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "stage", {"stage": "negotiation"})

    back = done(desk, found["id"], "stage", {"stage": "converted"})

    assert (back["stage"], bool(back["converted_at"])) == ("converted", True)
    assert len(desk.told("opportunities", OpportunityConverted)) == 1
    assert [one.data["stage"] for one in desk.told("opportunities", OpportunityStageChanged)][-1] == "converted"


def test_a_loss_needs_a_reason_of_the_list_and_other_a_note(desk: Bench) -> None:
    found = opened(desk)

    for body, pointer in (({}, "/reason"), ({"reason": "moon"}, "/reason"), ({"reason": "other"}, "/note")):
        assert [one["pointer"] for one in refused(desk, found["id"], "lose", 422, body)["errors"]] == [pointer]
    assert desk.told("opportunities", OpportunityLost) == []


def test_a_loss_ends_it_with_its_reason_and_where_it_was(desk: Bench) -> None:
    found = opened(desk)
    lost = done(desk, found["id"], "lose", {"reason": "other", "note": "moved away"})

    assert (lost["stage"], lost["stage_type"], lost["probability"]) == ("lost", "lost", 0)
    assert (lost["lost"]["reason"], lost["lost"]["note"], lost["lost"]["stage"]) == ("other", "moved away", "new")
    [told] = desk.told("opportunities", OpportunityLost)
    assert (told.data["reason"], told.data["lost_in"], told.data["void_offers"]) == ("other", "new", False)
    for act, body in (
        ("convert", {}),
        ("lose", {"reason": "price"}),
        ("stage", {"stage": "contacted"}),
        ("contact-attempts", {"channel": "phone", "direction": "outbound", "outcome": "reached"}),
        ("appointments", {"type": "sales_call", "starts_at": "2026-12-01T09:00:00Z"}),
    ):
        assert refused(desk, found["id"], act, 409, body)["allowed"] == ["reopen"]


def test_an_offer_that_the_customer_could_accept_stands_in_the_way_of_a_loss(desk: Bench) -> None:
    found, offer = opened(desk), uuid7()
    desk.tell(estimate(EstimateSent, found, offer, sent_at=desk.clock()), by="estimates")

    problem = refused(desk, found["id"], "lose", 409, {"reason": "price"})
    assert [one["pointer"] for one in problem["errors"]] == ["/void_offers"]
    assert allowed(seen(desk, found["id"], by="salesperson"))["lose"] is False
    assert done(desk, found["id"], "lose", {"reason": "price", "void_offers": True})["stage_type"] == "lost"
    assert desk.told("opportunities", OpportunityLost)[0].data["void_offers"] is True


def test_an_offer_that_was_taken_back_no_longer_stands_in_the_way(desk: Bench) -> None:
    found, offer = opened(desk), uuid7()
    desk.tell(estimate(EstimateSent, found, offer, sent_at=desk.clock()), by="estimates")
    desk.tell(estimate(EstimateWithdrawn, found, offer, withdrawn_at=desk.clock()), by="estimates")

    assert done(desk, found["id"], "lose", {"reason": "price"})["stage_type"] == "lost"


def test_a_lost_one_is_reopened_where_it_was_by_whoever_may(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "stage", {"stage": "qualified"})
    done(desk, found["id"], "lose", {"reason": "price"})

    refused(desk, found["id"], "reopen", 403)
    again = done(desk, found["id"], "reopen", {"note": "called back"}, by="manager")
    assert (again["stage"], again["stage_type"], again["lost"]) == ("qualified", "open", None)
    [told] = desk.told("opportunities", OpportunityReopened)
    assert (told.data["previous_reason"], told.data["note"], told.data["acceptance_id"]) == (
        "price",
        "called back",
        None,
    )
    refused(desk, found["id"], "reopen", 409, by="manager")


def test_one_whose_stage_there_is_no_more_is_reopened_at_the_first(desk: Bench) -> None:
    found = opened(desk)
    done(desk, found["id"], "stage", {"stage": "qualified"})
    done(desk, found["id"], "lose", {"reason": "price"})
    ends = (("sold", "won"), ("gone", "lost"))
    stages = [
        {"code": code, "label": code, "type": kind, "probability": 5} for code, kind in (("fresh", "open"), *ends)
    ]
    settings(desk, stages=stages)

    assert done(desk, found["id"], "reopen", by="manager")["stage"] == "fresh"


def test_a_branch_has_stages_of_its_own_and_behaviour_hangs_on_their_type(desk: Bench) -> None:
    stages = [
        {"code": "fresh", "label": "Fresh", "type": "open", "probability": 5},
        {"code": "priced", "label": "Priced", "type": "open", "probability": 50},
        {"code": "sold", "label": "Sold", "type": "won", "probability": 100},
        {"code": "gone", "label": "Gone", "type": "lost", "probability": 0},
    ]
    settings(desk, stages=stages)
    found = opened(desk)

    assert [one["code"] for one in desk.as_("csr").items(f"{OPPORTUNITIES}/stages")] == [
        "fresh",
        "priced",
        "sold",
        "gone",
    ]
    assert (found["stage"], found["next_stage"]) == ("fresh", "priced")
    reached = {"channel": "phone", "direction": "outbound", "outcome": "reached"}
    assert done(desk, found["id"], "contact-attempts", reached)["stage"] == "fresh"
    assert done(desk, found["id"], "convert")["stage"] == "fresh"
    assert len(desk.told("opportunities", OpportunityConverted)) == 1
    assert done(desk, found["id"], "lose", {"reason": "price"})["stage"] == "gone"


@pytest.mark.parametrize(
    "wrong",
    [
        {"stages": [{"code": "won", "label": "Won", "type": "won", "probability": 100}]},
        {"stages": [{"code": "a", "label": "A", "type": "open", "probability": 101}]},
        {"lost_reasons": [{"code": "price", "label": "Price", "note_required": False}]},
        {"gates": [{"stage": "converted", "fields": ["shoe_size"], "question_sets": []}]},
    ],
)
def test_a_flow_that_nothing_could_go_through_is_not_accepted(desk: Bench, wrong: dict[str, Any]) -> None:
    assert desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", wrong).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"gates": [{"stage": "converted", "question_sets": ["general-qualificatoin"]}]}, "/gates/0/question_sets/0"),
        ({"gates": [{"stage": "converrted", "fields": ["campaign"]}]}, "/gates/0/stage"),
        ({"gates": [{"stage": "won", "fields": ["campaign"]}]}, "/gates/0/stage"),
        ({"gates": [{"stage": "new", "fields": ["source", "qualified"]}]}, "/gates/0/fields/1"),
        ({"gates": [{"stage": "new", "question_sets": ["fit"]}]}, "/gates/0/question_sets/0"),
        ({"stages": [{"code": "a b", "label": "A", "type": "open", "probability": 1}]}, "/stages/0/code"),
        ({"stages": [{"code": "a\n", "label": "A", "type": "open", "probability": 1}]}, "/stages/0/code"),
    ],
)
def test_a_setting_that_names_nothing_is_refused_where_it_stands(
    desk: Bench, wrong: dict[str, Any], pointer: str
) -> None:
    refused = desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", wrong)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, pointer)
    assert desk.as_("admin").get(f"{OPPORTUNITIES}/settings").get_json()["gates"] == []


def test_in_every_branchs_list_other_needs_a_note(desk: Bench) -> None:
    listed = [{"code": "moved", "label": "Moved away"}, {"code": "other", "label": "Other"}]
    refused = desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", {"lost_reasons": listed})

    [fault] = refused.get_json()["errors"]
    assert (refused.status_code, fault["pointer"]) == (422, "/lost_reasons/1/note_required")


def test_the_lost_reasons_are_there_for_everyone_who_may_lose_one(desk: Bench) -> None:
    codes = [one["code"] for one in desk.as_("salesperson").items(f"{OPPORTUNITIES}/lost-reasons")]

    assert codes[0] == "price"
    assert codes[-1] == "other"
