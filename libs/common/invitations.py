"""An appointment as any calendar takes it in (iCalendar, RFC 5545): the same one told again moves there, or goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr

KIND = "text/calendar"
NAME = "appointment.ics"
OCTETS = 75  #: of a line; a longer one goes on in the next, behind a blank


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


def written(one: Invitation, now: datetime) -> bytes:
    """The file, ``text/calendar``."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Plumbline//Appointments//EN",
        f"METHOD:{'CANCEL' if one.over else 'REQUEST'}",
        "BEGIN:VEVENT",
        f"UID:{one.ident}@plumbline",
        f"SEQUENCE:{one.sequence}",
        f"STATUS:{'CANCELLED' if one.over else 'CONFIRMED'}",
        *(f"{name}:{_utc(at)}" for name, at in (("DTSTAMP", now), ("DTSTART", one.starts_at), ("DTEND", one.ends_at))),
        f"SUMMARY:{_text(one.title)}",
        *(f"{name}:{_text(said)}" for name, said in (("LOCATION", one.place), ("DESCRIPTION", one.about)) if said),
        *([f"URL:{one.link}"] if one.link else []),
        f"ORGANIZER:mailto:{parseaddr(one.sender)[1]}",
        *(f'ATTENDEE;CN="{_quoted(name)}";PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{mail}' for name, mail in one.people),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{piece}\r\n" for line in lines for piece in _folded(line)).encode()


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(said: str) -> str:
    """What was typed is text there: it ends no line and begins no property."""
    for sign, instead in (("\\", "\\\\"), (";", "\\;"), (",", "\\,")):
        said = said.replace(sign, instead)
    return "\\n".join("".join(sign for sign in line if sign.isprintable()) for line in said.splitlines())


def _quoted(name: str) -> str:
    return " ".join(name.replace('"', "'").split())


def _folded(line: str) -> Iterator[str]:
    """In pieces of at most so many octets, none of them within a character."""
    piece, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + sign, size + octets
    yield piece
