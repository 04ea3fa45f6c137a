"""What happened to a funnel, in words, from the read model: a table of each kind of fact and what is said of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from markupsafe import Markup, escape

from libs.common import formatting
from libs.common.errors import NotFound
from libs.common.web import reading
from services.console.adapters import words
from services.console.adapters.words import said
from services.console.api.acts.leads import TOUCHED
from services.console.api.screens import crew
from services.console.api.screens.frame import me, place
from services.console.usecases import timeline as told

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """``about``: which of the fact's words are said beside it. ``mark``: key for a milestone, odd for the customer."""

    text: str
    about: tuple[str, ...] = ()
    mark: str = ""


LINES: Mapping[str, Line] = {
    "lead.captured": Line(said("Enquiry taken in"), ("channel",), "key"),
    "lead.changed": Line(said("Enquiry corrected"), ("changed",)),
    "lead.assigned": Line(said("Enquiry given"), ("to_person",)),
    "lead.contacted": Line(said("Contact logged"), ("touch", "outcome")),
    "lead.validated": Line(said("Worth working"), (), "key"),
    "lead.invalidated": Line(said("Closed as not valid"), ("reason",), "key"),
    "lead.reopened": Line(said("Enquiry opened again")),
    "lead.nurturing": Line(said("To come back to"), ("next_action_at",)),
    "lead.typed": Line(said("Type set"), ("lead_type",)),
    "lead.merged": Line(said("Merged with a duplicate"), ("duplicate_of_number",)),
    "lead.unmerged": Line(said("Merge taken back")),
    "lead.file_added": Line(said("File put here"), ("file",)),
    "lead.file_removed": Line(said("File removed"), ("file", "reason")),
    "lead.converted": Line(said("The enquiry became a customer")),
    "opportunity.opened": Line(said("Opportunity opened"), ("title",), "key"),
    "opportunity.changed": Line(said("Opportunity corrected"), ("changed",)),
    "opportunity.assigned": Line(said("Opportunity given"), ("to_person", "reason")),
    "opportunity.contacted": Line(said("Contact logged"), ("touch", "outcome")),
    "opportunity.stage_changed": Line(said("Moved to another stage"), ("stage",)),
    "opportunity.qualified": Line(said("Qualification decided"), ("qualified", "reason")),
    "opportunity.converted": Line(said("Ready for a price"), (), "key"),
    "opportunity.mailed": Line(said("Summary sent on paper"), ("addresses",)),
    "opportunity.file_added": Line(said("File put here"), ("file",)),
    "opportunity.file_removed": Line(said("File removed"), ("file", "reason")),
    "opportunity.won": Line(said("Won"), ("contract_total",), "key"),
    "opportunity.lost": Line(said("Lost"), ("reason",), "key"),
    "opportunity.reopened": Line(said("Worked again")),
    "appointment.scheduled": Line(said("Appointment set"), ("starts_at", "type")),
    "appointment.rescheduled": Line(said("Appointment moved"), ("starts_at", "reason")),
    "appointment.changed": Line(said("Appointment changed")),
    "appointment.moved": Line(said("Appointment went with the sale")),
    "appointment.completed": Line(said("The appointment took place"), (), "key"),
    "appointment.missed": Line(said("Nobody was there"), (), "odd"),
    "appointment.cancelled": Line(said("Appointment cancelled"), ("reason",)),
    "estimate.drafted": Line(said("Estimate drafted"), ("number",)),
    "estimate.assigned": Line(said("Estimate given"), ("to_person",)),
    "estimate.changed": Line(said("Estimate worked on"), ("total",)),
    "estimate.selected": Line(said("This estimate counts now"), ("number",)),
    "estimate.submitted": Line(said("Asked for approval"), ("total",)),
    "estimate.approved": Line(said("Price approved")),
    "estimate.refused": Line(said("Price not approved"), ("reason",)),
    "estimate.sent": Line(said("Estimate sent"), ("total", "valid_until"), "key"),
    "estimate.viewed": Line(said("The customer opened the estimate"), (), "odd"),
    "estimate.changes_requested": Line(said("The customer asked for a change"), (), "odd"),
    "estimate.round_recorded": Line(said("A round of negotiation"), ("side", "kind", "amount")),
    "estimate.revised": Line(said("A new version"), ("revision",)),
    "estimate.extended": Line(said("The offer stands longer"), ("valid_until",)),
    "estimate.moved": Line(said("Estimate went with the sale")),
    "estimate.accepted": Line(said("The customer said yes"), ("option_name", "total"), "odd"),
    "estimate.declined": Line(said("The customer said no"), ("reason",), "odd"),
    "estimate.expired": Line(said("The offer ran out")),
    "estimate.withdrawn": Line(said("The offer was withdrawn"), ("reason",)),
    "sale.started": Line(said("The sale is being turned into work")),
    "sale.step_done": Line(said("Done by itself"), ("step",)),
    "sale.step_failed": Line(said("A step did not happen"), ("step", "reason")),
    "sale.retried": Line(said("Tried again"), ("steps",)),
    "sale.completed": Line(said("Customer, job and booking are there"), (), "key"),
    "sale.undone": Line(said("The sale was taken back"), ("reason",), "key"),
    "customer.created": Line(said("A new customer")),
    "customer.matched": Line(said("A customer we know")),
    "customer.changed": Line(said("Customer corrected"), ("changed",)),
    "job.created": Line(said("Job made"), ("title",)),
    "job.changed": Line(said("Job"), ("state",)),
    "job.file_added": Line(said("File put here"), ("file",)),
    "job.file_removed": Line(said("File removed"), ("file", "reason")),
    "job.renamed": Line(said("Job renamed")),
    "booking.created": Line(said("Booking made"), ("title",), "key"),
    "booking.changed": Line(said("Booking worked on"), ("changed",)),
    "booking.ordered": Line(said("Ordered")),
    "booking.ready": Line(said("Ready for operations")),
    "booking.held": Line(said("On hold"), ("hold", "reason")),
    "booking.released": Line(said("No longer on hold")),
    "booking.scheduled": Line(said("Work scheduled"), ("window_starts_at",)),
    "booking.assigned": Line(said("Handed to operations"), ("to_person", "acknowledge_by"), "key"),
    "booking.reassigned": Line(said("Given on"), ("to_person",)),
    "booking.unacknowledged": Line(said("Operations have not answered in time")),
    "booking.accepted": Line(said("Operations accepted"), (), "key"),
    "booking.returned": Line(said("Operations gave it back"), ("reason",)),
    "booking.started": Line(said("Work began"), (), "key"),
    "booking.completed": Line(said("Work done"), (), "key"),
    "booking.mailed": Line(said("Booking sent on paper"), ("addresses",)),
    "booking.cancelled": Line(said("Booking cancelled"), ("reason",), "key"),
    "booking.change_ordered": Line(said("The customer added to it"), ("total",), "odd"),
    "booking.change_acknowledged": Line(said("Operations know of the change")),
    "notification.sent": Line(said("Message sent"), ("kind", "to")),
    "notification.failed": Line(said("A message did not arrive"), ("kind", "to", "reason")),
}  # fmt: skip

#: a change that was of one thing alone and has words of its own
ALONE: Mapping[tuple[str, Any], Line] = {
    ("opportunity.changed", "answers"): Line(said("Questions answered")),
    ("opportunity.changed", "job_id"): Line(said("The job of this sale is known")),
    ("estimate.moved", "back"): Line(said("Estimate came back from the sale")),
    ("appointment.moved", "back"): Line(said("Appointment came back from the sale")),
    ("opportunity.changed", "files"): Line(said("The job was told of its files")),
    ("opportunity.changed", "expected_value"): Line(said("Worth another amount now")),
}
#: what follows from somebody's act, and was nobody's
BY_ITSELF = (
    "sale.started", "sale.step_done", "sale.step_failed", "sale.completed", "customer.created", "customer.matched",
    "job.created", "booking.created", "lead.converted", "opportunity.changed", "estimate.moved", "appointment.moved",
)  # fmt: skip
FOLLOWS = "expected_value"  #: from what is told with it
ECHO = ("opportunity.changed", "selected_estimate_id")  #: of what the estimate says of itself
#: with these an opportunity comes to a stage; others say in which one it is
ENTERS = ("opportunity.opened", "opportunity.stage_changed", "opportunity.won", "opportunity.reopened")
MOST = 500


def timeline(correlation_id: Any) -> list[dict[str, Any]]:
    """The funnel's entries for ui.timeline; nothing for whom it is not, or before its facts have arrived."""
    try:
        with reading() as tx:
            page = told(tx, me(), UUID(str(correlation_id)), {"limit": MOST})
    except NotFound:
        return []
    return [entry(row) for row in page.items if (row["kind"], _alone(row)) != ECHO]


def _alone(row: Told) -> str:
    """The one thing that a change was of; or that what went with a sale came back."""
    if row["words"].get("back"):
        return "back"
    changed = _several(row["words"].get("changed"))
    first = [one for one in changed if one != FOLLOWS] or changed
    return first[0] if len(first) == 1 else ""


def entry(row: Told) -> dict[str, Any]:
    """One fact: what, who, the rest of it, and what somebody said."""
    kind, say = row["kind"], place().say
    line = ALONE.get((kind, _alone(row))) or LINES.get(kind) or Line(formatting.plain(kind.rpartition(".")[2]))
    customers = row["actor"] == "customer" and kind not in BY_ITSELF
    by = row["actor_name"] or ("" if row["actor"] in ("system", "customer") else say(formatting.plain(row["actor"])))
    quote = row["words"].get("note") or row["words"].get("text") or ""
    return {
        "text": say(line.text),
        "by": say(said("The customer")) if customers else by,
        "about": Markup(", ").join(one for one in (_said(name, row) for name in line.about) if one),
        "quote": quote,
        "at": row["at"],
        "key": line.mark == "key",
        "odd": line.mark == "odd",
        "stage": row["words"].get("stage", "") if kind in ENTERS else "",
        "kind": kind,
        "subject": str(row["subject"]),
    }


def _said(name: str, row: Told) -> str | Markup:
    these = {"number": row["number"], **row["words"]}
    value = SAID[name](these, row["people"]) if name in SAID else these.get(name)
    return "" if value in (None, "") else escape(value if name in SAID else place().say(formatting.plain(value)))


def _money(name: str) -> Callable[[Told, Told], Any]:
    return lambda these, _: words.money(these.get(name), str(these.get("currency") or place().currency))


def _when(name: str) -> Callable[[Told, Told], Any]:
    return lambda these, _: words.when(these.get(name), place(), words.WITHIN)


def _until(when: Markup) -> Markup:
    return escape(place().say(said("until %(when)s"))) % {"when": when} if when else when


def _to(these: Told, people: Told) -> str:
    """A booking's salesperson is named with it, too, and is not who it was handed to: that is a team, or one of it."""
    team = these.get("team_id")
    whose = ("assignee_id",) if team else ("salesperson_id", "owner_id")
    named = (people.get(str(these.get(one) or "")) for one in whose)
    name = next((one for one in named if one), "") or (crew.called().get(str(team), "") if team else "")
    return place().say(said("to %(who)s"), who=name) if name else ""


def _touched(name: str) -> Callable[[Told, Told], Any]:
    return lambda these, _: place().say(TOUCHED.get(these.get(name) or "") or formatting.plain(these.get(name)))


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _listed(name: str) -> Callable[[Told, Told], Any]:
    def shown(these: Told, _: Told) -> str:
        some = _several(these.get(name))
        return ", ".join(place().say(formatting.plain(one.removesuffix("_id"))).lower() for one in some)

    return shown


#: words that are not said as they are
SAID: Mapping[str, Callable[[Told, Told], Any]] = {
    "total": _money("total"),
    "amount": _money("amount"),
    "contract_total": _money("contract_total"),
    "starts_at": _when("starts_at"),
    "window_starts_at": _when("window_starts_at"),
    "next_action_at": _when("next_action_at"),
    "acknowledge_by": lambda these, _: _until(words.when(these.get("acknowledge_by"), place(), words.WITHIN)),
    "valid_until": lambda these, _: _until(words.day(these.get("valid_until"), place(), words.WITHIN)),
    "to_person": _to,
    "touch": _touched("channel"),
    "outcome": _touched("outcome"),
    "changed": _listed("changed"),
    "steps": _listed("steps"),
    "qualified": lambda these, _: said("yes") if these.get("qualified") else said("no"),
    "title": lambda these, _: these.get("title"),
    "file": lambda these, _: (these.get("file") or {}).get("name"),
    "option_name": lambda these, _: these.get("option_name"),
    "to": lambda these, _: these.get("to"),
    "number": lambda these, _: these.get("number"),
    "addresses": lambda these, _: ", ".join(_several(these.get("to"))),
    "revision": lambda these, _: these.get("revision"),
    "duplicate_of_number": lambda these, _: these.get("duplicate_of_number"),
}
