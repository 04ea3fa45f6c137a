"""Out of which price book a task is sold, and what a book may be called."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from embedded.testing import AWAY, HOME, Bench, moment
from tests.service.estimate_world import ESTIMATES, drafted, load_book, priced, problem, write

BOOKS = f"{ESTIMATES}/price-books"
MINE = {"branch": str(HOME)}


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    made = bench("estimates")
    made.clock.now = moment("2026-12-01 03:00")  # the last evening of November in the branch
    return made


def sold_at(bench: Bench, code: str = "HP-1") -> str:
    return str(priced(bench, drafted(bench)["id"], {"task_code": code, "qty": "1"})["total"])


def load(bench: Bench, name: str, price: str, **about: str) -> None:
    load_book(bench, f"code,name,unit_price\nHP-1,Heat pump,{price}\n", name, **about)


def test_nothing_is_sold_out_of_a_book_that_is_not_in_use_here_today(estimates: Bench) -> None:
    for name, about in (
        ("Away", {"branch": str(AWAY)}),
        ("Draft", MINE | {"status": "draft"}),
        ("Retired", MINE | {"status": "retired"}),
        ("Euros", MINE | {"currency": "EUR"}),
        ("December", MINE | {"effective_from": "2026-12-01"}),
        ("Until yesterday", MINE | {"effective_until": "2026-11-29"}),
    ):
        load(estimates, name, "90.00", **about)
    load(estimates, "The company's", "100.00")
    assert sold_at(estimates) == "100.00"


@pytest.mark.parametrize(
    ("before", "nearer"),
    [
        ({"effective_from": "2026-11-01"}, MINE),
        (MINE, MINE | {"effective_from": "2026-11-30", "effective_until": "2026-11-30"}),
        ({"effective_from": "2026-10-31"}, {"effective_from": "2026-11-30"}),
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_a_task_is_sold_out_of_the_branchs_own_book_and_of_several_out_of_the_one_that_began_last(
    estimates: Bench, before: dict[str, str], nearer: dict[str, str], first: int
) -> None:
    """Whichever was written first."""
    books = [("Before", "100.00", before), ("Nearer", "90.00", nearer)]
    for name, asked, about in (books[first], books[1 - first]):
        load(estimates, name, asked, **about)
    assert sold_at(estimates) == "90.00"


def test_what_only_another_branch_sells_is_no_task_here(estimates: Bench) -> None:
    load_book(estimates, "code,name,unit_price\nHP-9,Heat pump,90.00\n", branch=str(AWAY))
    refused = problem(write(estimates, drafted(estimates)["id"], {"task_code": "HP-9", "qty": "1"}), 422)
    assert [one["pointer"] for one in refused["errors"]] == ["/options/0/lines/0/task_code"]


def test_another_branchs_price_book_is_not_there_for_who_works_here(estimates: Bench) -> None:
    theirs = load_book(estimates, "code,name,unit_price,category\nHP-9,Heat pump,90.00,Heating\n", branch=str(AWAY))
    for door in ("", "/categories", "/tasks"):
        assert estimates.as_("salesperson").get(f"{BOOKS}/{theirs}{door}").status_code == 404
        assert estimates.as_("stranger").get(f"{BOOKS}/{theirs}{door}").status_code == 200


def test_tasks_are_found_by_trade_by_word_and_below_a_category_in_their_own_book_alone(estimates: Bench) -> None:
    columns = "code,trade,category,name,unit_price\n"
    rows = ("P-1,hvac,Heat > Pumps", "P-2,hvac,Heat > Pumps > Small", "P_1,plumbing,Heat > Pumpsets", "P-3,hvac,Cool")
    load_book(estimates, f"{columns}P-1,hvac,Warm,A pump,9\n", "Another")
    book = load_book(estimates, columns + "".join(f"{row},A pump,9\n" for row in rows))

    def found(what: str = "tasks", field: str = "code", **asked: str) -> list[str]:
        query = urlencode(asked)
        return [one[field] for one in estimates.as_("salesperson").items(f"{BOOKS}/{book}/{what}?{query}")]

    assert found() == ["P-1", "P-2", "P-3", "P_1"]
    assert found(category="Heat > Pumps") == ["P-1", "P-2"]
    assert found(category="Heat > Pump_") == []
    assert found(trade="plumbing") == found(q="p_1") == ["P_1"]
    assert found("categories", "path") == ["Cool", "Heat", "Heat > Pumps", "Heat > Pumps > Small", "Heat > Pumpsets"]


def test_a_books_name_is_its_own_within_its_branch(estimates: Bench) -> None:
    admin = estimates.as_("admin")
    for branch in ({}, MINE, {"branch": str(AWAY)}):
        assert admin.post(BOOKS, {"name": "Rates"} | branch).status_code == 201
        again = problem(admin.post(BOOKS, {"name": "Rates"} | branch), 409)
        assert [one["pointer"] for one in again["errors"]] == ["/name"]
    other = f"{BOOKS}/{admin.post(BOOKS, {'name': 'Winter'} | MINE).get_json()['id']}"
    problem(admin.edit("PATCH", other, {"name": "Rates"}), 409)
    assert admin.edit("PATCH", other, {"name": "Winter", "effective_from": "2026-12-01"}).status_code == 200
    assert admin.edit("PATCH", other, {"name": "Winter rates"}).get_json()["name"] == "Winter rates"
    nowhere = {"branch": str(uuid4())}
    tax = admin.call("PUT", f"{ESTIMATES}/tax-codes/TN", json={"name": "Tennessee", "rate": "0.0925"} | nowhere)
    for answer in (admin.post(BOOKS, {"name": "Rates"} | nowhere), admin.edit("PATCH", other, nowhere), tax):
        assert [one["pointer"] for one in problem(answer, 422)["errors"]] == ["/branch"]


def test_a_book_keeps_the_currency_that_its_prices_are_in(estimates: Bench) -> None:
    admin, euros = estimates.as_("admin"), {"name": "Rates", "currency": "EUR"}
    load(estimates, "Rates", "90.00", status="active")
    refused = problem(admin.call("PUT", BOOKS, json=euros, headers={"If-Match": "*"}), 409)
    assert [one["pointer"] for one in refused["errors"]] == ["/currency"]
    assert sold_at(estimates) == "90.00"
    assert admin.call("PUT", BOOKS, json=euros | {"currency": "USD"}, headers={"If-Match": "*"}).status_code == 200


def test_a_book_ends_no_sooner_than_it_begins(estimates: Bench) -> None:
    dates = {"effective_from": "2026-12-02", "effective_until": "2026-12-01"}
    refused = problem(estimates.as_("admin").post(BOOKS, {"name": "Rates"} | dates), 422)
    assert [one["pointer"] for one in refused["errors"]] == ["/effective_until"]
    one_day = dict.fromkeys(dates, "2026-12-01")
    assert estimates.as_("admin").post(BOOKS, {"name": "Rates"} | one_day).status_code == 201
