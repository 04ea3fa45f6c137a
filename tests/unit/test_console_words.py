"""How days are said: alone and within a sentence, by name when they are farther off, in the reader's language."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from commands import ROOT
from services.console.adapters import words
from services.console.adapters.words import ALONE, WITHIN, Place

HERE = Place(ZoneInfo("America/Chicago"), "USD", datetime(2026, 6, 9, 15, 42, tzinfo=UTC))  # Tuesday 10:42
PAGES = sorted((ROOT / "services" / "console" / "pages").glob("*.html"))


@pytest.mark.parametrize(
    ("one", "alone", "within"),
    [
        (date(2026, 6, 9), "Today", "today"),
        (date(2026, 6, 10), "Tomorrow", "tomorrow"),
        (date(2026, 6, 8), "Yesterday", "yesterday"),
        (date(2026, 6, 5), "Fri 5 June", "Fri 5 June"),
        (date(2027, 1, 1), "Fri 1 January 2027", "Fri 1 January 2027"),
    ],
)
def test_a_day_near_by_is_said_by_its_distance_and_small_within_a_sentence(one: date, alone: str, within: str) -> None:
    assert (words.day_name(one, HERE, ALONE), words.day_name(one, HERE, WITHIN)) == (alone, within)


def test_a_time_is_said_by_the_branchs_clock() -> None:
    assert ">today 22:07</time>" in words.when("2026-06-10T03:07:00Z", HERE, WITHIN)
    assert ">Tomorrow 00:07</time>" in words.when("2026-06-10T05:07:00Z", HERE)


def test_what_ends_at_midnight_ends_with_the_day_before() -> None:
    assert ">today 24:00</time>" in words.end("2026-06-10T05:00:00Z", HERE)
    assert ">tomorrow 00:01</time>" in words.end("2026-06-10T05:01:00Z", HERE)
    assert ">Thu 31 December 24:00</time>" in words.end("2027-01-01T06:00:00Z", HERE)


def test_days_and_months_are_said_in_the_readers_words_and_order() -> None:
    known = {
        "%(weekday)s %(day)s %(month)s": "%(weekday)s, %(day)s. %(month)s", "Fri": "Fr", "Friday": "Freitag",
        "June": "Juni", "today": "heute", "%(num)s days": "%(num)s Tage",
    }  # fmt: skip

    def german(text: str | tuple[str, str], **given: object) -> str:
        told = text if isinstance(text, str) else text[-1]
        return known.get(told, told) % given if given else known.get(told, told)

    there = Place(HERE.zone, "EUR", HERE.now, say=german)
    assert words.day_name(date(2026, 6, 5), there) == "Fr, 5. Juni"
    assert words.long_day(date(2026, 6, 5), there) == "Freitag, 5. Juni"
    assert words.day_name(date(2026, 6, 9), there, WITHIN) == "heute"
    assert words.since("2026-06-01T15:42:00Z", there) == "8 Tage"


@pytest.mark.parametrize(
    ("typed", "rung"),
    [
        ("615-555-0142", "+16155550142"),
        ("(615) 555-0142 ext 5", "+16155550142,5"),
        ("615.555.0142 x12", "+16155550142,12"),
        ("1-800-FLOWERS", "+18003569377"),
        ("+49 (0)30 1234567", "+49301234567"),
        ("６１５５５５０１４２", "+16155550142"),  # of a keyboard for Japanese
        ("", ""),
    ],
)
def test_a_number_is_rung_as_it_was_meant_whatever_was_typed_around_it(typed: str, rung: str) -> None:
    assert words.dial(typed) == rung


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_sentence_of_a_page_has_today_with_a_capital_in_its_midst(page: Path) -> None:
    """What follows a word or a comma of its sentence is ``then`` or ``that_day``."""
    after_a_word = re.compile(r'(?:_\("[^"]*[a-z:]"\) }}|, ) ?{{ [\w.]+\|(?:when|day)\b')
    assert not after_a_word.findall(page.read_text())
