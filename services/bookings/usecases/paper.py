"""A booking order on paper: what whoever does the work takes along. What it costs anybody is nowhere on it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

import msgspec

from libs.common import formatting, pdf, pdfmail, people, texts, workhours
from libs.common.contracts.bookings import BookingMailed
from libs.common.contracts.parts import Answered
from libs.common.formatting import Say, moment, quantity, said
from libs.common.pdf import Part, Sheet
from libs.common.tx import Tx
from services.bookings.model import Booking, Job
from services.bookings.usecases import facts

TEXTS = Path(__file__).parents[1] / "texts"
WHAT, QUANTITY = said("What"), said("Quantity")


def mail(
    tx: Tx, booking: Booking, sheet: Sheet, drawn: bytes, *, to: Sequence[str], note: str | None = None
) -> Booking:
    """Its paper goes to these addresses, with a word from whoever sends it. Raises Invalid for the customer's own."""
    pdfmail.demand_ours(to, (booking.contact or {}).get("emails") or ())
    pdfmail.send(tx, sheet, drawn, to=to, note=note, at=f"/bookings/{booking.id}")
    tx.publish(BookingMailed(**facts.booking(booking), to=tuple(to)), of=booking)
    return booking


def sheet(tx: Tx, booking: Booking) -> Sheet:
    """The order in the language of its branch."""
    branch = people.branch(tx, booking.branch)
    say = texts.speaking(TEXTS, texts.of_branch(TEXTS, branch))
    job = tx.session.get(Job, booking.job_id) if booking.job_id else None
    return Sheet(
        say=say,
        at=booking.updated_at,
        number=booking.number,
        heading=say(said("Booking order %(number)s"), number=booking.number),
        title=booking.title,
        facts=[(say(label), value) for label, value in _facts(tx, booking, job, say, workhours.zone(branch))],
        parts=[*_parts(booking, say), *pdf.answer_parts(_answers(job), booking.currency, say)],
        **pdf.letterhead(branch),
    )


def _facts(tx: Tx, booking: Booking, job: Job | None, say: Say, zone: tzinfo) -> Iterator[tuple[str, str]]:
    team = people.team(tx, booking.team_id) or {}
    who = people.names(tx, [booking.assignee_id])

    def at(when: datetime | None) -> str:
        return moment(when.astimezone(zone), say) if when else ""

    yield said("State"), say(formatting.plain(booking.state))
    if booking.hold is not None:
        yield said("On hold for"), _lines(say(formatting.plain(booking.hold["reason"])), booking.hold.get("note"))
    if booking.cancelled is not None:
        yield said("Why"), str(booking.cancelled["reason"])
    yield said("Customer"), booking.customer_name
    yield said("Site"), ", ".join(formatting.address_lines(booking.site))
    yield said("Contact"), pdf.contact_line(booking.contact or {})
    yield said("Job"), job.number if job else ""
    yield (
        said("Promised"),
        " – ".join(one for one in map(at, (booking.window_starts_at, booking.window_ends_at)) if one),
    )
    yield said("Done by"), at(booking.due_at)
    yield said("Given to"), ", ".join(filter(None, (team.get("name"), *who.values())))
    yield said("Access"), booking.access_notes or ""
    yield said("Permits"), booking.permits or ""
    yield said("Note"), booking.note or ""


def _parts(booking: Booking, say: Say) -> Iterator[Part]:
    parts = [one for one in booking.parts if one.live or booking.cancelled is not None]
    what = (say(WHAT), say(QUANTITY))
    for part in parts:
        change = say(said("Change order %(number)s"), number=part.number)
        lines = [(str(line["description"]), quantity(line["qty"])) for line in part.lines]
        yield Part(change if part.change_order else say(said("Work")), lines, what)
    materials = [
        (_lines(one["description"], one["code"]), f"{quantity(one['qty'])} {one['unit']}") for one in booking.materials
    ]
    yield Part(say(said("Material")), materials, what)
    done = {True: say(said("done")), False: say(said("open"))}
    checked = [(str(one["label"]), done[bool(one["done"])]) for one in booking.checklist]
    yield Part(say(said("Checklist")), checked, (say(WHAT), say(said("State"))))
    yield Part(say(said("Notes")), [(part.notes,) for part in parts if part.notes.strip()])


def _answers(job: Job | None) -> list[Answered]:
    """What was asked of site and customer before the sale, but for what they said of money."""
    told = [msgspec.convert(one, Answered) for one in (job.answers if job else None) or ()]
    return [one for one in told if one.type != "money"]


def _lines(*parts: str | None) -> str:
    return "\n".join(filter(None, parts))
