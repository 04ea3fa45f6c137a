"""Appointments: made from the opportunity by one act, moved, and brought to their end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common import formatting, people
from libs.common.contracts.appointments import (
    AppointmentCancelled,
    AppointmentChanged,
    AppointmentCompleted,
    AppointmentMissed,
    AppointmentRescheduled,
    AppointmentScheduled,
)
from libs.common.errors import Fault, Invalid, refuse_for
from libs.common.invitations import Invitation
from libs.common.tx import Tx
from services.opportunities.model import Appointment, Opportunity
from services.opportunities.settings import APPOINTMENT_SET, PREFERENCES
from services.opportunities.states import AppointmentAction, AppointmentState, OpportunityAction
from services.opportunities.usecases import calendar, facts, stages

OF_OPPORTUNITY = (
    sa.select(Appointment)
    .where(Appointment.opportunity_id == sa.bindparam("opportunity"))
    .order_by(Appointment.id)
    .with_for_update()
)


def schedule(
    tx: Tx,
    opportunity: Opportunity,
    *,
    type: str,  # noqa: A002 - the field's name everywhere
    starts_at: datetime,
    duration_min: int | None = None,
    assignee_ids: Sequence[UUID] | None = None,
    force: bool = False,
    **given: Any,
) -> Appointment:
    """A visit or call, by default with whoever has the opportunity and at its site. The first moves the stage.

    Raises Conflict naming who is taken at that time, unless ``force``.
    """
    opportunity.demand(OpportunityAction.APPOINT)
    minutes = duration_min or PREFERENCES.read(tx, opportunity.branch)["appointment_minutes"][type]
    with_whom = _people(tx, assignee_ids, opportunity.salesperson_id)
    place = given.pop("address", None) or opportunity.site
    _check_window(given.get("window_starts_at"), given.get("window_ends_at"))
    appointment = tx.new(
        Appointment,
        opportunity_id=opportunity.id,
        lead_id=opportunity.lead_id,
        number=opportunity.number,
        title=opportunity.title,
        branch=opportunity.branch,
        salesperson_id=opportunity.salesperson_id,
        inside_rep_id=opportunity.inside_rep_id,
        type=type,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        assignee_ids=[str(person) for person in with_whom],
        address=place,
        contact=msgspec.to_builtins(facts.contact(opportunity)),
        job_id=opportunity.job_id,
        **given,
    )
    calendar.take(tx, appointment, force=force)
    tx.publish(AppointmentScheduled(**facts.appointment(appointment), note=appointment.note or ""), of=appointment)
    stages.advance(tx, opportunity, APPOINTMENT_SET)
    calendar.write(tx, appointment)
    return appointment


def reschedule(
    tx: Tx,
    appointment: Appointment,
    *,
    starts_at: datetime,
    duration_min: int | None = None,
    assignee_ids: Sequence[UUID] | None = None,
    reason: str | None = None,
    force: bool = False,
    **given: Any,
) -> Appointment:
    """Another time, place or other people; where it stood before is kept.

    Raises Conflict for what was missed of an opportunity that was lost.
    """
    refuse_for(appointment.missing(AppointmentAction.RESCHEDULE), "this appointment cannot be rescheduled")
    before: dict[str, Any] = {"previous_starts_at": appointment.starts_at, "previous_ends_at": appointment.ends_at}
    previous = tuple(appointment.people)
    _check_window(given.get("window_starts_at"), given.get("window_ends_at"))
    appointment.reschedule(
        starts_at=starts_at,
        minutes=duration_min or appointment.duration_min,
        people=previous if assignee_ids is None else _people(tx, assignee_ids, None),
        reason=reason or "",
        by=tx.actor,
        at=tx.now,
    )
    window: dict[str, Any] = {
        "window_starts_at": None,
        "window_ends_at": None,
    }  # what was promised for another time is void
    for name, value in {**window, **given}.items():
        setattr(appointment, name, value)
    calendar.take(tx, appointment, force=force)
    told: dict[str, Any] = {**before, "previous_assignee_ids": previous, "reason": reason or ""}
    told["note"] = appointment.note or ""
    tx.publish(AppointmentRescheduled(**facts.appointment(appointment), **told), of=appointment)
    calendar.free(tx, appointment)
    calendar.write(tx, appointment)
    return appointment


def edit(tx: Tx, appointment: Appointment, **given: Any) -> Appointment:
    """Note, place or the window promised to the customer; time and people are rescheduled."""
    appointment.fire(AppointmentAction.EDIT)
    changed = [name for name, value in given.items() if getattr(appointment, name) != value]
    for name in changed:
        setattr(appointment, name, given[name])
    _check_window(appointment.window_starts_at, appointment.window_ends_at)
    if changed:
        tell_change(tx, appointment, *changed)
    return appointment


def proceed(tx: Tx, appointment: Appointment, action: AppointmentAction) -> Appointment:
    """Confirmed, on the way, or there."""
    appointment.fire(action)
    tell_change(tx, appointment, "state")
    return appointment


def complete(tx: Tx, appointment: Appointment, *, note: str | None = None) -> Appointment:
    """It took place."""
    _finish(tx, appointment, AppointmentAction.COMPLETE, note)
    told = AppointmentCompleted(**facts.appointment(appointment), completed_at=tx.now, note=note or "")
    tx.publish(told, of=appointment)
    return appointment


def miss(tx: Tx, appointment: Appointment, *, note: str | None = None) -> Appointment:
    """The customer was not there."""
    _finish(tx, appointment, AppointmentAction.MISS, note)
    told = AppointmentMissed(**facts.appointment(appointment), missed_at=tx.now, note=note or "")
    tx.publish(told, of=appointment)
    return appointment


def cancel(tx: Tx, appointment: Appointment, *, reason: str | None = None) -> Appointment:
    """It will not take place."""
    _finish(tx, appointment, AppointmentAction.CANCEL, reason)
    tx.publish(AppointmentCancelled(**facts.appointment(appointment), reason=reason or ""), of=appointment)
    return appointment


def invitation(tx: Tx, appointment: Appointment) -> Invitation:
    """What a calendar is to know of it."""
    there = people.found(tx, appointment.people)
    place = facts.address(appointment.address)
    return Invitation(
        ident=str(appointment.id),
        sequence=appointment.agg_seq,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        title=f"{formatting.plain(appointment.type)}: {appointment.title}",
        place=formatting.place(place),
        about=formatting.visit(facts.contact_of(appointment), appointment.note or ""),
        link=tx.store.deployment.link(f"/opportunities/{appointment.opportunity_id}"),
        people=[(there[one].name, there[one].email) for one in appointment.people if one in there],
        sender=tx.store.deployment.mail_from,
        over=appointment.state == AppointmentState.CANCELLED,
    )


def held(tx: Tx, opportunity: Opportunity) -> Sequence[Appointment]:
    """All of an opportunity's, each under its own lock."""
    with tx.session.no_autoflush:
        return tx.session.scalars(OF_OPPORTUNITY, {"opportunity": opportunity.id}).all()


def call_off(tx: Tx, opportunity: Opportunity, *, reason: str) -> None:
    """What is still ahead will not take place. Where somebody is there already, they say what came of it."""
    for one in held(tx, opportunity):
        if AppointmentAction.CANCEL in one.open_actions():
            cancel(tx, one, reason=reason)


def follow(tx: Tx, opportunity: Opportunity, *, site: Any) -> None:
    """The opportunity was corrected: so is what is still ahead of it. A place that is not its former ``site`` stays."""
    now: dict[str, Any] = {"title": opportunity.title, "contact": msgspec.to_builtins(facts.contact(opportunity))}
    for one in held(tx, opportunity):
        if not one.stands:
            continue
        place = {"address": opportunity.site if one.address == site else one.address}
        changed = [name for name, value in {**now, **place}.items() if getattr(one, name) != value]
        for name in changed:
            setattr(one, name, {**now, **place}[name])
        if changed:
            tell_change(tx, one, *changed)


def _finish(tx: Tx, appointment: Appointment, action: AppointmentAction, outcome: str | None) -> None:
    appointment.finish(action, outcome=outcome, at=tx.now)
    calendar.free(tx, appointment)


def _people(tx: Tx, asked: Sequence[UUID] | None, salesperson: UUID | None) -> list[UUID]:
    """Who goes there. Raises Invalid for nobody, or for somebody who does not work here."""
    chosen = list(dict.fromkeys(asked if asked is not None else [salesperson] if salesperson else []))
    if not chosen:
        text = "name who goes there: the opportunity has no salesperson yet"
        raise Invalid("an appointment needs somebody", errors=[Fault("/assignee_ids", text)])
    named = [people.unfit(tx, person, f"/assignee_ids/{place}") for place, person in enumerate(chosen)]
    if faults := [fault for one in named for fault in one]:
        raise Invalid("an appointment needs people who work here", errors=faults)
    return chosen


def _check_window(begins: datetime | None, ends: datetime | None) -> None:
    if begins is not None and ends is not None and ends <= begins:
        raise Invalid("the window ends before it begins", errors=[Fault("/window_ends_at", "is not after its start")])


def tell_change(tx: Tx, appointment: Appointment, *changed: str) -> None:
    told: dict[str, Any] = {"changed": changed, "note": appointment.note or ""}
    tx.publish(AppointmentChanged(**facts.appointment(appointment), **told), of=appointment)
