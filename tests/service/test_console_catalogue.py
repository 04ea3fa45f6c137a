"""Price books and tax codes in the console: kept by the admin, read by who prices, reached without scripts."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from embedded.testing import Bench
from services.console.adapters.doors import Doors
from tests.service.console_reader import Reader
from tests.service.estimate_world import ESTIMATES, drafted, load_book, set_taxes

FILE = b"""code,name,category,unit_price
HP-3T,Heat pump 3 t,Heating,8920.00
TS-01,Smart thermostat,Control,289.00
,Nameless,,1
"""


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates", "console", "staff", "notifications")


def test_a_book_is_made_filled_from_a_file_after_a_dry_run_and_put_to_use(office: Bench) -> None:
    admin = Reader(office, "admin")
    admin.open("/settings/price-books")
    admin.follow("A new price book")
    page = admin.press("A new price book", name="Spring", status="draft")
    assert "Made. Its tasks come out of a file." in page.text
    place = page.answer.request.path

    for dry in ({"?dry_run": "true"}, {}):
        admin.open(place)
        admin.follow("Import a file")
        form = next(one for one in admin.page.forms if one.action.startswith("/do/book.import"))
        data = {**dict(form.fields), "file": (io.BytesIO(FILE), "tasks.csv")}
        answer = admin.client.post(form.action, data={name: data[name] for name in data if name != "?dry_run"} | dry)
        report = answer.get_data(as_text=True)
        assert answer.status_code == 200, report
        assert ("2 would be new" if dry else "2 are new") in report
        assert "Refused rows" in report
        assert ("Heat pump 3 t" in admin.open(place).text) is not bool(dry)

    assert "Smart thermostat" not in admin.open(f"{place}?category=Heating").text
    assert "Heat pump 3 t" not in admin.open(f"{place}?q=thermo").text
    admin.open(place)
    admin.follow("Edit")
    assert "In use" in admin.press("Save", status="active").text


def test_a_price_finer_than_a_cent_is_shown_as_it_is_sold(office: Bench) -> None:
    book = load_book(office, "code,name,unit_price,member_price,cost\nGAS,Gas for one,0.125,0.1225,0.0999\n")
    page = Reader(office, "admin").open(f"/settings/price-books/{book}")
    assert "$0.125 $0.1225" in " ".join(page.text.split())
    assert "$0.125" in Reader(office, "salesperson").open(f"/estimates/{drafted(office)['id']}").text


def test_who_may_only_read_a_book_is_offered_nothing_else(office: Bench) -> None:
    office.as_("admin").post(f"{ESTIMATES}/price-books", {"name": "Book", "currency": "USD"})
    page = Reader(office, "salesperson").open("/settings/price-books")
    assert "Book" in page.links
    assert not [path for path in page.offered if path.startswith("/do/book")]


def test_a_tax_code_is_added_and_changed_and_never_written_over_by_mistake(office: Bench) -> None:
    set_taxes(office)
    admin = Reader(office, "admin")
    admin.open("/settings/tax-codes")
    page = admin.press("Add", code="city 1", name="City", rate="0.0275")
    assert "2.75 %" in page.text
    assert "10.375 %" in admin.press("Add", code="county", name="County", rate="0.10375").text
    page = admin.press("Add", code="city 1", name="Another", rate="0.9")
    assert (page.status, "is there already" in page.text) == (422, True)
    assert ("name", "Another") in page.forms[-1].fields
    page = admin.open("/do/tax.put/city%201?back=/settings/tax-codes")
    assert ("rate", "0.0275") in page.forms[-1].fields
    page = admin.press("Change", rate="0.03")
    assert "3 %" in page.text
    assert office.as_("admin").get(f"{ESTIMATES}/tax-codes/city 1").get_json()["rate"] == "0.03"


def test_a_tax_code_is_changed_whatever_it_is_called(office: Bench) -> None:
    office.as_("admin").call("PUT", f"{ESTIMATES}/tax-codes/{quote('VAT 20%? ü')}", json={"name": "VAT", "rate": "0.2"})
    admin = Reader(office, "admin")
    admin.open("/settings/tax-codes")
    [address] = [one for one in admin.page.offered if one.startswith("/do/tax.put/VAT")]
    admin.open(address)
    assert admin.press("Change", rate="0.21").status == 200
    [changed] = [one for one in office.as_("admin").items(f"{ESTIMATES}/tax-codes") if one["name"] == "VAT"]
    assert (changed["code"], changed["rate"]) == ("VAT 20%? ü", "0.21")


@pytest.mark.parametrize("path", ["do/tax.put/a b ü?x=1", "settings/questions/a b ü?", "settings/parked/leads/a b ü?"])
def test_whatever_an_address_names_is_asked_for_as_http_can_say_it(
    office: Bench, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path with a space or an umlaut in it cannot be sent to the gateway of a distributed system."""
    asked: list[str] = []
    monkeypatch.setattr(Doors, "ask", noting(Doors.ask, asked))
    Reader(office, "admin").client.get("/" + quote(path))
    named = [one for one in asked if "a%20b" in one]
    assert (len(named), {one for one in asked if not one.isascii() or " " in one}) == (1, set())


def noting(ask: Callable[..., Any], asked: list[str]) -> Callable[..., Any]:
    def noted(self: Doors, method: str, path: str, *given: Any, **more: Any) -> Any:
        asked.append(path)
        return ask(self, method, path, *given, **more)

    return noted
