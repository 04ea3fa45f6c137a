"""A branch's working hours: when something is due that is to be done within so many of its minutes (R12)."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from libs.common.workhours import after_working_minutes, business_days_after, end_of_day

NASHVILLE = ZoneInfo("America/Chicago")
WHOLE = [{"opens": "08:00", "closes": "12:00"}, {"opens": "13:00", "closes": "17:00"}]
BRANCH: dict[str, Any] = {
    "time_zone": "America/Chicago",
    "calendar": {
        "hours": {
            **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), WHOLE),
            "saturday": [{"opens": "09:00", "closes": "12:00"}],
        },
        "holidays": [{"day": "2026-07-03", "name": "Independence Day"}, {"day": "2026-12-25"}],
    },
}
ROUND_THE_CLOCK = {"time_zone": "America/Chicago"}
NEVER = {"time_zone": "America/Chicago", "calendar": {"hours": {"monday": []}}}


def there(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NASHVILLE)


@pytest.mark.parametrize(
    ("asked", "minutes", "due"),
    [
        ("2026-06-29 09:00", 60, "2026-06-29 10:00"),
        ("2026-06-29 16:00", 60, "2026-06-29 17:00"),  # the last minute counts
        ("2026-06-29 06:00", 5, "2026-06-29 08:05"),
        ("2026-06-29 11:30", 60, "2026-06-29 13:30"),  # nobody works at noon
        ("2026-06-29 12:15", 5, "2026-06-29 13:05"),
        ("2026-06-29 16:59", 5, "2026-06-30 08:04"),
        ("2026-06-29 17:00", 1, "2026-06-30 08:01"),
        ("2026-06-29 23:30", 60, "2026-06-30 09:00"),
        ("2026-06-29 08:00", 8 * 60, "2026-06-29 17:00"),
        ("2026-06-29 08:00", 8 * 60 + 1, "2026-06-30 08:01"),
        ("2026-07-02 16:55", 10, "2026-07-04 09:05"),  # Friday is a holiday
        ("2026-07-04 11:59", 5, "2026-07-06 08:04"),  # nor on Sunday
        ("2026-07-05 10:00", 0, "2026-07-06 08:00"),
        ("2026-07-06 10:00", 0, "2026-07-06 10:00"),
    ],
)
def test_what_is_due_within_minutes_is_due_within_those_that_the_branch_works(
    asked: str, minutes: int, due: str
) -> None:
    for start in (there(asked), there(asked).astimezone(UTC)):
        assert after_working_minutes(start, minutes, BRANCH) == there(due)


@pytest.mark.parametrize("branch", [None, ROUND_THE_CLOCK, NEVER])
def test_a_branch_that_says_no_hours_works_round_the_clock_and_one_that_never_works_holds_nothing_up(
    branch: dict[str, Any] | None,
) -> None:
    for asked in ("2026-03-08 01:30", "2026-11-01 00:30", "2026-07-03 23:59"):  # also where the clock is put on or back
        start = there(asked).astimezone(UTC)
        assert (after_working_minutes(start, 90, branch) - start).total_seconds() == 90 * 60


@pytest.mark.parametrize(
    ("day", "days", "then"),
    [
        ("2026-06-29", 0, "2026-06-29"),
        ("2026-06-29", 3, "2026-07-02"),
        ("2026-07-02", 1, "2026-07-04"),  # no holiday
        ("2026-07-04", 1, "2026-07-06"),  # no Sunday
        ("2026-07-05", 1, "2026-07-06"),
    ],
)
def test_business_days_are_those_on_which_the_branch_works(day: str, days: int, then: str) -> None:
    assert business_days_after(date.fromisoformat(day), days, BRANCH) == date.fromisoformat(then)


def test_every_day_is_one_of_a_branch_that_says_no_hours() -> None:
    assert business_days_after(date(2026, 7, 2), 3, ROUND_THE_CLOCK) == date(2026, 7, 5)


@pytest.mark.parametrize(
    ("day", "branch", "ends"),
    [
        ("2026-07-02", BRANCH, "2026-07-03T05:00:00+00:00"),
        ("2026-03-08", BRANCH, "2026-03-09T05:00:00+00:00"),  # of 23 hours
        ("2026-11-01", BRANCH, "2026-11-02T06:00:00+00:00"),  # of 25
        ("2026-12-31", None, "2027-01-01T00:00:00+00:00"),
    ],
)
def test_a_day_is_over_at_the_branchs_midnight(day: str, branch: dict[str, Any] | None, ends: str) -> None:
    assert end_of_day(date.fromisoformat(day), branch) == datetime.fromisoformat(ends)
