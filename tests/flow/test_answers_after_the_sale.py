"""What was answered before the sale goes to the job, for whoever does the work (R28), where the branch moves it."""

from typing import Any

import pytest

from embedded.testing import HOME
from libs.common.contracts.opportunities import OpportunityChanged
from libs.common.contracts.sales import JobChanged
from tests.flow.funnel import API, Funnel
from tests.service.console_reader import Reader
from tests.service.on_paper import words

SETS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "site": (
        "profile",
        [
            {"key": "dog", "text": "Is there a dog?", "type": "bool"},
            {"key": "built", "text": "Built when?", "type": "date"},
            {"key": "heat", "text": "Heated by?", "type": "multi", "choices": ["gas", "wood", "oil"]},
            {"key": "spent", "text": "Spent on repairs?", "type": "money"},
            {"key": "roof", "text": "How is the roof?", "type": "text"},
        ],
    ),
    "money": ("qualification", [{"key": "budget", "text": "What is the budget?", "type": "text"}]),
}
SAID: dict[str, Any] = {
    "dog": True,
    "built": "1987-06-05",
    "heat": ["gas", "wood"],
    "spent": "777.00",
    "budget": "Twelve thousand at most",
}


def sold(funnel: Funnel) -> dict[str, Any]:
    """The booking order of an opportunity that was asked everything, and answered most of it."""
    opportunity = funnel.opportunity()
    for key, (kind, questions) in SETS.items():
        asked = [{"required": False, "weight": 1, **one} for one in questions]
        body = {"name": f"About the {key}", "kind": kind, "questions": asked}
        made = funnel.as_("admin").call("PUT", f"{API}/opportunities/question-sets/{key}", json=body).get_json()
        answers = {one["id"]: SAID[one["key"]] for one in made["questions"] if one["key"] in SAID}
        said = {"question_set_id": made["id"], "answers": answers}
        funnel.do("salesperson", f"/opportunities/{opportunity}/answers", said)
    return funnel.booked(opportunity=opportunity)


@pytest.mark.parametrize("twice", [False, True])
def test_the_crew_knows_what_was_said_of_the_site_and_not_what_qualified_the_customer(
    funnel: Funnel, twice: bool
) -> None:
    funnel.twice = twice
    booking = sold(funnel)
    job = funnel.see(f"/bookings/jobs/{booking['job_id']}", who="operations")
    assert [(one["question_set"], one["question"], one["answer"]) for one in job["answers"]] == [
        ("About the site", "Is there a dog?", "true"),
        ("About the site", "Built when?", "1987-06-05"),
        ("About the site", "Heated by?", "gas, wood"),
        ("About the site", "Spent on repairs?", "777.00"),
    ]
    told = [one.data for one in funnel.bench.told("bookings", JobChanged) if one.data["changed"] == ["answers"]]
    assert len(told) == 1
    assert funnel.one(f"/bookings/sales?opportunity_id={booking['opportunity_id']}")["state"] == "completed"
    kept = funnel.as_("salesperson").items(f"{API}/opportunities/{booking['opportunity_id']}/question-sets")
    assert sum(len(one["answers"]) for one in kept) == len(SAID), "the opportunity keeps its own"

    shown = words(funnel.as_("operations").get(f"{API}/bookings/{booking['id']}/booking.pdf").data)
    for one in ("About the site", "Is there a dog? yes", "Built when? 5 June 1987", "Heated by? gas, wood"):
        assert one in shown, one
    for page in (f"/bookings/{booking['id']}", f"/jobs/{booking['job_id']}"):
        text = Reader(funnel.bench, "operations").open(page).text
        assert "Is there a dog? Yes" in text
        assert "Twelve thousand" not in text
    assert "Twelve thousand" not in shown
    assert "777" not in shown


def test_answers_stay_where_they_are_when_the_branch_does_not_move_them(funnel: Funnel) -> None:
    path = f"{API}/bookings/settings?branch={HOME}"
    body = {"moves": ["estimate", "appointments"]}
    assert funnel.as_("admin").edit("PUT", path, body, read=path).status_code == 200
    booking = sold(funnel)
    assert not funnel.see(f"/bookings/jobs/{booking['job_id']}")["answers"]
    assert all(not one.data["answers"] for one in funnel.bench.told("opportunities", OpportunityChanged))


def test_the_answers_come_to_the_job_that_the_office_makes_later(funnel: Funnel) -> None:
    path = f"{API}/bookings/settings?branch={HOME}"
    assert funnel.as_("admin").edit("PUT", path, {"sale_creates": "task"}, read=path).status_code == 200
    booking = sold(funnel)
    job = funnel.do("office", "/bookings/jobs", {"acceptance_id": booking["acceptance_ids"][0]})
    assert len(funnel.see(f"/bookings/jobs/{job['id']}")["answers"]) == len(SAID) - 1
