"""What a company and its branches may set about estimates, and what of it holds where both have something."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from embedded.testing import HOME, Bench
from tests.service.estimate_world import ESTIMATES, PUMP, converted, problem, set_rules, set_taxes

BRANCH = f"{ESTIMATES}/settings?branch={HOME}"


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    made = bench("estimates")
    set_taxes(made)
    return made


def set_for_branch(bench: Bench, **rules: Any) -> dict[str, Any]:
    """The branch's settings with these, as a screen writes them: everything that was read, changed."""
    body = bench.as_("admin").get(BRANCH).get_json() | rules
    answer = bench.as_("admin").edit("PUT", BRANCH, body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    shown: dict[str, Any] = answer.get_json()
    return shown


@pytest.mark.parametrize(
    ("companys", "branchs"),
    [
        ({"percent": "10", "capped": True}, {"amount": "500.00"}),
        ({"amount": "500.00"}, {"percent": "10"}),
        ({"percent": "10", "capped": True}, {"percent": "20"}),
        ({"percent": "10", "capped": True}, None),
    ],
)
def test_a_branchs_deposit_is_its_own_whole_and_nothing_of_the_companys(
    estimates: Bench, companys: dict[str, Any], branchs: dict[str, Any] | None
) -> None:
    set_rules(estimates, deposit=companys)
    assert set_for_branch(estimates, deposit=branchs)["deposit"] == branchs
    assert estimates.as_("admin").get(BRANCH).get_json()["deposit"] == branchs

    further = {"opportunity_id": str(converted(estimates).subject), "options": [{"name": "S", "lines": [PUMP]}]}
    made = estimates.as_("salesperson").post(ESTIMATES, further)
    assert made.status_code == 201, made.get_data(as_text=True)
    assert made.get_json()["deposit"] == branchs

    assert set_for_branch(estimates, deposit=companys)["deposit"] == companys
    assert set_for_branch(estimates, valid_days=7)["deposit"] == companys


@pytest.mark.parametrize("where", [f"{ESTIMATES}/settings", BRANCH])
@pytest.mark.parametrize(
    ("name", "value"),
    [("default_tax_code", "nope"), ("currency", "US"), ("currency", ""), ("currency", "ZZZ"), ("currency", "usd")],
)
def test_settings_that_name_what_is_not_there_are_refused_and_change_nothing(
    estimates: Bench, where: str, name: str, value: str
) -> None:
    admin = estimates.as_("admin")
    before = admin.get(where).get_json()
    refused = problem(admin.edit("PUT", where, before | {name: value}), 422)
    assert [one["pointer"] for one in refused["errors"]] == [f"/{name}"]
    assert admin.get(where).get_json() == before


def test_a_price_book_is_in_a_currency_that_there_is(estimates: Bench) -> None:
    books = f"{ESTIMATES}/price-books"
    refused = problem(estimates.as_("admin").post(books, {"name": "Rates", "currency": "ZZZ"}), 422)
    assert [one["pointer"] for one in refused["errors"]] == ["/currency"]


def test_a_tax_code_is_of_a_branch_that_there_is(estimates: Bench) -> None:
    """Another one is seen by nobody but who made it."""
    code = {"name": "City", "rate": "0.0925", "branch": str(uuid4())}
    refused = estimates.as_("admin").call("PUT", f"{ESTIMATES}/tax-codes/city", json=code)
    assert [one["pointer"] for one in problem(refused, 422)["errors"]] == ["/branch"]
    kept = estimates.as_("admin").call("PUT", f"{ESTIMATES}/tax-codes/city", json=code | {"branch": str(HOME)})
    assert kept.status_code == 201
