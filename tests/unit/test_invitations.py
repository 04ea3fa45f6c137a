"""An appointment as a calendar takes it in: what was typed stays text, lines are as short as the standard wants."""

from datetime import UTC, datetime
from typing import Any

from libs.common.invitations import Invitation, written

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def lines(**more: Any) -> list[str]:
    said: dict[str, Any] = {"ident": "1-2", "sequence": 3, "starts_at": NOW, "ends_at": NOW.replace(hour=10)}
    file = written(Invitation(**(said | {"title": "Sales call", "sender": "Plumbline <p@example.com>"} | more)), NOW)
    assert file.endswith(b"END:VCALENDAR\r\n")
    return file.decode().split("\r\n")


def test_it_says_which_when_and_who() -> None:
    said = lines(people=[('Ann "A" Lee', "ann@example.com")], place="1 Main St, Nashville")
    assert {"METHOD:REQUEST", "UID:1-2@plumbline", "SEQUENCE:3", "STATUS:CONFIRMED"} <= set(said)
    assert {"DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", "LOCATION:1 Main St\\, Nashville"} <= set(said)
    assert {"ORGANIZER:mailto:p@example.com", "SUMMARY:Sales call"} <= set(said)
    assert "ATTENDEE;CN=\"Ann ^'A^' Lee\";PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:" in "".join(said)


def test_what_is_over_goes_from_the_calendar() -> None:
    assert {"METHOD:CANCEL", "STATUS:CANCELLED"} <= set(lines(over=True))


def test_no_text_ends_a_line_or_begins_a_property() -> None:
    said = lines(title="a;b\\c,d\r\nATTENDEE:mailto:x@y.example\u2028e\x07", about="one\ntwo")
    assert "SUMMARY:a\\;b\\\\c\\,d\\nATTENDEE:mailto:x@y.example\\ne" in said
    assert "DESCRIPTION:one\\ntwo" in said


def test_long_lines_go_on_in_the_next_and_no_letter_is_cut() -> None:
    title = "水" * 100
    said = lines(title=title)
    assert max(len(line.encode()) for line in said) <= 75
    at = next(place for place, line in enumerate(said) if line.startswith("SUMMARY:"))
    whole = said[at]
    for line in said[at + 1 :]:
        if not line.startswith(" "):
            break
        whole += line[1:]
    assert whole == f"SUMMARY:{title}"
