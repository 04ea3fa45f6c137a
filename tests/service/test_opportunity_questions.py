"""Question sets, their versions, answers saved bit by bit, and whether a prospect qualifies."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import Bench
from libs.common.contracts.opportunities import (
    OpportunityChanged,
    OpportunityConverted,
    OpportunityQualified,
    OpportunityStageChanged,
)
from tests.service.opportunity_stories import OPPORTUNITIES, done, opened, prospect, refused, seen

SETS = f"{OPPORTUNITIES}/question-sets"
OWNER = {
    "key": "ownership",
    "text": "Who owns it?",
    "type": "single",
    "required": True,
    "weight": 20,
    "choices": ["owner", "tenant"],
    "disqualifying": ["tenant"],
}
BUDGET = {"key": "budget", "text": "How much?", "type": "money", "required": True, "weight": 10}
KNOWN = {"key": "known", "text": "Is there a budget?", "type": "bool", "required": True, "weight": 5}
ASKED_IF_KNOWN = {**BUDGET, "show_if": {"question": "known", "equals": True}}


@pytest.fixture
def desk(bench: Callable[..., Bench]) -> Bench:
    return bench("opportunities")


def asks(desk: Bench, *questions: dict[str, Any], key: str = "general", **more: Any) -> dict[str, Any]:
    body = {"name": key, "kind": "qualification", "questions": list(questions), **more}
    admin, path = desk.as_("admin"), f"{SETS}/{key}"
    before = admin.get(path)
    headers = {"If-Match": before.headers["ETag"]} if before.status_code == 200 else {}
    answer = admin.call("PUT", path, json=body, headers=headers)
    assert answer.status_code in (200, 201), answer.get_data(as_text=True)
    made: dict[str, Any] = answer.get_json()
    return made


def sheets(desk: Bench, ident: str) -> list[dict[str, Any]]:
    return desk.as_("salesperson").items(f"{OPPORTUNITIES}/{ident}/question-sets")


def body(of: dict[str, Any], **answers: Any) -> dict[str, Any]:
    """Answers by question key, as a save to this version of a set."""
    ids = {question["key"]: question["id"] for question in of["questions"]}
    return {"question_set_id": of["id"], "answers": {ids[key]: value for key, value in answers.items()}}


def test_a_set_is_made_once_and_each_edit_is_its_next_version(desk: Bench) -> None:
    first = asks(desk, OWNER)
    assert (first["key"], first["version"]) == ("general", 1)
    second = asks(desk, OWNER, KNOWN)

    assert (second["version"], second["id"] != first["id"]) == (2, True)
    assert second["questions"][0]["id"] == first["questions"][0]["id"]
    assert [one["id"] for one in desk.as_("csr").items(SETS)] == [second["id"]]


def test_the_same_set_again_changes_nothing_and_another_needs_its_etag(desk: Bench) -> None:
    made = asks(desk, OWNER)
    said = {"name": "general", "kind": "qualification", "questions": [OWNER]}
    admin, path = desk.as_("admin"), f"{SETS}/general"

    assert admin.call("PUT", path, json=said).get_json()["id"] == made["id"]
    changed = said | {"threshold": 5}
    assert admin.call("PUT", path, json=changed).status_code == 428
    assert admin.call("PUT", path, json=changed, headers={"If-Match": '"7"'}).status_code == 412
    assert admin.call("PUT", path, json=changed, headers={"If-Match": '"1"'}).get_json()["version"] == 2


@pytest.mark.parametrize("key", ["Big", "a%20b", "a%00b", "x" * 81])
def test_a_key_is_short_and_plain(desk: Bench, key: str) -> None:
    said = {"name": "g", "kind": "profile", "questions": [KNOWN]}

    assert desk.as_("admin").call("PUT", f"{SETS}/{key}", json=said).status_code == 422
    assert desk.as_("admin").get(f"{SETS}/{key}").status_code == 404


@pytest.mark.parametrize(
    ("questions", "pointers"),
    [
        ([], {"/questions"}),
        ([{"key": "a"}], {"/questions/0/text", "/questions/0/type"}),
        ([OWNER, OWNER], {"/questions/1/key"}),
        ([{**OWNER, "choices": []}], {"/questions/0/choices", "/questions/0/disqualifying/0"}),
        ([{**KNOWN, "choices": ["x"]}], {"/questions/0/choices"}),
        ([{**OWNER, "choices": ["owner", "owner", "tenant"]}], {"/questions/0/choices"}),
        ([{**KNOWN, "disqualifying": ["no"]}], {"/questions/0/disqualifying/0"}),
        ([ASKED_IF_KNOWN, KNOWN], {"/questions/0/show_if/question"}),
        ([KNOWN, {**BUDGET, "show_if": {"question": "known"}}], {"/questions/1/show_if"}),
        ([KNOWN, {**BUDGET, "show_if": {"question": "known", "in": ["maybe"]}}], {"/questions/1/show_if"}),
    ],
)
def test_questions_that_cannot_be_asked_are_named(desk: Bench, questions: list[Any], pointers: set[str]) -> None:
    said = {"name": "g", "kind": "qualification", "questions": questions}
    answer = desk.as_("admin").call("PUT", f"{SETS}/g", json=said)

    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.get_json()["errors"]} == pointers


def test_the_sets_that_apply_are_those_of_its_trade_product_and_stage(desk: Bench) -> None:
    for key, scope in (
        ("all", {}),
        ("hvac", {"trade": "hvac"}),
        ("plumbing", {"trade": "plumbing"}),
        ("pump", {"product": "Heat Pump"}),
        ("boiler", {"product": "Boiler"}),
        ("late", {"stage": "qualified"}),
    ):
        asks(desk, KNOWN, key=key, scope=scope)
    asks(desk, KNOWN, key="off", active=False)
    found = opened(desk, prospect=prospect(service_interest="heat pump"))

    assert {one["key"] for one in sheets(desk, found["id"])} == {"all", "hvac", "pump"}
    done(desk, found["id"], "stage", {"stage": "negotiation"})
    assert {one["key"] for one in sheets(desk, found["id"])} == {"all", "hvac", "pump", "late"}


def test_answers_are_saved_bit_by_bit_and_the_last_one_qualifies(desk: Bench) -> None:
    asked, found = asks(desk, OWNER, KNOWN, ASKED_IF_KNOWN, threshold=35), opened(desk)

    assert done(desk, found["id"], "answers", body(asked, ownership="owner"))["qualified"] is False
    assert done(desk, found["id"], "answers", body(asked, known=True))["qualified"] is False
    [sheet] = sheets(desk, found["id"])
    assert (len(sheet["shown"]), sheet["judgement"]) == (3, {"score": 25, "complete": False, "passed": False})
    qualified = done(desk, found["id"], "answers", body(asked, budget="10000.00"))

    assert (qualified["qualified"], qualified["score"], qualified["stage"]) == (True, 35, "qualified")
    assert [one.data["qualified"] for one in desk.told("opportunities", OpportunityQualified)] == [False, False, True]
    assert [one.data["stage"] for one in desk.told("opportunities", OpportunityStageChanged)] == ["qualified"]


def test_a_question_that_is_not_shown_is_neither_needed_nor_counted(desk: Bench) -> None:
    asked, found = asks(desk, KNOWN, ASKED_IF_KNOWN), opened(desk)

    answered = done(desk, found["id"], "answers", body(asked, known=False, budget="10000.00"))
    assert (answered["qualified"], answered["score"]) == (True, 5)


def test_a_disqualifying_answer_says_so_and_can_be_taken_back(desk: Bench) -> None:
    asked, found = asks(desk, OWNER), opened(desk)

    wrong = done(desk, found["id"], "answers", body(asked, ownership="tenant"))
    assert (wrong["qualified"], wrong["disqualified_by"], wrong["stage"]) == (False, ["Who owns it?"], "new")
    taken_back = done(desk, found["id"], "answers", body(asked, ownership=None))
    assert (taken_back["qualified"], taken_back["disqualified_by"]) == (False, [])
    assert done(desk, found["id"], "answers", body(asked, ownership="owner"))["qualified"] is True


def test_a_score_under_the_threshold_does_not_qualify(desk: Bench) -> None:
    asked, found = asks(desk, OWNER, threshold=21), opened(desk)

    assert done(desk, found["id"], "answers", body(asked, ownership="owner"))["qualified"] is False


def test_every_qualification_set_that_applies_has_to_pass_and_a_profile_never_matters(desk: Bench) -> None:
    one, other = asks(desk, OWNER), asks(desk, KNOWN, key="hvac", scope={"trade": "hvac"})
    profile = asks(desk, KNOWN, key="site", kind="profile")
    found = opened(desk)

    assert done(desk, found["id"], "answers", body(profile, known=False))["qualified"] is False
    assert done(desk, found["id"], "answers", body(one, ownership="owner"))["qualified"] is False
    assert done(desk, found["id"], "answers", body(other, known=True))["qualified"] is True


def test_a_profile_adds_nothing_to_the_score_and_is_waited_for_by_nobody(desk: Bench) -> None:
    asked, profile = asks(desk, OWNER, threshold=20), asks(desk, OWNER, KNOWN, key="site", kind="profile", threshold=99)
    found = opened(desk)

    qualified = done(desk, found["id"], "answers", body(asked, ownership="owner"))
    assert (qualified["qualified"], qualified["score"]) == (True, 20)
    told = desk.told("opportunities", OpportunityChanged)
    same = done(desk, found["id"], "answers", body(profile, ownership="tenant", known=True))
    assert (same["qualified"], same["score"], same["disqualified_by"]) == (True, 20, [])
    assert [one.data["changed"] for one in desk.told("opportunities", OpportunityChanged)[len(told) :]] == [["answers"]]
    only = opened(desk, prospect=prospect(trade="plumbing"))
    asks(desk, OWNER, threshold=20, scope={"trade": "hvac"})
    assert done(desk, only["id"], "answers", body(profile, known=True))["qualified"] is None, "nobody asked"


def test_of_several_choices_one_may_disqualify_and_one_may_ask_on(desk: Bench) -> None:
    fuels = {"key": "fuels", "text": "What is there?", "type": "multi", "choices": ["gas", "oil", "coal"]}
    tank = {"key": "tank", "text": "How old is the tank?", "type": "number", "required": True, "weight": 7}
    asked = asks(desk, fuels | {"disqualifying": ["coal"]}, tank | {"show_if": {"question": "fuels", "in": ["oil"]}})
    found = opened(desk)

    def qualified(*there: str, **more: Any) -> bool:
        said: bool = done(desk, found["id"], "answers", body(asked, fuels=list(there), **more))["qualified"]
        return said

    assert qualified("gas") is True
    assert qualified("gas", "oil") is False, "the tank is asked for"
    assert qualified("oil", "gas", tank=9) is True
    assert qualified("gas", "oil", "coal") is False
    for wrong in ({"disqualifying": ["wood"]}, {"disqualifying": [None]}):
        said = {"name": "g", "kind": "profile", "questions": [fuels | wrong]}
        assert desk.as_("admin").call("PUT", f"{SETS}/g", json=said).status_code == 422


ANY = [
    ("number", 10**15 - 1, 10**15),
    ("multi", ["b"], ["c"]),
    ("multi", ["b"], [["b"]]),
    ("single", "b", ["b"]),
    ("bool", True, "yes"),
    ("bool", False, 0),
    ("single", "a", "c"),
    ("multi", ["a", "b"], ["a", "a"]),
    ("multi", [], "a"),
    ("number", 10, 1.5),
    ("number", "-10.5", "1e3"),
    ("number", 0, True),
    ("money", "10000.00", 10000),
    ("money", "0.5", "-1"),
    ("date", "2026-02-28", "2026-02-29"),
    ("text", "as asked", 7),
]


@pytest.mark.parametrize(("kind", "good", "bad"), ANY)
def test_each_type_takes_its_own_answers_only(desk: Bench, kind: str, good: Any, bad: Any) -> None:
    choices = {"choices": ["a", "b"]} if kind in ("single", "multi") else {}
    asked, found = asks(desk, {"key": "q", "text": "Q?", "type": kind, **choices}), opened(desk)
    [question] = asked["questions"]

    assert done(desk, found["id"], "answers", body(asked, q=good))["version"] > found["version"]
    [fault] = refused(desk, found["id"], "answers", 422, body(asked, q=bad))["errors"]
    assert fault["pointer"] == f"/answers/{question['id']}"
    assert sheets(desk, found["id"])[0]["answers"] == {question["id"]: good}


def test_all_wrong_answers_are_named_and_none_is_kept(desk: Bench) -> None:
    asked, found = asks(desk, OWNER, KNOWN), opened(desk)
    wrong = body(asked, ownership="landlord", known=True)
    wrong["answers"]["favourite colour"] = "blue"

    problem = refused(desk, found["id"], "answers", 422, wrong)
    assert {one["pointer"] for one in problem["errors"]} == {
        f"/answers/{asked['questions'][0]['id']}",
        "/answers/favourite colour",
    }
    assert sheets(desk, found["id"])[0]["answers"] == {}
    for nowhere in (asks(desk, KNOWN, key="p", scope={"trade": "plumbing"})["id"], str(uuid4())):
        said = {"question_set_id": nowhere, "answers": {}}
        [fault] = refused(desk, found["id"], "answers", 422, said)["errors"]
        assert fault["pointer"] == "/question_set_id"


def test_old_answers_keep_their_version_until_the_new_one_is_answered(desk: Bench) -> None:
    first, found = asks(desk, OWNER, KNOWN), opened(desk)
    done(desk, found["id"], "answers", body(first, ownership="owner"))
    second = asks(desk, OWNER, {**BUDGET, "required": True})

    [sheet] = sheets(desk, found["id"])
    assert (sheet["id"], sheet["version"], sheet["newest_id"]) == (first["id"], 1, second["id"])
    assert done(desk, found["id"], "answers", body(first, known=True))["qualified"] is True
    assert done(desk, found["id"], "answers", body(second, budget="1.00"))["qualified"] is True
    [sheet] = sheets(desk, found["id"])
    assert (sheet["version"], sorted(sheet["answers"].values())) == (2, ["1.00", "owner"])


def test_who_had_the_old_questions_before_them_answers_those_until_somebody_answered_the_new(desk: Bench) -> None:
    first, found, other = asks(desk, OWNER, KNOWN), opened(desk), opened(desk)
    second = asks(desk, {**OWNER, "choices": ["owner", "landlord"], "disqualifying": []}, BUDGET)

    done(desk, found["id"], "answers", body(first, ownership="tenant"))
    assert sheets(desk, found["id"])[0]["version"] == 1
    done(desk, found["id"], "answers", body(second, budget="1.00"))
    [sheet] = sheets(desk, found["id"])
    assert (sheet["version"], list(sheet["answers"].values())) == (2, ["1.00"]), "tenant is no answer any more"
    done(desk, other["id"], "answers", body(second, budget="1.00"))
    done(desk, other["id"], "answers", body(first, ownership="owner"))
    [sheet] = sheets(desk, other["id"])
    assert (sheet["version"], sorted(sheet["answers"].values())) == (2, ["1.00", "owner"])


def test_a_person_may_overrule_the_answers_with_a_reason_and_take_it_back(desk: Bench) -> None:
    asked, found = asks(desk, OWNER), opened(desk)
    done(desk, found["id"], "answers", body(asked, ownership="tenant"))
    said = {"qualified": True, "reason": "the owner called"}

    refused(desk, found["id"], "qualification", 403, said)
    overruled = done(desk, found["id"], "qualification", said, by="manager")
    assert (overruled["qualified"], overruled["stage"], overruled["override"]["reason"]) == (
        True,
        "qualified",
        "the owner called",
    )
    told = desk.told("opportunities", OpportunityQualified)[-1].data
    assert (told["overridden"], told["reason"]) == (True, "the owner called")
    assert done(desk, found["id"], "answers", body(asked, ownership=None))["qualified"] is True
    back = done(desk, found["id"], "qualification", {"qualified": None, "reason": "mistaken"}, by="manager")
    assert (back["qualified"], back["override"]) == (False, None)


def test_a_change_says_whether_it_qualifies_also_when_that_is_not_known_any_more(desk: Bench) -> None:
    ident = opened(desk)["id"]
    done(desk, ident, "qualification", {"qualified": True, "reason": "an old customer"}, by="manager")
    desk.as_("salesperson").edit("PATCH", f"{OPPORTUNITIES}/{ident}", {"title": "Furnace"})
    done(desk, ident, "qualification", {"qualified": None, "reason": "mistaken"}, by="manager")

    told = [(one.data["changed"], one.data["qualified"]) for one in desk.told("opportunities", OpportunityChanged)]
    assert told == [(["title"], True), (["qualified"], None)]


def test_a_gate_asks_for_its_question_sets_by_name_and_lets_a_persons_word_pass(desk: Bench) -> None:
    asked, found = asks(desk, OWNER, KNOWN), opened(desk)
    asks(desk, KNOWN, key="plumbing", scope={"trade": "plumbing"})
    gate = {"stage": "converted", "fields": [], "question_sets": ["general", "plumbing"]}
    assert desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", {"gates": [gate]}).status_code == 200

    problem = refused(desk, found["id"], "convert", 409)
    assert [one["pointer"] for one in problem["errors"]] == [f"/answers/{one['id']}" for one in asked["questions"]]
    done(desk, found["id"], "answers", body(asked, ownership="tenant", known=True))
    [fault] = refused(desk, found["id"], "convert", 409)["errors"]
    assert fault["detail"] == "disqualifies: Who owns it?"
    done(desk, found["id"], "qualification", {"qualified": True, "reason": "x"}, by="manager")

    assert done(desk, found["id"], "convert")["stage"] == "converted"
    assert len(desk.told("opportunities", OpportunityConverted)) == 1


def test_a_persons_word_that_it_qualifies_answers_nothing_about_the_site(desk: Bench) -> None:
    asked, found = asks(desk, KNOWN, key="site", kind="profile"), opened(desk)
    gate = {"stage": "converted", "fields": [], "question_sets": ["site"]}
    assert desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", {"gates": [gate]}).status_code == 200
    done(desk, found["id"], "qualification", {"qualified": True, "reason": "an old customer"}, by="manager")

    [fault] = refused(desk, found["id"], "convert", 409)["errors"]
    assert fault["pointer"] == f"/answers/{asked['questions'][0]['id']}"
    done(desk, found["id"], "answers", body(asked, known=True))
    assert done(desk, found["id"], "convert")["stage"] == "converted"


def test_a_gate_asks_for_the_score_of_its_own_sets_alone_and_a_no_of_a_persons_passes_none(desk: Bench) -> None:
    asked, found = asks(desk, KNOWN, OWNER | {"required": False}, threshold=20), opened(desk)
    asks(desk, OWNER, key="other")
    gate = {"stage": "converted", "fields": [], "question_sets": ["general"]}
    assert desk.as_("admin").edit("PUT", f"{OPPORTUNITIES}/settings", {"gates": [gate]}).status_code == 200
    done(desk, found["id"], "answers", body(asked, known=True))

    def missing() -> list[tuple[str, str]]:
        return [(one["pointer"], one["detail"]) for one in refused(desk, found["id"], "convert", 409)["errors"]]

    short = [("/question_sets/general", "general: the score of 5 is under 20")]
    assert missing() == short
    done(desk, found["id"], "qualification", {"qualified": False, "reason": "no power"}, by="manager")
    no = [("/qualified", "does not qualify, whatever the answers say: no power")]
    assert missing() == no + short
    done(desk, found["id"], "answers", body(asked, ownership="owner"))
    assert missing() == no
    done(desk, found["id"], "qualification", {"qualified": None, "reason": "they have power by now"}, by="manager")
    assert done(desk, found["id"], "convert")["stage"] == "converted"


def test_answers_end_with_the_opportunity(desk: Bench) -> None:
    asked, found = asks(desk, OWNER), opened(desk)
    done(desk, found["id"], "lose", {"reason": "price"})

    refused(desk, found["id"], "answers", 409, body(asked, ownership="owner"))
    refused(desk, found["id"], "qualification", 409, {"qualified": True, "reason": "an old customer"}, by="manager")
    assert seen(desk, found["id"])["qualified"] is None
