"""Price books: read out of files as a spreadsheet writes them, copied on use, changed under their ETag."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from embedded.testing import Bench
from tests.service.estimate_world import (
    ESTIMATES,
    drafted,
    load_book,
    priced,
    seen,
    set_taxes,
)


@pytest.fixture
def estimates(bench: Callable[..., Bench]) -> Bench:
    made = bench("estimates")
    set_taxes(made)
    return made


BOOK = (
    "code,trade,category,name,description,unit_price,member_price,cost,hours,taxable,tax_code,add_ons\n"
    "HP-1,hvac,Heating > Pumps,Heat pump,Installed,8400.00,8000.00,5000.00,8,yes,t22,HP-2\n"
    "HP-2,hvac,Heating > Pumps,Pad,,120.00,,40.00,0.5,no,,\n"
)


def load(estimates: Bench, ident: str, text: str, query: str = "") -> dict[str, Any]:
    data = {"file": (BytesIO(text.encode()), "book.csv")}
    answer = estimates.as_("admin").call("POST", f"{ESTIMATES}/price-books/{ident}/import{query}", data=data)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    report: dict[str, Any] = answer.get_json()
    return report


def test_a_task_is_copied_on_use_and_keeps_its_price_when_the_book_changes(estimates: Bench) -> None:
    price_book = load_book(estimates, BOOK)
    ident = drafted(estimates)["id"]
    assert priced(estimates, ident, {"task_code": "HP-1", "qty": "2"})["total"] == "20496.00"

    [shown] = seen(estimates, ident)["options"][0]["lines"]
    assert (shown["description"], shown["cost"], shown["hours"]) == ("Heat pump\nInstalled", "5000.00", "16")
    load(estimates, price_book, BOOK.replace("8400.00", "9000.00"))
    assert seen(estimates, ident)["options"][0]["totals"]["total"] == "20496.00"
    assert priced(estimates, ident, {"task_code": "HP-1", "qty": "1"}, member=True)["net"] == "8000.00"


def test_a_dry_run_changes_nothing_and_the_same_file_adds_nothing(estimates: Bench) -> None:
    ident = load_book(estimates, BOOK)
    dry = load(estimates, ident, BOOK.replace("Pad", "Concrete pad"), "?dry_run=true")
    assert (dry["dry_run"], dry["changed"], dry["already"]) == (True, 1, 1)
    same = load(estimates, ident, BOOK)
    assert (same["created"], same["changed"], same["already"]) == (0, 0, 2)

    long = load(estimates, ident, BOOK.replace(",8,", ",1000000000,"))
    assert "hours" in long["rejected"][0]["errors"][0]

    bad = load(estimates, ident, BOOK + "HP-3,,,Fan,,cheap,,,,perhaps,none,\n,,,,,1,,,,,,\n")
    assert [one["line"] for one in bad["rejected"]] == [4, 5]
    assert len(bad["rejected"][0]["errors"]) == 3

    columns = "task_code,kind,part_number,description,qty,unit,unit_cost"
    parts = f"{columns}\nHP-1,material,P,Pump,1,each,4000\nNO,material,,x,1,,\n"
    report = load(estimates, ident, parts, "?kind=assemblies")
    assert (report["created"], [one["line"] for one in report["rejected"]]) == (1, [3])
    tasks = estimates.as_("salesperson").items(f"{ESTIMATES}/price-books/{ident}/tasks?category=Heating")
    assert [(task["code"], [part["code"] for part in task["materials"]]) for task in tasks] == [
        ("HP-1", ["P"]),
        ("HP-2", []),
    ]
    paths = [one["path"] for one in estimates.as_("csr").items(f"{ESTIMATES}/price-books/{ident}/categories")]
    assert paths == ["Heating", "Heating > Pumps"]


def test_a_task_of_whose_parts_one_cannot_be_read_keeps_those_that_it_has(estimates: Bench) -> None:
    ident, query = load_book(estimates, BOOK), "?kind=assemblies"
    load(estimates, ident, "task_code,description,qty\nHP-1,Pump,1\nHP-1,Pipe,12\n", query)
    report = load(estimates, ident, "task_code,description,qty\nHP-1,Pump,2\nHP-1,Pipe,a few\nHP-2,Sand,1\n", query)

    assert (report["created"], report["changed"], [one["line"] for one in report["rejected"]]) == (1, 0, [3])
    assert "so task HP-1 keeps the materials that it has" in report["rejected"][0]["errors"]
    tasks = estimates.as_("salesperson").items(f"{ESTIMATES}/price-books/{ident}/tasks")
    assert [[part["description"] for part in one["materials"]] for one in tasks] == [["Pump", "Pipe"], ["Sand"]]
    assert tasks[0]["materials"][0]["qty"] == "1"


def test_a_file_of_new_prices_changes_nothing_that_it_says_nothing_of(estimates: Bench) -> None:
    ident = load_book(estimates, BOOK)
    tasks = f"{ESTIMATES}/price-books/{ident}/tasks"
    before = {one["code"]: one for one in estimates.as_("admin").items(tasks)}

    report = load(estimates, ident, "code,name,unit_price\nHP-1,Heat pump,9000.00\nHP-2,Pad,120.00\nHP-9,Fan,90.00\n")

    assert (report["created"], report["changed"], report["already"]) == (1, 1, 1)
    after = {one["code"]: one for one in estimates.as_("admin").items(tasks)}
    assert after["HP-1"] == before["HP-1"] | {"unit_price": "9000.00"}
    assert after["HP-2"] == before["HP-2"]
    assert (after["HP-9"]["taxable"], after["HP-9"]["cost"], after["HP-9"]["add_ons"]) == (False, None, [])
    emptied = load(estimates, ident, "code,name,unit_price,cost\nHP-1,Heat pump,9000.00,\n")
    assert emptied["changed"] == 1
    assert {one["code"]: one["cost"] for one in estimates.as_("admin").items(tasks)}["HP-1"] is None
    assert [one["code"] for one in estimates.as_("admin").items(f"{tasks}?q=pumps")] == ["HP-1", "HP-2"]
    load(estimates, ident, "code,name,unit_price,tax_code\nHP-2,Pad,120.00,t22\nHP-9,Fan,90.00,\n")
    assert {one["code"]: one["taxable"] for one in estimates.as_("admin").items(tasks)} == {
        "HP-1": True,
        "HP-2": True,  # whoever names a code of tax wants it taxed, as in a line
        "HP-9": False,
    }


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("$1,250.50", "1250.50"),
        ("$ 99", "99.00"),
        ("$1,250", "1250.00"),
        ("1,250,000.5", "1250000.50"),
        ("1,250", None),  # a comma may stand for a point
        ("1.250,50", None),
        ("1250,5", None),
        ("12,50.00", None),
        ("€99.00", None),  # a book has one currency
        ("99.00 USD", None),
        ("-1", None),
        ("($99.00)", None),
    ],
)
def test_a_price_is_read_as_a_spreadsheet_writes_it_and_never_guessed(
    estimates: Bench, typed: str, price: str | None
) -> None:
    ident = load_book(estimates, BOOK)
    report = load(estimates, ident, f'code,name,unit_price\nHP-2,Pad,"{typed}"\n')

    [task] = estimates.as_("admin").items(f"{ESTIMATES}/price-books/{ident}/tasks?q=HP-2")
    assert task["unit_price"] == (price or "120.00")
    assert [one["line"] for one in report["rejected"]] == ([] if price else [2])


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("1.250,50", "1250.50"),
        ("84,5", "84.50"),
        ("84,50 $", "84.50"),
        ("0,125", "0.125"),
        ("84.50", "84.50"),
        ("1.250", None),  # a thousand times as much, or not
        ("1,250", None),
    ],
)
def test_where_cells_are_parted_by_semicolons_a_comma_is_the_decimal_one(
    estimates: Bench, typed: str, price: str | None
) -> None:
    """As a spreadsheet saves it where 1.250,50 is written; a price of 1.250 was taken for one of 1.25."""
    ident = load_book(estimates, BOOK)
    report = load(estimates, ident, f"code;name;unit_price\nHP-2;Pad;{typed}\n")

    [task] = estimates.as_("admin").items(f"{ESTIMATES}/price-books/{ident}/tasks?q=HP-2")
    assert task["unit_price"] == (price or "120.00")
    assert [one["line"] for one in report["rejected"]] == ([] if price else [2])
    load(estimates, ident, "code;name;unit_price;hours\nHP-2;Pad;1,00;2,5\n")
    assert estimates.as_("admin").items(f"{ESTIMATES}/price-books/{ident}/tasks?q=HP-2")[0]["hours"] == "2.5"


@pytest.mark.parametrize(
    ("columns", "unread"),
    [
        ("Internal Reference,Name,Sales Price,Cost,Product Category,Favorite", ["Favorite"]),
        ("Item Code,Item Name,Standard Selling Rate,Valuation Rate,Item Group,Disabled", ["Disabled"]),
        ("Code,Display Name,Price,unit cost,Category,Active", ["Active"]),
    ],
)
def test_a_list_of_prices_out_of_another_program_needs_no_new_header(
    estimates: Bench, columns: str, unread: list[str]
) -> None:
    ident = load_book(estimates, BOOK)
    report = load(estimates, ident, f"{columns}\nHP-7,Fan,90.00,40.00,Heating > Fans,no\n")

    assert (report["created"], report["unknown"], len(report["columns"])) == (1, unread, 5)
    [fan] = estimates.as_("admin").items(f"{ESTIMATES}/price-books/{ident}/tasks?q=HP-7")
    assert (fan["name"], fan["unit_price"], fan["cost"]) == ("Fan", "90.00", "40.00")


def test_of_two_columns_that_may_be_the_price_none_is_chosen(estimates: Bench) -> None:
    ident = load_book(estimates, BOOK)
    form = {"file": (BytesIO(b"code,name,List Price,Sales Price\nHP-2,Pad,99.00,89.00\n"), "book.csv")}
    where = f"{ESTIMATES}/price-books/{ident}/import"
    refused = estimates.as_("admin").call("POST", where, data=form, content_type="multipart/form-data")

    assert refused.status_code == 422
    assert refused.get_json()["errors"] == [
        {"pointer": "/file", "detail": "has List Price and Sales Price; call the one that is meant unit_price"}
    ]


def test_a_price_book_is_changed_with_its_etag_and_put_by_name(estimates: Bench) -> None:
    admin, books = estimates.as_("admin"), f"{ESTIMATES}/price-books"
    made = admin.call("PUT", books, json={"name": "Rates"})
    assert (made.status_code, made.get_json()["status"]) == (201, "draft")
    body = {"name": "Rates", "status": "active"}
    assert admin.call("PUT", books, json=body).status_code == 428
    tag = made.headers["ETag"]
    assert admin.call("PUT", books, json=body, headers={"If-Match": tag}).get_json()["status"] == "active"
    assert admin.call("PUT", books, json=body, headers={"If-Match": tag}).status_code == 412
    one = f"{books}/{made.get_json()['id']}"
    assert (
        admin.edit("PATCH", one, {"effective_from": "2026-02-01", "effective_until": "2026-01-01"}).status_code == 422
    )
    assert admin.edit("PATCH", one, {"status": "retired"}).get_json()["status"] == "retired"
    assert admin.post(books, {"name": "Rates"}).status_code == 409
    assert estimates.as_("salesperson").call("PUT", books, json=body).status_code == 403
