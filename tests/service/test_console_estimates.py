"""The console's estimates: a price is written, sent, revised and accepted, by somebody without scripts."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from embedded.testing import HOME, Bench, moment
from libs.common.contracts.staff import Branch, BranchChanged
from services.console.adapters import doors
from services.console.api.screens import estimates
from tests.service.console_reader import Page, Reader
from tests.service.estimate_world import ESTIMATES, PUMP, drafted, load_book, priced, seen, send, set_taxes

BOOK = "code,name,unit_price\nHP-1,Heat pump,{}\n"


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates", "console", "staff", "notifications")


def at(office: Bench, ident: str, by: str = "salesperson") -> Reader:
    reader = Reader(office, by)
    assert reader.open(f"/estimates/{ident}").status == 200, reader.page.text
    return reader


def write(reader: Reader, button: str, **typed: str) -> Page:
    """Types into the builder; ``line0__qty`` is the first line's quantity."""
    return reader.press(
        button, **{name.replace("line", "options.0.lines.", 1).replace("__", "."): text for name, text in typed.items()}
    )


def book(office: Bench) -> str:
    """A price book with two tasks."""
    admin = office.as_("admin")
    made = admin.post(f"{ESTIMATES}/price-books", {"name": "Book", "currency": "USD", "status": "active"})
    assert made.status_code == 201, made.get_data(as_text=True)
    rows = (
        "code,name,description,unit_price,cost,taxable,tax_code\n"
        "HP-3T,Heat pump 3 t,Two-stage,8920.00,6000,yes,t20\nTS-01,Smart thermostat,,289.00,120,yes,t20\n"
    )
    path = f"{ESTIMATES}/price-books/{made.get_json()['id']}/import"
    answer = admin.call("POST", path, data={"file": (io.BytesIO(rows.encode()), "tasks.csv")})
    assert answer.get_json()["created"] == 2, answer.get_data(as_text=True)
    return str(made.get_json()["id"])


def test_a_draft_is_written_in_a_form_and_shows_what_the_service_makes_of_it(office: Bench) -> None:
    set_taxes(office)
    reader = at(office, drafted(office)["id"])
    reader.press("Free line")
    page = write(reader, "Save", line0__description="Heat pump", line0__qty="2", line0__unit_price="1,000.00",
                 line0__discount_percent="10", line0__tax_code="t20", line0__taxable="true")  # fmt: skip
    assert "Saved." in page.text
    assert "$1,800.00" in page.text
    assert "$2,160.00" in page.text
    assert "Tax t20" in page.text


def test_tax_that_prices_include_is_said_to_be_included(office: Bench) -> None:
    """It stands among what is added up to the total, and is no part of that sum."""
    set_taxes(office)
    ident = drafted(office)["id"]
    priced(office, ident, PUMP | {"tax_code": "t20"}, prices_include_tax=True)
    assert "Included: tax t20" in at(office, ident).page.text
    send(office, ident)
    assert "Included: tax t20" in at(office, ident).page.text


def test_a_button_changes_the_form_and_nothing_typed_is_lost(office: Bench) -> None:
    ident = drafted(office)["id"]
    reader = at(office, ident)
    reader.press("Free line")
    page = write(reader, "Add an add-on", line0__description="Heat pump", line0__unit_price="8400", notes="Dog")
    assert ("options.0.lines.0.description", "Heat pump") in fields(page)
    assert ("notes", "Dog") in fields(page)
    assert "options.0.add_ons.0.description" in dict(fields(page))
    assert "Not saved yet" in page.text
    assert seen(office, ident)["options"][0]["lines"] == []

    page = reader.press("Another option like this")
    assert ("options.1.lines.0.description", "Heat pump") in fields(page)
    page = reader.press("Save", **{"options.1.name": "Better", "options.1.lines.0.unit_price": "9000"})
    assert [one["name"] for one in seen(office, ident)["options"]] == ["Standard", "Better"]
    assert seen(office, ident)["options"][0]["add_ons"] == [], "a line in which nothing stands is none"


def fields(page: Page) -> list[tuple[str, str]]:
    return next(form.fields for form in page.forms if form.ident == "draft")


def test_a_fault_stands_at_its_field_and_the_rest_stays(office: Bench) -> None:
    ident = drafted(office)["id"]
    reader = at(office, ident)
    reader.press("Free line")
    reader.press("Free line")
    page = reader.press("Save", **{"options.0.lines.1.description": "Pump", "options.0.lines.1.qty": "two"})
    assert page.status == 422
    assert "line 2, quantity" in page.text
    assert 'id="options-0-lines-1-qty" name="options.0.lines.1.qty" aria-invalid="true"' in page.html
    assert ("options.0.lines.1.description", "Pump") in fields(page)


def test_after_a_refusal_an_act_leads_back_to_the_estimate_and_its_address_can_be_opened(office: Bench) -> None:
    ident = drafted(office)["id"]
    reader = at(office, ident)
    reader.press("Free line")
    page = reader.press("Save", **{"options.0.lines.0.description": "Pump", "options.0.lines.0.qty": "two"})
    assert (page.status, page.answer.request.path) == (422, f"/estimates/{ident}/draft")
    reader.follow("Record a round")
    page = reader.press("Record a round", side="customer", kind="note", note="Wants it by June")
    assert (page.status, page.answer.request.path) == (200, f"/estimates/{ident}")
    assert "Wants it by June" in page.text
    reader = Reader(office, "salesperson")
    assert reader.open(f"/estimates/{ident}/draft").answer.request.path == f"/estimates/{ident}"
    assert reader.open("/leads/give").answer.request.path == "/leads"
    assert reader.open("/leads/take").status == 404


def test_a_comma_that_may_be_a_point_is_not_passed_over(office: Bench) -> None:
    """One and a half hours were fifteen, and a price of 84,50 was 8,450.00."""
    ident = drafted(office)["id"]
    reader = at(office, ident)
    reader.press("Free line")
    typed = {"line0__description": "Labour", "line0__qty": "1,5", "line0__unit_price": "84,50"}
    page = write(reader, "Save", **typed, line0__discount_percent="2,5 %")
    assert page.status == 422
    for name, text in (("qty", "1,5"), ("unit_price", "84,50"), ("discount_percent", "2,5 %")):
        assert (f"options.0.lines.0.{name}", text) in fields(page)
    assert page.html.count('aria-invalid="true"') == 3
    assert "is not a number such as 8400.00" in page.text
    assert "Deposit at most 10 % and $1,000.00" in page.text

    page = write(reader, "Save", line0__qty="1.5", line0__unit_price="$1,250,084.50", line0__discount_percent="2.5 %")
    assert "Saved." in page.text
    assert seen(office, ident)["total"] == "1828248.58"
    write(reader, "Save", line0__qty=".5", line0__unit_price="€ 84.50", line0__discount_percent="")
    assert seen(office, ident)["total"] == "42.25"


def test_a_comma_is_the_point_where_the_branch_writes_it_so(office: Bench) -> None:
    """1,250 kilometres were 1250, and 84,50 was refused; what the fields show, with a point, stays what it is."""
    there = Branch(name="Berlin", time_zone="Europe/Berlin", currency="EUR", locale="de_DE", trades=("hvac",))
    office.tell(BranchChanged(subject=HOME, branch=there), by="staff")
    ident = drafted(office)["id"]
    reader = at(office, ident)
    reader.press("Free line")
    write(reader, "Save", line0__description="Way", line0__qty="1,250", line0__unit_price="1.234,56 €")
    assert seen(office, ident)["total"] == "1543.20"
    assert ("options.0.lines.0.unit_price", "1234.56") in fields(reader.press("Save"))
    assert seen(office, ident)["total"] == "1543.20"
    write(reader, "Save", line0__qty=",5", line0__unit_price="1,234.50")
    assert seen(office, ident)["total"] == "617.25"


def test_a_task_of_the_price_book_becomes_a_line_with_its_price(office: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also out of a book that is older than many, and where others have its code in their names."""
    monkeypatch.setattr(doors, "MOST", 1)
    set_taxes(office)
    book(office)
    load_book(office, "code,name,unit_price\nAA-1,Lid for TS-01,4\n", currency="USD", name="Lids")
    ident = drafted(office)["id"]
    reader = at(office, ident)
    page = reader.press("Find", q="thermo", notes="kept")
    assert "Smart thermostat" in page.text
    assert "Heat pump 3 t" not in page.text
    page = reader.press("Add Smart thermostat")
    assert ("options.0.lines.0.unit_price", "289.00") in fields(page)
    assert ("notes", "kept") in fields(page)
    reader.press("Save")
    [line] = seen(office, ident)["options"][0]["lines"]
    assert (line["task_code"], line["amount"], line["cost"]) == ("TS-01", "289.00", "120.00")


def test_the_builder_offers_what_is_sold_today_and_no_other_years_price(office: Bench) -> None:
    office.clock.now = moment("2026-12-31 18:00")
    for name, price, more in (
        ("2026", "8400", {}),
        ("2025", "7900", {"effective_until": "2026-12-30"}),
        ("2027", "8900", {"effective_from": "2027-01-01"}),
    ):
        dates = office.as_("admin").edit(
            "PATCH", f"{ESTIMATES}/price-books/{load_book(office, BOOK.format(price), name)}", more
        )
        assert dates.status_code == 200, dates.get_data(as_text=True)
    reader = at(office, drafted(office)["id"])
    assert [one for one in ("$7,900.00", "$8,400.00", "$8,900.00") if one in reader.page.text] == ["$8,400.00"]
    reader.press("Add Heat pump")
    assert "Saved." in reader.press("Save").text
    office.clock.forward(hours=13)
    reader = at(office, drafted(office)["id"])
    assert [one for one in ("$7,900.00", "$8,400.00", "$8,900.00") if one in reader.page.text] == ["$8,900.00"]


def test_two_who_write_one_draft_are_told_and_neither_loses_a_word(office: Bench) -> None:
    ident = drafted(office)["id"]
    mine, theirs = at(office, ident), at(office, ident, "manager")
    assert "Saved." in theirs.press("Save", notes="theirs").text
    page = mine.press("Save", notes="mine")
    assert (page.status, "Somebody changed this" in page.text) == (412, True)
    assert ("notes", "mine") in fields(page)
    mine.press("Save")
    assert seen(office, ident)["notes"] == "mine"


def test_a_price_goes_out_its_link_is_shown_once_and_it_is_revised(office: Bench) -> None:
    ident = drafted(office)["id"]
    priced(office, ident, PUMP)
    reader = at(office, ident)
    page = reader.press("Send")
    assert ("to", "ivy@castellan.example") in page.forms[-1].fields
    page = reader.press("Send")
    assert "It is on its way" in page.text
    assert "data-saved" in page.html, "what was typed is done with, and not offered again"
    assert "http://plumbline.example/e/" in page.html

    page = reader.follow("Back to the estimate")
    assert "/e/" not in page.html.replace("/estimates/", "")
    assert "Sent, and not opened yet" in page.text
    reader.follow("Revise")
    page = reader.press("Revise", reason="without the duct")
    assert "Version 2: without the duct" in page.text
    page = reader.press("Save", **{"options.0.lines.0.unit_price": "8000"})
    assert "Versions side by side" in page.text
    assert "−$400.00" in page.text


def test_a_yes_that_was_heard_is_recorded(office: Bench) -> None:
    ident = drafted(office)["id"]
    priced(office, ident, PUMP)
    send(office, ident)
    reader = at(office, ident, "csr")
    assert "Save" not in {name for form in reader.page.forms for name in form.buttons}
    assert "margin" not in reader.page.text
    reader.follow("Record their yes")
    late = at(office, ident)
    late.follow("Revise")
    page = reader.press("Record their yes", typed_name="Ivy Castellan")
    assert "Accepted. The sale opens by itself." in page.text
    page = late.press("Revise", reason="Cheaper")
    assert "Not possible any more" in page.text
    assert "was accepted on" in page.text
    assert seen(office, ident)["state"] == "accepted"


def test_a_discount_beyond_ones_limit_is_asked_for_and_approved_by_another(office: Bench) -> None:
    ident = drafted(office)["id"]
    priced(office, ident, PUMP, discount={"percent": "40"})
    reader = at(office, ident)
    assert "more than the" in reader.page.text, "what stands in the way of Send is said before it is tried"
    reader.follow("Ask for approval")
    page = reader.press("Ask for approval", note="or they go elsewhere")
    assert "Waits for approval" in page.text
    manager = at(office, ident, "manager")
    manager.follow("Approve")
    assert "Approved. It can be sent." in manager.press("Approve").text


def test_what_an_option_is_called_is_text_wherever_it_can_be_chosen(office: Bench) -> None:
    ident = drafted(office)["id"]
    priced(office, ident, options=[{"name": "<b>5 % off</b>", "lines": [PUMP]}])
    send(office, ident)
    for path in (f"/estimates/{ident}", f"/do/estimate.accept/{ident}"):
        page = Reader(office, "salesperson").open(path)
        assert page.status == 200, page.text
        assert "<b>5 % off</b>" in page.text
        assert "<b>5" not in page.html


def test_the_list_says_which_end_first_however_many_are_out(office: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each state there stood fifty."""
    monkeypatch.setattr(estimates, "AT_ONCE", 1)
    later, first = drafted(office)["id"], drafted(office, title="Boiler for Ann")["id"]
    page = Reader(office, "salesperson").open("/estimates")
    assert "Boiler for Ann" in page.text
    reader = Reader(office, "salesperson")
    assert "None like that" in reader.open("/estimates?expiring=1").text
    for ident, days in ((later, 9), (first, 4)):
        priced(office, ident, PUMP, valid_until=f"{office.clock() + timedelta(days):%Y-%m-%d}")
        send(office, ident)
    page = reader.open("/estimates?expiring=1")
    assert ("Boiler for Ann" in page.text, "Heat pump for Ivy" in page.text) == (True, False)
    page = reader.follow("Ending later")
    assert ("Boiler for Ann" in page.text, "Heat pump for Ivy" in page.text) == (False, True)


def test_the_paper_is_the_services(office: Bench) -> None:
    ident = drafted(office)["id"]
    priced(office, ident, PUMP)
    answer: Any = Reader(office, "salesperson").client.get(f"/estimates/{ident}/estimate.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{seen(office, ident)["number"]}.pdf"'


def test_at_the_table_a_choice_is_worked_out_and_signed_and_no_cost_is_seen(office: Bench) -> None:
    ident = drafted(office)["id"]
    extra = {"description": "Pad", "qty": "1", "unit_price": "60.00", "cost": "12.34"}
    options = [{"name": name, "lines": [PUMP | {"cost": "7001.00"}], "add_ons": [extra]} for name in ("Good", "Better")]
    priced(office, ident, options=options)
    reader = Reader(office, "salesperson")
    assert "It can be accepted here once it was sent." in reader.open(f"/estimates/{ident}/present").text
    send(office, ident)
    page = reader.open(f"/estimates/{ident}/present")
    assert "argin" not in page.html
    assert "7001" not in page.html
    assert "12.34" not in page.html
    [good, _] = seen(office, ident)["options"]
    page = reader.press("Work it out", option=good["id"], add_ons=good["add_ons"][0]["id"])
    assert "Good, with Pad" in page.text
    assert "8,460" in page.text
    page = reader.press("Accept Good", add_ons=good["add_ons"][0]["id"])
    assert "stands for the signature" in page.text
    assert 'aria-invalid="true" aria-describedby="wrong-1"' in page.html
    page = reader.press("Accept Good", add_ons=good["add_ons"][0]["id"], typed_name="Ivy Castellan")
    assert "Accepted. The sale opens by itself." in page.text
    said = seen(office, ident)["acceptance"]
    assert (said["method"], said["totals"]["total"]) == ("in_person", "8460.00")
