"""What it costs us, and so what we earn, is for who makes a price, orders or keeps the books; for nobody else."""

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from embedded.testing import Bench
from libs.common.auth import RULES
from libs.common.contracts.parts import Material
from tests.service.bookings_world import BOOKINGS, Orders
from tests.service.estimate_world import ESTIMATES, act, drafted, load_book, priced, set_rules, set_taxes

BOOK = "code,name,unit_price,cost\nHP-1,Heat pump,8400.00,5123.00\n"
PARTS = "task_code,kind,part_number,description,qty,unit,unit_cost\nHP-1,material,P-7,Pipe,2,m,4321.00\n"
LINE = {"task_code": "HP-1", "qty": "1", "tax_code": "t0"}
TELLING = ("5123", "4321", "0.3901", "39.01")
ROLES = ("admin", "csr", "technician", "salesperson", "manager", "office", "operations", "auditor", "marketing")


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    made = bench("estimates")
    set_taxes(made)
    book = load_book(made, BOOK)
    form = {"file": (BytesIO(PARTS.encode()), "parts.csv")}
    path = f"{ESTIMATES}/price-books/{book}/import?kind=assemblies"
    answer = made.as_("admin").call("POST", path, data=form, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return made


def told(bench: Bench, who: str, *paths: str) -> dict[str, Any]:
    """Which of these the person may read, and whether a cost or a margin can be told from it."""
    answers = {path: bench.as_(who).get(path) for path in paths}
    read = {path: one.get_data(as_text=True) for path, one in answers.items() if one.status_code == 200}
    return {path: any(one in text for one in TELLING) for path, text in read.items()}


def test_of_a_price_they_are_for_whom_the_table_says(estimates: Bench) -> None:
    set_rules(estimates, margin_floor="0.50")
    ident, book = str(drafted(estimates)["id"]), estimates.as_("admin").items(f"{ESTIMATES}/price-books")[0]["id"]
    priced(estimates, ident, LINE)
    assert act(estimates, ident, "submit").status_code == 200
    one = f"{ESTIMATES}/{ident}"
    paths = (one, f"{one}/versions", f"{one}/versions/1", f"{one}/totals", f"{ESTIMATES}?limit=50",
             f"{ESTIMATES}/price-books/{book}/tasks")  # fmt: skip
    for who in ROLES:
        found = told(estimates, who, *paths)
        assert any(found.values()) == (who in RULES["cost.read"] and bool(found)), (who, found)
    seen = {who: estimates.as_(who).get(one).get_json() for who in ("csr", "manager")}
    assert seen["manager"]["approval_reasons"] == ["Standard: a margin of 39.01 % is under the floor of 50 %"]
    assert (seen["csr"]["approval_reasons"], seen["csr"]["options"][0]["margin"]) == (None, None)
    line = seen["csr"]["options"][0]["lines"][0]
    assert (line["cost"], line["unit_price"]) == (None, "8400.00"), "the price they may tell"


def test_of_an_order_the_crew_learns_what_to_order_and_not_what_it_costs(bench: Callable[..., Bench]) -> None:
    orders = Orders(bench("bookings"))
    pipe = Material(description="Pipe", qty=Decimal(2), unit="m", code="P-7", cost=Decimal("4321.00"))
    path = f"{BOOKINGS}/{orders.assigned(materials=(pipe,))['id']}"
    for who in ROLES:
        found = told(orders.bench, who, path, BOOKINGS)
        assert any(found.values()) == (who in RULES["cost.read"] and bool(found)), (who, found)
    [listed] = orders.bench.as_("operations").get(path).get_json()["materials"]
    assert (listed["description"], listed["qty"], listed["cost"]) == ("Pipe", "2", None)
    done = orders.bench.as_("operations").post(f"{path}/accept").get_data(as_text=True)
    assert "4321" not in done, "nor by an answer to what they do"
