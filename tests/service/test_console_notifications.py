"""What one was told and how one wants to be, the log of it, and the calendar, as pages."""

from collections.abc import Callable

import pytest

from embedded.testing import CAST, Bench
from tests.service.bookings_world import Orders
from tests.service.console_reader import Reader


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings", "notifications", "console"))


def test_what_one_was_told_leads_to_its_record_and_is_seen_one_by_one_or_all_at_once(orders: Orders) -> None:
    first, second = orders.assigned(name="Ann Early"), orders.assigned(name="Greta Hollis")
    orders.bench.settle()
    reader = Reader(orders.bench, "operations")
    page = reader.open("/notifications?unread=true")
    assert {f"/bookings/{one['id']}" for one in (first, second)} <= page.offered
    buttons = [one for form in page.forms for one in form.buttons]
    assert len(buttons) == len(set(buttons)), "each says of what"
    before = page.text.count("Work order")
    page = reader.press("Seen")
    assert page.text.count("Work order") == before - 1
    page = reader.press("I have seen them all")
    assert "Nothing new" in page.text
    assert "Work order" in reader.open("/notifications").text


def test_how_one_is_told_is_set_whole_and_an_empty_choice_is_refused_by_name(orders: Orders) -> None:
    reader = Reader(orders.bench, "operations")
    reader.open("/notifications/preferences")
    page = reader.press("Save", channels__booking_assigned="email", **{"from": "21:00", "until": "06:30"})
    assert "Saved." in page.text, page.text
    kept = orders.bench.as_("operations").get("/api/v1/notifications/preferences").get_json()
    assert kept["channels"]["booking_assigned"] == ["email"]
    assert kept["quiet_hours"] == {"from": "21:00", "until": "06:30"}

    page = reader.press("Save", channels__booking_assigned=[])
    assert (page.status, "Booking assigned: " in page.text) == (422, True)


def test_who_looks_after_it_sees_what_became_of_every_message(orders: Orders) -> None:
    booking = orders.assigned()
    orders.bench.settle()
    page = Reader(orders.bench, "admin").open("/settings/deliveries?channel=in_app")
    assert booking["number"] in page.text
    assert "Sent" in page.text


def test_work_of_half_a_year_is_in_the_calendar_of_its_last_week(orders: Orders) -> None:
    booking = orders.assigned()
    orders.edit(booking, window_starts_at="2026-01-05T14:00:00Z", window_ends_at="2026-06-26T22:00:00Z")
    orders.bench.settle()
    reader = Reader(orders.bench, "operations")
    assert f"/bookings/{booking['id']}" in reader.open("/calendar?week=2026-06-22").offered
    assert f"/bookings/{booking['id']}" not in reader.open("/calendar?week=2026-06-29").offered


def test_booked_work_is_in_the_calendar_of_its_week_and_leads_to_its_booking(orders: Orders) -> None:
    booking = orders.assigned()
    window = {"window_starts_at": "2026-03-11T14:00:00Z", "window_ends_at": "2026-03-11T18:00:00Z"}
    orders.edit(booking, **window, scheduling_status="scheduled")
    orders.bench.settle()
    reader = Reader(orders.bench, "operations")
    page = reader.open("/calendar?week=2026-03-10")
    assert f"/bookings/{booking['id']}" in page.offered
    assert "9 to 13 March" in page.text
    assert f"/bookings/{booking['id']}" not in reader.open("/calendar?week=2026-03-17").offered


def test_the_calendar_is_narrowed_to_one_person(orders: Orders) -> None:
    booking = orders.assigned()
    window = {"window_starts_at": "2026-03-11T14:00:00Z", "window_ends_at": "2026-03-11T18:00:00Z"}
    orders.edit(booking, **window)
    orders.bench.settle()
    reader = Reader(orders.bench, "office")
    nobody = str(CAST["technician"][0])
    assert f"/bookings/{booking['id']}" in reader.open("/calendar?week=2026-03-10").offered
    assert f"/bookings/{booking['id']}" not in reader.open(f"/calendar?week=2026-03-10&person={nobody}").offered
    assert reader.open("/calendar?week=nonsense&person=nobody&team=x").status == 200
