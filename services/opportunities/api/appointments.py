"""Appointments over HTTP."""

from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint

from libs.common.columns import Aggregate
from libs.common.errors import Forbidden
from libs.common.invitations import KIND, written
from libs.common.scoping import in_scope
from libs.common.web import (
    Answer,
    Given,
    Listing,
    begin,
    caller,
    endpoint,
    equal,
    one,
    page,
    reading,
    visible,
)
from services.opportunities.model import Appointment, Assignment, Opportunity
from services.opportunities.schemas.appointments import (
    AppointmentEditIn,
    AppointmentIn,
    AppointmentOut,
    AppointmentQuery,
    AppointmentRow,
    CancelIn,
    FinishIn,
    RescheduleIn,
)
from services.opportunities.states import AppointmentAction
from services.opportunities.usecases import appointments as usecases

bp = Blueprint("opportunity_appointments", __name__, url_prefix="/api/v1/opportunities")

THEIRS = sa.select(Assignment.appointment_id).where(Assignment.person_id == sa.bindparam("assignee"))
LISTING = Listing(
    Appointment,
    sa.select(Appointment),
    {
        **equal(
            opportunity_id=Appointment.opportunity_id,
            job_id=Appointment.job_id,
            state=Appointment.state,
            type=Appointment.type,
        ),
        "assignee": Appointment.id.in_(THEIRS),
        "starts_after": Appointment.starts_at >= sa.bindparam("starts_after"),
        "starts_before": Appointment.starts_at < sa.bindparam("starts_before"),
    },
)


@bp.post("/<uuid:opportunity_id>/appointments")
@endpoint(may="opportunity.appoint", body=AppointmentIn, answer=AppointmentOut, status=201)
def schedule(opportunity_id: UUID, given: Given) -> Answer:
    """Arrange a call or visit: people, place and length are filled in. 409 names who is taken at that time."""
    with begin() as tx:
        found = visible(tx, Opportunity, opportunity_id)
        _may_force(found, given)
        made = usecases.schedule(tx, found, **given)
        return tx.answer(AppointmentOut(), made, 201, {"Location": f"/api/v1/opportunities/appointments/{made.id}"})


@bp.get("/<uuid:opportunity_id>/appointments")
@endpoint(may="opportunity.read", query=AppointmentQuery, answer=AppointmentRow, many=True)
def of_opportunity(opportunity_id: UUID, asked: Given) -> Answer:
    """An opportunity's appointments."""
    with reading() as tx:
        visible(tx, Opportunity, opportunity_id)
        return page(tx, LISTING, AppointmentRow, {**asked, "opportunity_id": opportunity_id})


@bp.get("/appointments")
@endpoint(may="opportunity.read", query=AppointmentQuery, answer=AppointmentRow, many=True)
def appointments(asked: Given) -> Answer:
    """Appointments in the caller's scope; with starts_after and starts_before a calendar."""
    with reading() as tx:
        return page(tx, LISTING, AppointmentRow, asked)


@bp.get("/appointments/<uuid:appointment_id>")
@endpoint(may="opportunity.read", answer=AppointmentOut)
def appointment(appointment_id: UUID) -> Answer:
    """One appointment, with where it stood before and what the caller may do."""
    with reading() as tx:
        return one(tx, AppointmentOut, visible(tx, Appointment, appointment_id))


@bp.get("/appointments/<uuid:appointment_id>/appointment.ics")
@endpoint(may="opportunity.read", kinds=(KIND,))
def invitation(appointment_id: UUID) -> Answer:
    """The appointment for a calendar (iCalendar): taken in again after a change, it moves there."""
    with reading() as tx:
        found = visible(tx, Appointment, appointment_id)
        file = written(usecases.invitation(tx, found), tx.now)
    return file, 200, {"Content-Type": f"{KIND}; charset=utf-8"}


@bp.patch("/appointments/<uuid:appointment_id>")
@endpoint(may="opportunity.appoint", body=AppointmentEditIn, answer=AppointmentOut, edits=True)
def edit(appointment_id: UUID, given: Given) -> Answer:
    """Note, place or the window promised to the customer; time and people are rescheduled."""
    with begin() as tx:
        found = visible(tx, Appointment, appointment_id)
        return tx.answer(AppointmentOut(), usecases.edit(tx, found, **given))


@bp.post("/appointments/<uuid:appointment_id>/reschedule")
@endpoint(may="opportunity.appoint", body=RescheduleIn, answer=AppointmentOut)
def reschedule(appointment_id: UUID, given: Given) -> Answer:
    """Another time, place or other people; where it stood before is kept."""
    with begin() as tx:
        found = visible(tx, Appointment, appointment_id)
        _may_force(found, given)
        return tx.answer(AppointmentOut(), usecases.reschedule(tx, found, **given))


@bp.post("/appointments/<uuid:appointment_id>/complete")
@endpoint(may="opportunity.appoint", body=FinishIn, answer=AppointmentOut)
def complete(appointment_id: UUID, given: Given) -> Answer:
    """It took place."""
    with begin() as tx:
        return tx.answer(AppointmentOut(), usecases.complete(tx, visible(tx, Appointment, appointment_id), **given))


@bp.post("/appointments/<uuid:appointment_id>/no-show")
@endpoint(may="opportunity.appoint", body=FinishIn, answer=AppointmentOut)
def miss(appointment_id: UUID, given: Given) -> Answer:
    """The customer was not there."""
    with begin() as tx:
        return tx.answer(AppointmentOut(), usecases.miss(tx, visible(tx, Appointment, appointment_id), **given))


@bp.post("/appointments/<uuid:appointment_id>/cancel")
@endpoint(may="opportunity.appoint", body=CancelIn, answer=AppointmentOut)
def cancel(appointment_id: UUID, given: Given) -> Answer:
    """It will not take place."""
    with begin() as tx:
        return tx.answer(AppointmentOut(), usecases.cancel(tx, visible(tx, Appointment, appointment_id), **given))


@bp.post("/appointments/<uuid:appointment_id>/confirm")
@endpoint(may="opportunity.appoint", answer=AppointmentOut)
def confirm(appointment_id: UUID) -> Answer:
    """The customer confirmed it."""
    return _proceed(appointment_id, AppointmentAction.CONFIRM)


@bp.post("/appointments/<uuid:appointment_id>/en-route")
@endpoint(may="opportunity.appoint", answer=AppointmentOut)
def set_out(appointment_id: UUID) -> Answer:
    """Somebody is on the way."""
    return _proceed(appointment_id, AppointmentAction.SET_OUT)


@bp.post("/appointments/<uuid:appointment_id>/on-site")
@endpoint(may="opportunity.appoint", answer=AppointmentOut)
def arrive(appointment_id: UUID) -> Answer:
    """Somebody is there."""
    return _proceed(appointment_id, AppointmentAction.ARRIVE)


def _proceed(appointment_id: UUID, action: AppointmentAction) -> Answer:
    with begin() as tx:
        return tx.answer(AppointmentOut(), usecases.proceed(tx, visible(tx, Appointment, appointment_id), action))


def _may_force(record: Aggregate, given: Given) -> None:
    if given.get("force") and not in_scope(record, caller(), "opportunity.overlap"):
        raise Forbidden("only who has the permission opportunity.overlap may promise somebody's time twice")
