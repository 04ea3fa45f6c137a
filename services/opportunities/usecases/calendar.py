"""Whose time is taken when: nobody is promised to two customers at once without somebody meaning it."""

from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from libs.common import formatting, people, workhours
from libs.common.errors import Conflict, Fault
from libs.common.tx import Tx
from services.opportunities.model import Appointment, Assignment

# Built once: building a statement costs more than running it.
APPOINTMENTS: Any = Appointment.__table__
TAKEN: Any = Assignment.__table__
OVERLAPPING = (
    sa.select(TAKEN.c.person_id, *(APPOINTMENTS.c[name] for name in ("id", "number", "starts_at", "ends_at")))
    .select_from(TAKEN)
    .join(APPOINTMENTS, APPOINTMENTS.c.id == TAKEN.c.appointment_id)
    .where(TAKEN.c.person_id.in_(sa.bindparam("people", expanding=True)))
    .where(TAKEN.c.appointment_id != sa.bindparam("appointment"))
    .where(TAKEN.c.starts_at < sa.bindparam("ends"), TAKEN.c.ends_at > sa.bindparam("begins"))
    .order_by(TAKEN.c.starts_at)
)
FREE = sa.delete(TAKEN).where(TAKEN.c.appointment_id == sa.bindparam("appointment"))


def take(tx: Tx, appointment: Appointment, *, force: bool) -> None:
    """Claims its people's time, for ``write`` to keep. Raises Conflict for who is taken or away, unless ``force``."""
    for person in sorted(appointment.people):
        tx.count(f"calendar:{person}")  # two who want the same hour of the same person take turns
    if not force:
        _demand_free(tx, appointment)


def write(tx: Tx, appointment: Appointment) -> None:
    """Writes down whose time it takes, with all else of the act."""
    when: dict[str, Any] = {
        "appointment_id": appointment.id,
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
    }
    tx.put(TAKEN, [{**when, "person_id": person} for person in appointment.people])


def free(tx: Tx, appointment: Appointment) -> None:
    """Gives the time back."""
    tx.written(TAKEN)
    tx.execute(FREE, {"appointment": appointment.id})


def _demand_free(tx: Tx, appointment: Appointment) -> None:
    when = {"begins": appointment.starts_at, "ends": appointment.ends_at}
    tx.written(TAKEN)
    rows = tx.execute(OVERLAPPING, {"people": appointment.people, "appointment": appointment.id, **when}).all()
    zone = workhours.zone(people.branch(tx, appointment.branch))
    faults = _away(tx, appointment, zone)
    names = people.names(tx, [row.person_id for row in rows])
    zoned = people.has_several_clocks(tx)
    for row in rows:
        begins, ends = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
        who = names.get(row.person_id, str(row.person_id))
        taken = f"{who} is taken on {formatting.moment(begins, zoned=zoned)} to {ends:%H:%M} by {row.number}"
        faults.append(Fault(f"/assignee_ids/{appointment.people.index(row.person_id)}", taken))
    if not faults:
        return
    if not rows:
        raise Conflict("this overlaps with an absence", errors=faults)
    others = list(dict.fromkeys(str(row.id) for row in rows))
    raise Conflict("this overlaps with another appointment", errors=faults, appointments=others)


def _away(tx: Tx, appointment: Appointment, zone: ZoneInfo) -> list[Fault]:
    """Who of them is not here then, as staff told."""
    faults, zoned = [], people.has_several_clocks(tx)
    for place, ident in enumerate(appointment.people):
        begins, ends = people.absence(tx, ident)
        if begins is None or appointment.ends_at <= begins or (ends is not None and appointment.starts_at >= ends):
            continue
        name = people.names(tx, [ident]).get(ident, str(ident))
        until = f" until {formatting.moment(ends.astimezone(zone), zoned=zoned)}" if ends else ""
        away = f"{name} is away from {formatting.moment(begins.astimezone(zone), zoned=zoned)}{until}"
        faults.append(Fault(f"/assignee_ids/{place}", away))
    return faults
