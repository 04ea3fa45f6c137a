"""An appointment as any calendar takes it in (iCalendar, RFC 5545): the same one told again moves there, or goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr

KIND = "text/calendar"
NAME = "appointment.ics"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """``sequence`` grows with each change, by which a calendar knows the newest; ``people`` are names and addresses."""

    ident: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str = ""
    about: str = ""
    link: str = ""
    people: Sequence[tuple[str, str]] = ()
    sender: str = ""
    over: bool = False  #: it will not take place, or not with who gets this


def kind(one: Invitation) -> str:
    """What a mail calls the file: without the method a mail program offers nothing but to save it."""
    return f"{KIND}; method={_method(one)}; charset=utf-8"


def _method(one: Invitation) -> str:
    return "CANCEL" if one.over else "REQUEST"


def written(one: Invitation, now: datetime) -> bytes:
    """The file, ``text/calendar``."""
    from icalendar import Calendar, Event, vCalAddress, vText  # slow to import, and few processes ever do

    entry, file = Event(), Calendar()
    for name, text in (("summary", one.title), ("location", one.place), ("description", one.about), ("url", one.link)):
        if text:
            entry.add(name, _text(text))
    for name, at in (("dtstamp", now), ("dtstart", one.starts_at), ("dtend", one.ends_at)):
        entry.add(name, at.astimezone(UTC))
    entry.add("uid", f"{one.ident}@plumbline")
    entry.add("sequence", one.sequence)
    entry.add("status", "CANCELLED" if one.over else "CONFIRMED")
    entry.add("organizer", vCalAddress(f"mailto:{parseaddr(one.sender)[1]}"))
    for name, mail in one.people:
        who = vCalAddress(f"mailto:{mail}")
        who.params |= {"CN": vText(_text(name)), "PARTSTAT": vText("ACCEPTED"), "RSVP": vText("FALSE")}
        entry.add("attendee", who, encode=False)
    for name, text in (
        ("version", "2.0"),
        ("prodid", "-//Plumbline//Appointments//EN"),
        ("method", _method(one)),
    ):
        file.add(name, text)
    file.add_component(entry)
    return bytes(file.to_ical())


def _text(said: str) -> str:
    """In plain lines: of other signs a calendar may make something else."""
    return "\n".join("".join(sign for sign in line if sign.isprintable()) for line in said.splitlines())
