"""A week as it is drawn."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

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


def test_the_weekend_is_drawn_when_something_is_on_it() -> None:
    assert [one.day.day for one in week([visit(14, "09:00")], MONDAY, HERE)] == [8, 9, 10, 11, 12, 14]


def test_a_day_at_the_weekend_is_drawn_while_it_is_today() -> None:
    sunday = Place(NASHVILLE, "USD", datetime(2026, 6, 14, 15, 42, tzinfo=UTC))
    days = week([], MONDAY, sunday)
    assert [(one.day.day, one.today) for one in days][-2:] == [(12, False), (14, True)]


def test_work_of_several_days_is_on_each_of_them() -> None:
    days = week([work(9, "13:00", 2 * 24 * 60)], MONDAY, HERE)
    assert [one.entries[0].place for one in days if one.entries] == ["y12 h12", f"y0 h{ROWS}", "y0 h12"]


def test_what_lies_outside_the_hours_that_are_drawn_stands_at_their_edge() -> None:
    early, late = week([visit(9, "05:00"), visit(9, "22:00")], MONDAY, HERE)[1].entries
    assert (early.place, late.place) == ("y0 h1", f"y{ROWS - 1} h1")
    assert (early.outside, late.outside) == (True, True)
    assert not any(one.outside for one in week([visit(9, "07:00"), visit(9, "18:30", 90)], MONDAY, HERE)[1].entries)


def test_those_at_the_same_time_share_the_width_and_later_ones_have_all_of_it() -> None:
    entries = [visit(9, "09:00", 90), visit(9, "10:00", 90), visit(9, "12:00")]
    first, second, third = week(entries, MONDAY, HERE)[1].entries
    assert [(one.at, one.of) for one in (first, second, third)] == [(0, 2), (1, 2), (0, 1)]


def test_more_than_there_is_room_for_beside_each_other_are_all_there() -> None:
    shown = week([visit(9, "09:00") for _ in range(6)], MONDAY, HERE)[1].entries
    assert (len(shown), {one.of for one in shown}, max(one.at for one in shown)) == (6, {3}, 2)


def test_a_visit_that_nobody_has_recorded_is_late_and_one_that_took_place_is_dashed() -> None:
    looks = [
        one.look for one in week([visit(9, "08:00"), visit(9, "09:00", state="completed")], MONDAY, HERE)[1].entries
    ]
    assert looks == ["late", "off"]
    assert [one.look for one in week([work(10, "08:00", 60, scheduling="proposed")], MONDAY, HERE)[2].entries] == [
        "off"
    ]
