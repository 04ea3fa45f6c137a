"""A week as it is drawn."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.console.adapters.words import Place
from services.console.api.screens.week import ROWS, now_row, week

MONDAY = date(2026, 6, 8)
NASHVILLE = ZoneInfo("America/Chicago")
HERE = Place(NASHVILLE, "USD", datetime(2026, 6, 9, 15, 42, tzinfo=UTC))  # Tuesday 10:42


def visit(day: int, at: str, minutes: int = 60, **more: Any) -> dict[str, Any]:
    starts = datetime.fromisoformat(f"2026-06-{day:02d}T{at}").replace(tzinfo=NASHVILLE).astimezone(UTC)
    entry = {"entry": "appointment", "id": uuid4(), "opportunity_id": "o", "state": "confirmed", "starts_at": starts}
    return {**entry, "ends_at": starts + timedelta(minutes=minutes), **more}


def work(day: int, at: str, minutes: int, **more: Any) -> dict[str, Any]:
    return visit(day, at, minutes, entry="work", id="b", state="accepted", scheduling="scheduled") | more


def test_a_visit_stands_in_its_day_and_half_hour_by_the_branchs_clock() -> None:
    days = week([visit(9, "11:30")], MONDAY, HERE)
    assert [len(one.entries) for one in days] == [0, 1, 0, 0, 0]
    [shown] = days[1].entries
    assert (shown.place, shown.look) == ("y9 h2", "sale")
    assert [one.today for one in days] == [False, True, False, False, False]
    assert now_row(HERE) == 7


@pytest.mark.parametrize(
    ("hour", "row"), [("06:59", None), ("07:00", 0), ("18:30", 23), ("18:59", 23), ("19:00", None)]
)
def test_the_line_of_now_is_drawn_in_the_hours_that_are(hour: str, row: int | None) -> None:
    now = datetime.fromisoformat(f"2026-06-09T{hour}").replace(tzinfo=NASHVILLE)
    assert now_row(Place(NASHVILLE, "USD", now)) == row


def test_what_begins_and_ends_within_half_an_hour_has_all_of_both() -> None:
    shown = week([visit(9, "10:15", 30), visit(10, "08:00", 4 * 60 + 20)], MONDAY, HERE)
    assert [one.entries[0].place for one in shown if one.entries] == ["y6 h2", "y2 h10"], (
        "in whole hours where it is long"
    )


def test_the_weekend_is_drawn_when_something_is_on_it() -> None:
    assert [one.day.day for one in week([visit(14, "09:00")], MONDAY, HERE)] == [8, 9, 10, 11, 12, 14]


def test_a_day_at_the_weekend_is_drawn_while_it_is_today() -> None:
    sunday = Place(NASHVILLE, "USD", datetime(2026, 6, 14, 15, 42, tzinfo=UTC))
    days = week([], MONDAY, sunday)
    assert [(one.day.day, one.today) for one in days][-2:] == [(12, False), (14, True)]


def test_work_of_several_days_is_on_each_of_them() -> None:
    days = week([work(9, "13:00", 2 * 24 * 60)], MONDAY, HERE)
    assert [one.entries[0].place for one in days if one.entries] == ["y12 h12", f"y0 h{ROWS}", "y0 h12"]


def test_what_ends_at_midnight_is_not_on_the_next_day_and_what_has_no_end_has_an_hour() -> None:
    days = week([visit(9, "22:00", 120), visit(11, "00:00"), work(12, "09:00", 60, ends_at=None)], MONDAY, HERE)
    assert [len(one.entries) for one in days] == [0, 1, 0, 1, 1]
    assert days[4].entries[0].place == "y4 h2"


def test_what_lies_outside_the_hours_that_are_drawn_stands_at_their_edge() -> None:
    for first, last in (("05:00", "22:00"), ("06:00", "19:00")):
        early, late = week([visit(9, first), visit(9, last)], MONDAY, HERE)[1].entries
        assert (early.outside, late.outside) == (True, True)
    assert (early.place, late.place) == ("y0 h1", f"y{ROWS - 1} h1")
    assert not any(one.outside for one in week([visit(9, "07:00"), visit(9, "18:30", 90)], MONDAY, HERE)[1].entries)


def test_those_at_the_same_time_share_the_width_and_later_ones_have_all_of_it() -> None:
    entries = [visit(9, "12:30"), visit(9, "10:00", 90), visit(9, "09:00", 90), visit(9, "11:30")]
    shown = week(entries, MONDAY, HERE)[1].entries
    assert [(one.at, one.of) for one in shown] == [(0, 2), (1, 2), (0, 1), (0, 1)]


def test_who_comes_after_one_of_two_stands_below_that_one() -> None:
    entries = [visit(9, "09:00", 60), visit(9, "10:00", 60), visit(9, "09:00", 180)]
    assert [(one.at, one.of) for one in week(entries, MONDAY, HERE)[1].entries] == [(0, 2), (1, 2), (1, 2)]


def test_more_than_there_is_room_for_beside_each_other_are_all_there() -> None:
    shown = week([visit(9, "09:00") for _ in range(6)], MONDAY, HERE)[1].entries
    assert (len(shown), {one.of for one in shown}, max(one.at for one in shown)) == (6, {3}, 2)


def test_a_visit_that_nobody_has_recorded_is_late_and_one_that_took_place_is_dashed() -> None:
    looks = [
        one.look for one in week([visit(9, "08:00"), visit(9, "09:00", state="completed")], MONDAY, HERE)[1].entries
    ]
    assert looks == ["late", "off"]
    for said, look in (
        ({"scheduling": "proposed"}, "off"),
        ({"state": "completed"}, "off"),
        ({}, ""),  # its window is no promise of when it is done
    ):
        assert [one.look for one in week([work(8, "08:00", 60, **said)], MONDAY, HERE)[0].entries] == [look]
