"""A booking order on paper, and by mail to whoever does the work (R36)."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from embedded.testing import HOME, Bench
from libs.common.contracts.bookings import BookingMailed
from libs.common.contracts.parts import Contact, LineSold, Material
from libs.common.contracts.staff import Branch, BranchChanged
from services.bookings.usecases import paper
from tests.service.bookings_world import BOOKINGS, Orders, phone
from tests.service.on_paper import mails, words

PIPE = Material(description="Pipe", qty=Decimal("2.50"), unit="m", code="P-7", cost=Decimal("4321.00"))
LINE = LineSold(
    description="Heat pump, installed", qty=Decimal(2), unit_price=Decimal("4200.00"), amount=Decimal("8400.00")
)
IVY = Contact(name="Ivy Castellan", phones=phone("+16155550142"), emails=("ivy@home.example",))
MONEY = ("4321", "4,321", "8400", "8,400", "4200", "4,200", "840", "$", "argin", "eposit", "otal")


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings"))


def printed(orders: Orders, ident: str, by: str = "operations") -> str:
    answer = orders.bench.as_(by).get(f"{BOOKINGS}/{ident}/booking.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    number = orders.bench.as_(by).get(f"{BOOKINGS}/{ident}").get_json()["number"]
    assert answer.headers["Content-Disposition"] == f'inline; filename="{number}.pdf"'
    return words(answer.data)


def test_the_crew_takes_along_all_it_needs_and_no_price(orders: Orders) -> None:
    more = {"lines": (LINE,), "materials": (PIPE,), "contact": IVY, "deposit": "840.00", "notes": "Mind the cat"}
    booking = orders.sell(**more)
    window = {"window_starts_at": "2026-03-13T14:00:00Z", "window_ends_at": "2026-03-13T22:00:00Z"}
    orders.edit(
        booking, permits="Permit 26-118", access_notes="Gate code 4711", checklist={"site_access": True}, **window
    )
    shown = printed(orders, booking["id"])
    for told in (
        booking["number"], "Draft", "Heat pump, installed", "Quantity", "Pipe", "P-7", "2.5 m", "(615) 555-0142",
        "ivy@home.example", "1204 Forrest Ave", "Gate code 4711", "Permit 26-118", "Mind the cat",
        "Fri 13 March 09:00", "Site access and parking agreed", "done", "open",
    ):  # fmt: skip
        assert told in shown, told
    assert not [one for one in MONEY if one in shown]


def test_a_cancelled_order_says_so_on_paper_and_still_what_it_was(orders: Orders) -> None:
    booking = orders.in_state("cancelled")
    shown = printed(orders, booking["id"], by="office")
    for told in ("Cancelled", "changed mind", "Heat pump, installed"):
        assert told in shown


def test_the_order_goes_by_mail_to_each_address_once_however_often_it_is_asked(orders: Orders) -> None:
    booking = orders.assigned(contact=IVY)
    path = f"{BOOKINGS}/{booking['id']}/mail"
    body = {
        "to": ["crew@trucks.example", "Crew@Trucks.example", "boss@trucks.example"],
        "note": "Bring the long ladder",
    }
    operator, key = orders.bench.as_("operations"), {"Idempotency-Key": "once"}
    first, again = (operator.call("POST", path, json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.data) == (200, 200, first.data)

    sent = mails(orders.bench, "bookings")
    assert [one["recipient"] for one in sent] == ["Crew@Trucks.example", "boss@trucks.example"]
    assert all(booking["number"] in one["subject"] for one in sent)
    assert all("Bring the long ladder" in one["body"] for one in sent)
    assert all(f"/bookings/{booking['id']}" in one["body"] for one in sent)
    assert all(one["body"].endswith("\noperations, Nashville\n") for one in sent), "who sends it"
    for one in sent:
        [(name, kind, shown)] = one["paper"]
        assert (name, kind) == (f"{booking['number']}.pdf", "application/pdf")
        assert "Ivy Castellan" in shown
    [told] = orders.bench.told("bookings", BookingMailed)
    assert told.data["to"] == body["to"]
    assert told.data["state"] == "assigned"


def test_it_goes_to_no_address_of_the_customers(orders: Orders) -> None:
    booking = orders.sell(contact=IVY)
    to = {"to": ["crew@trucks.example", "IVY@home.example"]}
    said = orders.act(booking, "mail", "office", to, status=422)
    assert [one["pointer"] for one in said["errors"]] == ["/to/1"]
    assert not mails(orders.bench, "bookings")
    assert not orders.bench.told("bookings", BookingMailed)


@pytest.mark.parametrize("to", [[], ["crew"], ["a@b.example, c@d.example"], ["a@b.example"] * 11])
def test_where_nobody_can_be_reached_nothing_goes_out(orders: Orders, to: list[str]) -> None:
    orders.act(orders.sell(), "mail", "office", {"to": to}, status=422)
    assert not mails(orders.bench, "bookings")
    assert not orders.bench.told("bookings", BookingMailed)


@pytest.mark.parametrize(
    ("who", "status"), [("manager", 200), ("office", 200), ("operations", 200), ("salesperson", 403), ("auditor", 403)]
)
def test_who_prepares_or_does_the_work_may_mail_it(orders: Orders, who: str, status: int) -> None:
    orders.act(orders.sell(), "mail", who, {"to": ["crew@trucks.example"]}, status=status)
    assert len(mails(orders.bench, "bookings")) == (status == 200)


@pytest.mark.parametrize(
    "typed", ["<b>x</b> & <img src=/etc/passwd>", "%s %(n)s {x}", "李小龙 🔥 \u202e", "y" * 300, "a\n" * 900]
)
def test_whatever_was_typed_can_be_printed_and_mailed(orders: Orders, typed: str) -> None:
    line = LineSold(description=typed, qty=Decimal(1), unit_price=Decimal(1), amount=Decimal(1))
    contact = Contact(name=typed, company=typed, emails=(typed,))
    booking = orders.sell(lines=(line,), contact=contact, notes=typed, title=typed)
    orders.edit(booking, access_notes=typed, permits=typed)
    printed(orders, booking["id"])
    orders.act(booking, "mail", "office", {"to": ["crew@trucks.example"], "note": typed})
    [sent] = mails(orders.bench, "bookings")
    assert "\n" not in sent["subject"]


GERMAN = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"

msgid "Booking order %(number)s"
msgstr "Auftrag %(number)s"

msgid "Checklist"
msgstr "Pruefliste"

msgid "here is %(heading)s: %(title)s."
msgstr "hier ist %(heading)s: %(title)s."
"""


def test_paper_and_letter_are_in_the_branchs_language(
    orders: Orders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "messages.po").write_text(GERMAN)
    monkeypatch.setattr(paper, "TEXTS", tmp_path)
    booking = orders.sell()
    assert f"Booking order {booking['number']}" in printed(orders, booking["id"])
    there = Branch(name="Nashville", time_zone="America/Chicago", currency="USD", locale="de_DE")
    orders.bench.tell(BranchChanged(subject=HOME, branch=there), by="staff")
    assert f"Auftrag {booking['number']}" in (shown := printed(orders, booking["id"]))
    assert "Pruefliste" in shown
    orders.act(booking, "mail", "office", {"to": ["crew@trucks.example"]})
    [sent] = mails(orders.bench, "bookings")
    assert sent["subject"].startswith(f"Auftrag {booking['number']}: ")
    assert f"hier ist Auftrag {booking['number']}" in sent["body"]
