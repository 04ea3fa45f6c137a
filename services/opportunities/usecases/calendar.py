"""Whose time is taken when: nobody is promised to two customers at once without somebody meaning it."""

from typing import Any

import sqlalchemy as sa

from libs.common import people, workhours
from libs.common.errors import Conflict, Fault
from libs.common.tx import Tx
from services.opportunities.model import Appointment, Assignment


def take(tx: Tx, appointment: Appointment, *, force: bool) -> None:
    """Claims its people's time, for ``write`` to keep. Raises Conflict naming who is taken then, unless ``force``."""
    for person in sorted(appointment.people):
        tx.count(f"calendar:{person}")  # two who want the same hour of the same person take turns
    if not force:
        _demand_free(tx, appointment)


def write(tx: Tx, appointment: Appointment) -> None:
    """Writes down whose time it takes, when all else of the act is said."""
    tx.session.flush()
    when: dict[str, Any] = {
        "appointment_id": appointment.id,
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
    }
    tx.execute(sa.insert(Assignment), [{**when, "person_id": person} for person in appointment.people])


def free(tx: Tx, appointment: Appointment) -> None:
    """Gives the time back."""
    tx.execute(sa.delete(Assignment).where(Assignment.appointment_id == appointment.id))


def _demand_free(tx: Tx, appointment: Appointment) -> None:
    overlapping = (
        sa.select(Assignment.person_id, Appointment.id, Appointment.number, Appointment.starts_at, Appointment.ends_at)
        .join(Appointment, Appointment.id == Assignment.appointment_id)
        .where(Assignment.person_id.in_(appointment.people), Assignment.appointment_id != appointment.id)
        .where(Assignment.starts_at < appointment.ends_at, Assignment.ends_at > appointment.starts_at)
        .order_by(Assignment.starts_at)
    )
    rows = tx.execute(overlapping).all()
    if not rows:
        return
    names = people.names(tx, [row.person_id for row in rows])
    zone = workhours.zone(people.branch(tx, appointment.branch))
    faults = []
    for row in rows:
        begins, ends = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
        who = names.get(row.person_id, str(row.person_id))
        taken = f"{who} is taken from {begins:%Y-%m-%d %H:%M} to {ends:%H:%M %Z} by {row.number}, appointment {row.id}"
        faults.append(Fault(f"/assignee_ids/{appointment.people.index(row.person_id)}", taken))
    raise Conflict("this overlaps with another appointment", errors=faults)
