"""The demo company is consistent in itself, and has what the interfaces promise of it."""

import csv
import json
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

from libs.common.csvfiles import Row, read_csv
from libs.common.leadcolumns import as_lead, mapping

DEMO = Path(__file__).parents[2] / "demo"
BOOKS = ["price_book.csv", "price_book_louisville.csv"]
ROLES = {
    "csr", "marketing", "technician", "salesperson", "manager", "office", "operations", "admin", "auditor", "service",
}  # fmt: skip


def told(name: str) -> Any:
    return json.loads((DEMO / "company" / name).read_text(encoding="utf-8"))


def table(name: str) -> list[dict[str, str]]:
    with (DEMO / "company" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


STAFF = {person["email"]: person for person in told("staff.json")}
TEAMS = {team["key"]: team for team in told("teams.json")}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_there_is_one_account_named_for_each_role_in_the_home_branch(role: str) -> None:
    person = STAFF[f"{role}@demo.example"]

    assert (person["roles"], person["branch"]) == ([role], told("company.json")["home_branch"])


def test_the_named_accounts_are_in_the_teams_that_the_interfaces_promise() -> None:
    [sales] = STAFF["salesperson@demo.example"]["teams"]
    [operations] = STAFF["operations@demo.example"]["teams"]

    assert (TEAMS[sales]["kind"], TEAMS[sales]["lead"]) == ("sales", "manager@demo.example")
    assert sales in STAFF["manager@demo.example"]["teams"]
    assert TEAMS[operations]["kind"] == "operations"


def test_the_home_branch_serves_hvac_and_its_own_postal_code() -> None:
    [home] = [one for one in told("branches.json") if one["key"] == told("company.json")["home_branch"]]

    assert "hvac" in home["trades"]
    assert "37201" in home["service_area"]


def test_everybody_belongs_to_branches_and_teams_that_there_are() -> None:
    branches = {branch["key"] for branch in told("branches.json")}

    assert len(STAFF) == len(told("staff.json"))
    for person in STAFF.values():
        assert person["branch"] in branches
        assert set(person["roles"]) <= ROLES
        assert all(TEAMS[team]["branch"] == person["branch"] for team in person["teams"])
        assert phonenumbers.is_valid_number(phonenumbers.parse(person["phone"]))
        assert not person["absence"] or person["absence"]["cover"] in STAFF
    for key, team in TEAMS.items():
        assert key in STAFF[team["lead"]]["teams"]


@pytest.mark.parametrize("book", BOOKS)
def test_every_price_covers_its_cost_and_names_what_there_is(book: str) -> None:
    tasks, taxes = {task["code"]: task for task in table(book)}, {tax["code"] for tax in table("tax_codes.csv")}

    assert len(tasks) == len(table(book)) >= 60
    for task in tasks.values():
        assert Decimal(task["cost"]) < Decimal(task["member_price"]) <= Decimal(task["unit_price"]), task
        assert set(task["add_ons"].split()) <= tasks.keys() - {task["code"]}
        assert task["tax_code"] in taxes
        assert (task["taxable"] == "no") == (task["tax_code"] == "exempt")


@pytest.mark.parametrize("book", BOOKS)
def test_a_tasks_cost_is_what_it_is_made_of(book: str) -> None:
    costs: Counter[str] = Counter()
    for part in table("assemblies.csv"):
        costs[part["task_code"]] += Decimal(part["qty"]) * Decimal(part["unit_cost"])  # type: ignore[assignment]

    for task in table(book):
        cost = Decimal(costs[task["code"]]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert Decimal(task["cost"]) == cost, task


def test_three_trades_share_the_home_branchs_book() -> None:
    assert {task["trade"] for task in table("price_book.csv")} == {"hvac", "plumbing", "electrical"}


def test_every_set_can_be_answered_without_disqualifying_and_is_passed_by_it() -> None:
    for one in told("question_sets.json"):
        keys = [question["key"] for question in one["questions"]]
        assert len(set(keys)) == len(keys)
        assert not one["threshold"]
        for place, question in enumerate(one["questions"]):
            choices = set(question.get("choices", [True, False] if question["type"] == "bool" else []))
            assert set(question.get("disqualifying", [])) < choices or "disqualifying" not in question
            assert bool(question.get("choices")) == (question["type"] in ("single", "multi"))
            assert "show_if" not in question or question["show_if"]["question"] in keys[:place]


def test_gates_name_sets_that_there_are() -> None:
    sets = {one["key"] for one in told("question_sets.json")}

    gates = told("settings.json")["opportunities"]["*"]["gates"]

    assert gates
    assert {key for gate in gates for key in gate["question_sets"]} <= sets


def test_the_sample_of_enquiries_is_read_without_a_question() -> None:
    with (DEMO / "sample_leads.csv").open("rb") as file:
        found = read_csv(file)
        columns = mapping(found.columns)
        rows = [row for row in found if isinstance(row, Row)]
    leads = [as_lead(row.values, columns) for row in rows]

    assert columns.unknown == []
    assert len(leads) >= 60
    assert not any("extra" in lead for lead in leads)
    for phone in (phone for lead in leads for phone in lead.get("phones", [])):
        assert phonenumbers.is_valid_number(phonenumbers.parse(phone, "US")), phone
