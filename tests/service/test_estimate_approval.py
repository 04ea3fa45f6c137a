"""What a price may not go out without: beyond one's limits somebody else approves the discount and the margin (R23)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from embedded.testing import CAST, HOME, SALES, Bench, Caller
from libs.common.contracts.estimates import EstimateApproved, EstimateRefused, EstimateSubmitted
from services.estimates.model import Line, Version
from tests.service.estimate_world import (
    ESTIMATES,
    PUMP,
    SHARED,
    act,
    drafted,
    load_book,
    priced,
    problem,
    seen,
    send,
    set_rules,
    set_taxes,
    write,
    yes,
)

BOOK = "code,name,unit_price,cost\nHP-1,Heat pump,8400.00,5000.00\nPAD,Pad,120.00,\n"


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    made = bench("estimates")
    set_taxes(made)
    return made


def test_a_large_discount_goes_out_only_as_it_was_approved(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    problem(act(estimates, ident, "submit"), 409)
    priced(estimates, ident, PUMP, discount={"percent": "15"})
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert [one["pointer"] for one in refused["errors"]] == ["/approval"]

    pending = act(estimates, ident, "submit", {"note": "old customer"})
    assert pending.get_json()["state"] == "pending_approval"
    problem(act(estimates, ident, "approve"), 403)
    problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert act(estimates, ident, "approve", by="manager").get_json()["state"] == "approved"
    priced(estimates, ident, PUMP, discount={"percent": "16"})
    assert seen(estimates, ident)["state"] == "draft"
    problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)

    act(estimates, ident, "submit")
    assert act(estimates, ident, "refuse", {"reason": "too much"}, by="manager").get_json()["state"] == "draft"
    act(estimates, ident, "submit")
    act(estimates, ident, "approve", by="manager")
    token = send(estimates, ident)
    assert act(estimates, ident, "revise", {"reason": "scope"}).get_json()["state"] == "draft"
    problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    problem(estimates.public.get(f"{SHARED}/{token}"), 410)


@pytest.mark.parametrize(
    ("percent", "changed"),
    [("10", sa.update(Line).values(unit_price=Decimal(84))), ("15", sa.update(Version).values(approval=None))],
)
def test_an_offer_that_is_no_longer_what_was_approved_and_sent_is_not_accepted(
    estimates: Bench, percent: str, changed: Any
) -> None:
    """Also where somebody wrote into the database."""
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP, discount={"percent": percent})
    if percent == "15":
        act(estimates, ident, "submit")
        act(estimates, ident, "approve", by="manager")
    token = send(estimates, ident)
    with estimates.system.parts["estimates"].store.begin() as tx:
        tx.session.execute(changed)

    refused = problem(estimates.public.post(f"{SHARED}/{token}/accept", yes(estimates, token)), 409)
    assert "is not what was approved and sent" in refused["detail"]
    assert seen(estimates, ident)["state"] == "sent"


def test_who_decides_is_told_that_somebody_asks_and_whoever_asked_how_it_was_decided(estimates: Bench) -> None:
    seller, manager = (str(CAST[one][0]) for one in ("salesperson", "manager"))
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP, discount={"percent": "15"})

    act(estimates, ident, "submit", {"note": "old customer"})
    act(estimates, ident, "refuse", {"reason": "too much"}, by="manager")
    act(estimates, ident, "submit")
    act(estimates, ident, "approve", {"note": "this once"}, by="manager")

    asked, again = (one.data for one in estimates.told("estimates", EstimateSubmitted))
    assert (asked["submitted_by"], asked["note"], again["note"]) == (seller, "old customer", "")
    assert asked["reasons"] == ["Standard: a discount of 15 % is more than the 10 % you may give"]
    [no], [yes] = (estimates.told("estimates", one) for one in (EstimateRefused, EstimateApproved))
    assert (no.data["submitted_by"], no.data["decided_by"], no.data["reason"]) == (seller, manager, "too much")
    assert (yes.data["submitted_by"], yes.data["decided_by"], yes.data["note"]) == (seller, manager, "this once")


def test_an_estimate_says_before_anybody_tries_that_it_needs_an_approval_and_whose_it_is_not(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]

    def said(action: str, by: str = "salesperson") -> tuple[bool, list[str]]:
        [found] = [one for one in seen(estimates, ident, by=by)["allowed"] if one["action"] == action]
        return found["ok"], [one["field"] for one in found["missing"]]

    priced(estimates, ident, PUMP)
    assert (said("send"), said("submit")) == ((True, []), (False, ["approval"]))
    priced(estimates, ident, PUMP, discount={"percent": "15"})
    assert (said("send"), said("submit")) == ((False, ["approval"]), (True, []))
    assert said("send", by="manager") == (True, []), "who may give more may send it"

    assert act(estimates, ident, "submit").status_code == 200
    assert (said("approve", by="manager"), said("refuse", by="manager")) == ((True, []), (True, []))
    assert act(estimates, ident, "approve", by="manager").status_code == 200
    assert said("send") == (True, [])
    assert write(estimates, ident, PUMP, by="manager", discount={"percent": "90"}).status_code == 200
    act(estimates, ident, "submit")
    assert said("approve", by="manager") == (False, [""])


def test_a_discount_is_what_was_typed_and_not_what_rounding_makes_of_it(estimates: Bench) -> None:
    """10 % off 10.06 comes to 9.05, which is 10.04 % less; off 0.06 it is a sixth."""
    ident = drafted(estimates)["id"]
    priced(estimates, ident, *(PUMP | {"unit_price": one, "discount_percent": "10"} for one in ("10.06", "0.06")))
    assert send(estimates, ident)
    again = drafted(estimates)["id"]
    priced(estimates, again, PUMP | {"unit_price": "10.06", "discount_percent": "10.01"})
    refused = problem(act(estimates, again, "send", {"to": ["a@example.com"]}), 409)
    assert "a discount of 10.01 % is more than the 10 %" in refused["errors"][0]["detail"]


def test_nobody_approves_their_own_price(estimates: Bench) -> None:
    ident = drafted(estimates, salesperson="manager")["id"]
    assert write(estimates, ident, PUMP, by="manager", discount={"percent": "50"}).status_code == 200
    act(estimates, ident, "submit", by="manager")
    problem(act(estimates, ident, "approve", by="manager"), 403)
    problem(act(estimates, ident, "refuse", {"reason": "x"}, by="manager"), 403)
    assert seen(estimates, ident)["state"] == "pending_approval"


def test_whoever_priced_it_does_not_approve_it_whoever_sells_and_submits_it(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    assert write(estimates, ident, PUMP, by="manager", discount={"percent": "90"}).status_code == 200
    act(estimates, ident, "submit")
    problem(act(estimates, ident, "approve", by="manager"), 403)
    priced(estimates, ident, PUMP, discount={"percent": "80"})  # said anew, and still not theirs alone
    act(estimates, ident, "submit")
    problem(act(estimates, ident, "approve", by="manager"), 403)
    assert seen(estimates, ident)["state"] == "pending_approval"

    further = {"opportunity_id": seen(estimates, ident)["opportunity_id"]}
    half_off = PUMP | {"discount_percent": "50"}
    begun = estimates.as_("manager").post(ESTIMATES, further | {"options": [{"name": "Standard", "lines": [half_off]}]})
    act(estimates, begun.get_json()["id"], "submit")
    problem(act(estimates, begun.get_json()["id"], "approve", by="manager"), 403)


def test_who_only_puts_a_note_right_or_priced_an_earlier_version_may_approve(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    assert write(estimates, ident, PUMP, by="manager").status_code == 200
    send(estimates, ident)
    act(estimates, ident, "revise", {"reason": "scope"})
    priced(estimates, ident, PUMP, discount={"percent": "15"})
    where = f"{ESTIMATES}/{ident}"
    assert estimates.as_("manager").edit("PATCH", where, {"notes": "Bring a ladder"}, read=where).status_code == 200
    act(estimates, ident, "submit")
    assert act(estimates, ident, "approve", by="manager").get_json()["state"] == "approved"


def test_a_thin_margin_needs_an_approval_and_so_does_an_add_on_that_makes_it_thin(estimates: Bench) -> None:
    set_rules(estimates, margin_floor="0.30")
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP | {"cost": "7000.00"})
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert "margin" in refused["errors"][0]["detail"]

    extra = {"description": "Given away", "qty": "1", "unit_price": "100.00", "cost": "6000.00"}
    options = [{"name": "S", "lines": [PUMP | {"cost": "1000.00"}], "add_ons": [extra]}]
    assert write(estimates, ident, options=options).status_code == 200
    problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert act(estimates, ident, "submit").get_json()["approval_reasons"]


def test_a_margin_at_the_floor_goes_out_and_no_rich_add_on_hides_a_thin_one(estimates: Bench) -> None:
    """The customer need not take the rich one."""
    set_rules(estimates, margin_floor="0.30")
    ident, base = drafted(estimates)["id"], PUMP | {"cost": "5880.00"}
    rich = {"description": "Care plan", "qty": "1", "unit_price": "5000.00", "cost": "0"}
    assert write(estimates, ident, options=[{"name": "S", "lines": [base], "add_ons": [rich]}]).status_code == 200
    send(estimates, ident)

    ident = drafted(estimates)["id"]
    thin = {"description": "Thermostat", "qty": "1", "unit_price": "100.00", "cost": "100.00"}
    options = [{"name": "S", "lines": [base], "add_ons": [rich, thin]}]
    assert write(estimates, ident, options=options).status_code == 200
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert refused["errors"][0]["detail"] == "S: a margin of 29.65 % is under the floor of 30 %"

    ident, base = drafted(estimates)["id"], PUMP | {"cost": "5292.00"}  # 30 % of what a tenth off leaves
    thin = {"description": "Thermostat", "qty": "1", "unit_price": "120.00", "tax_code": "t20", "cost": "65.00"}
    options = [{"name": "S", "lines": [base], "add_ons": [thin]}]
    less = {"discount": {"percent": "10"}, "prices_include_tax": True}
    assert write(estimates, ident, options=options, **less).status_code == 200
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert refused["errors"][0]["detail"] == "S: a margin of 29.97 % is under the floor of 30 %"


def test_no_add_on_at_its_full_price_hides_a_discount(estimates: Bench) -> None:
    ident = drafted(estimates)["id"]
    dear = {"description": "Whole new ducts", "qty": "1", "unit_price": "50000.00"}
    options = [{"name": "S", "lines": [PUMP | {"discount_percent": "10.5"}], "add_ons": [dear]}]
    assert write(estimates, ident, options=options).status_code == 200
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert refused["errors"][0]["detail"] == "S: a discount of 10.5 % is more than the 10 % you may give"


def test_who_has_two_roles_may_give_what_either_may(estimates: Bench) -> None:
    floors = [{"role": "manager", "margin": "0.10"}, {"role": "salesperson", "margin": "0.40"}]
    set_rules(estimates, margin_floors=floors)
    both = {"name": "Both", "roles": ["salesperson", "manager"], "branch": HOME, "teams": (SALES,)}
    who = Caller(estimates, estimates.system.signer.issue(uuid4(), **both))
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP | {"cost": "5250.00", "discount_percent": "25"})  # leaves 1,050.00, a sixth
    problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert who.post(f"{ESTIMATES}/{ident}/send", {"to": ["a@example.com"]}).status_code == 200


def test_a_roles_own_floor_is_for_it_alone_and_the_common_one_for_whoever_has_none(estimates: Bench) -> None:
    thin = {"role": "manager", "margin": "0.10"}
    for own, floor in (([thin], "50 %"), ([thin, {"role": "salesperson", "margin": "0.40"}], "40 %")):
        set_rules(estimates, margin_floor="0.50", margin_floors=own)
        ident = drafted(estimates)["id"]
        priced(estimates, ident, PUMP | {"cost": "5880.00"})
        refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
        assert refused["errors"][0]["detail"] == f"Standard: a margin of 30 % is under the floor of {floor}"
        send(estimates, ident, by="manager")


@pytest.mark.parametrize("kind", ["lines", "add_ons"])
def test_a_task_costs_what_the_book_says_whoever_writes_less(estimates: Bench, kind: str) -> None:
    load_book(estimates, BOOK)
    set_rules(estimates, margin_floor="0.50")
    ident = drafted(estimates)["id"]
    cheap = {"task_code": "HP-1", "qty": "1", "cost": "1.00"}
    free = {"description": "Advice", "qty": "1", "unit_price": "1.00", "cost": "0"}
    options = [{"name": "S", "lines": [cheap if kind == "lines" else free], "add_ons": [cheap]}]
    assert write(estimates, ident, options=options).status_code == 200
    assert seen(estimates, ident)["options"][0][kind][0]["cost"] == "5000.00"
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert "margin of 40.4" in refused["errors"][0]["detail"]


def test_a_task_may_cost_more_than_the_book_says_and_one_without_a_cost_what_is_written(estimates: Bench) -> None:
    load_book(estimates, BOOK)
    ident = drafted(estimates)["id"]
    dear = {"task_code": "HP-1", "qty": "1", "cost": "6000.00"}
    priced(estimates, ident, dear, {"task_code": "PAD", "qty": "1", "cost": "1.00"})
    assert [line["cost"] for line in seen(estimates, ident)["options"][0]["lines"]] == ["6000.00", "1.00"]


@pytest.mark.parametrize("kind", ["lines", "add_ons"])
def test_the_price_for_members_is_a_discount_as_any_other(estimates: Bench, kind: str) -> None:
    book = "code,name,unit_price,member_price\n"
    load_book(estimates, book + "TUNE,Tune-up,200.00,180.00\nHP-1,Heat pump,8400.00,4200.00\n")
    ident = drafted(estimates)["id"]
    priced(estimates, ident, {"task_code": "TUNE", "qty": "1"}, member=True)
    send(estimates, ident)  # within what a salesperson may give

    ident = drafted(estimates)["id"]
    pump, advice = {"task_code": "HP-1", "qty": "1"}, {"description": "Advice", "qty": "1", "unit_price": "1.00"}
    options = [{"name": "S", "lines": [pump if kind == "lines" else advice], "add_ons": [pump]}]
    assert write(estimates, ident, options=options, member=True).status_code == 200
    assert seen(estimates, ident)["options"][0][kind][0]["unit_price"] == "4200.00"
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert "is more than the 10 % you may give" in refused["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("rules", "line", "whole", "reason"),
    [
        ({}, {"discount_percent": "10.0001"}, None, "a discount of 10.0001 % is more than the 10 % you may give"),
        ({}, {"discount_percent": "15"}, None, "a discount of 15 % is more than the 10 % you may give"),
        ({}, {"discount_amount": "1260.00"}, None, "a discount of 15 % is more than the 10 % you may give"),
        ({}, {}, {"amount": "1260.00"}, "a discount of 15 % is more than the 10 % you may give"),
        (
            {},
            {"discount_percent": "10"},
            {"amount": "0.84"},
            "a discount of 10.01 % is more than the 10 % you may give",
        ),
        ({"margin_floor": "0.30"}, {"cost": "5880.84"}, None, "a margin of 29.99 % is under the floor of 30 %"),
        ({"margin_floor": "0.30"}, {"cost": "5880.40"}, None, "a margin of 29.995 % is under the floor of 30 %"),
        ({"margin_floor": "0.300001"}, {"cost": "5880.00"}, None, "a margin of 30 % is under the floor of 30.0001 %"),
    ],
)
def test_what_needs_an_approval_says_two_figures_that_differ(
    estimates: Bench, rules: dict[str, str], line: dict[str, str], whole: dict[str, str] | None, reason: str
) -> None:
    set_rules(estimates, **rules)
    ident = drafted(estimates)["id"]
    priced(estimates, ident, PUMP | line, **({"discount": whole} if whole else {}))
    refused = problem(act(estimates, ident, "send", {"to": ["a@example.com"]}), 409)
    assert refused["errors"][0]["detail"] == f"Standard: {reason}"
