"""An opportunity on paper: what whoever drives there should know. It lies on the customer's table, so what it may be
worth, whether it qualifies and what they would spend is not on it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

import sqlalchemy as sa

from libs.common import formatting, pdf, pdfmail, people, texts, workhours
from libs.common.contracts.opportunities import OpportunityMailed
from libs.common.contracts.parts import Answered
from libs.common.formatting import Say, moment, said
from libs.common.pdf import Part, Sheet
from libs.common.tx import Tx
from services.opportunities.model import Appointment, Opportunity
from services.opportunities.model.questions import PROFILE
from services.opportunities.states import AppointmentState
from services.opportunities.usecases import facts, flows, sheets

TEXTS = Path(__file__).parents[1] / "texts"


def mail(
    tx: Tx, opportunity: Opportunity, sheet: Sheet, drawn: bytes, *, to: Sequence[str], note: str | None = None
) -> Opportunity:
    """Its paper goes to these addresses, with a word from whoever sends it. Raises Invalid for the customer's own."""
    pdfmail.demand_ours(to, opportunity.prospect.get("emails") or ())
    pdfmail.send(tx, sheet, drawn, to=to, note=note, at=f"/opportunities/{opportunity.id}")
    tx.publish(OpportunityMailed(**facts.head(opportunity), to=tuple(to)), of=opportunity)
    return opportunity


def sheet(tx: Tx, opportunity: Opportunity) -> Sheet:
    """The opportunity in the language of its branch."""
    branch = people.branch(tx, opportunity.branch)
    say = texts.speaking(TEXTS, texts.of_branch(TEXTS, branch))
    zone = workhours.zone(branch)
    answered = pdf.answer_parts(_answers(tx, opportunity), opportunity.currency, say)
    return Sheet(
        say=say,
        at=opportunity.updated_at,
        number=opportunity.number,
        heading=say(said("Opportunity %(number)s"), number=opportunity.number),
        title=opportunity.title,
        facts=[(say(label), value) for label, value in _facts(tx, opportunity, say, zone)],
        parts=[_visits(tx, opportunity, say, zone), *answered],
        **pdf.letterhead(branch),
    )


def _facts(tx: Tx, opportunity: Opportunity, say: Say, zone: tzinfo) -> Iterator[tuple[str, str]]:
    asked, stage = opportunity.prospect, flows.of(tx, opportunity.branch).stage(opportunity.stage)
    contact = {**asked, "name": asked.get("person_name")}
    yield said("Stage"), stage.label if stage else opportunity.stage
    yield said("Contact"), pdf.contact_line(contact)
    if asked.get("do_not_contact"):
        yield said("Careful"), say(said("they do not wish to be contacted"))
    yield said("Site"), ", ".join(formatting.address_lines(opportunity.site or asked.get("address")))
    yield said("Wants"), _once(opportunity.product_interest, opportunity.description, asked.get("request"))
    yield said("Asked on"), moment(opportunity.received_at.astimezone(zone), say)
    yield said("Salesperson"), ", ".join(people.names(tx, [opportunity.salesperson_id]).values())


def _answers(tx: Tx, opportunity: Opportunity) -> list[Answered]:
    """What was said of site and customer, but for money: what decides whether they are one for us stays here."""
    return [one for one in sheets.answered(tx, opportunity, {PROFILE}) if one.type != "money"]


def _visits(tx: Tx, opportunity: Opportunity, say: Say, zone: tzinfo) -> Part:
    """When who goes where; what was called off is nobody's way."""
    of_it = sa.select(Appointment).where(Appointment.opportunity_id == opportunity.id)
    visits = tx.all(of_it.where(Appointment.state != AppointmentState.CANCELLED).order_by(Appointment.starts_at))
    who = people.names(tx, [person for one in visits for person in one.people])
    rows = [
        (
            _lines(_span(one.starts_at, one.ends_at, zone, say), *formatting.address_lines(one.address)),
            _lines(say(formatting.plain(one.type)), say(formatting.plain(one.state))),
            ", ".join(who[person] for person in one.people if person in who),
            one.note or "",
        )
        for one in visits
    ]
    columns = (said("When and where"), said("What"), said("Who"), said("Note"))
    return Part(say(said("Appointments")), rows, [say(one) for one in columns])


def _span(begins: datetime, ends: datetime, zone: tzinfo, say: Say) -> str:
    return f"{moment(begins.astimezone(zone), say)}–{ends.astimezone(zone):%H:%M}"


def _once(*parts: str | None) -> str:
    return "\n".join(dict.fromkeys(filter(None, parts)))


def _lines(*parts: str | None) -> str:
    return "\n".join(filter(None, parts))
