"""Booking orders: the list, and one of them with all that leads it to operations and through."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common.web import reading
from services.console.adapters import words
from services.console.adapters.doors import Doors, Said
from services.console.api.screens import choices, crew, filing, sheets, steps
from services.console.api.screens.booking_next import of_booking
from services.console.api.screens.frame import doors, go, me, names, page, printed, screen
from services.console.api.screens.offers import Offers
from services.console.usecases import found

bp = Blueprint("console_bookings", __name__)

STATES = (
    "draft", "ready", "on_hold", "assigned", "returned", "accepted", "in_progress", "completed", "cancelled",
)  # fmt: skip
OVER = ("completed", "cancelled")
#: acts that are folded into the menu, in this order
SELDOM = (
    "booking.reassign", "booking.schedule", "booking.change-order", "booking.mail", "booking.hold", "booking.cancel",
)  # fmt: skip


@bp.get("/bookings")
@screen(may="booking.read")
def bookings() -> Response:
    """Sold work on its way, newest first."""
    asked = {name: request.args.get(name, "") for name in ("state", "team", "customer_id", "job_id", "cursor")}
    if sheets.wanted():
        return sheets.file_of("/bookings", asked)
    listed = doors().get("/bookings", limit=50, **asked)
    failed = doors().every("/bookings/sales", state="failed")
    return page(
        "bookings.html",
        nav="/bookings",
        found=listed,
        asked=asked,
        states=STATES,
        teams=crew.called(),
        crews=crew.crews(),
        failed=failed,
        jobless=choices.jobless() if me().may("job.edit") else [],
        offers=Offers({}, ()),
        who=names(*(one["assignee_id"] for one in listed["items"])),
    )


@bp.get("/bookings/<uuid:booking_id>")
@screen(may="booking.read")
def booking(booking_id: UUID) -> Response:
    """Can operations take it?"""
    ident = str(booking_id)
    record = doors().get(f"/bookings/{ident}")
    here = f"/bookings/{ident}"
    where = {f"checklist/{one['key']}": f"{here}#check-{one['key']}" for one in record["checklist"]}
    where |= {
        "state": f"{here}#ready",
        "job_id": f"/do/job.make?acceptance_id={record['acceptance_ids'][0]}&back={here}"
        if record["acceptance_ids"] and me().may("job.edit")
        else "",
        "hold": f"{here}#hold",
        "deposit_paid": f"{here}#deposit",
        "change_orders": f"{here}#changes",
    }
    offers = Offers(record, (ident,), where)
    sales = [_sale(doors(), one["acceptance_id"]) for one in record["parts"]]
    with reading() as tx:
        card = found(tx, me(), booking=booking_id)
    who = names(
        record["salesperson_id"],
        record["assignee_id"],
        record["assigned_by"],
        record["accepted_by"],
        *((record[name] or {}).get("by") for name in ("hold", "returned", "cancelled")),
        *(one["by"] for one in record["checklist"]),
        *(link[name] for link in record["assignments"] for name in ("assignee_id", "assigned_by", "outcome_by")),
    )
    teams = crew.called()
    job = doors().maybe(f"/bookings/jobs/{record['job_id']}", None) if record["job_id"] else None
    its_job = Offers(job or {}, (record["job_id"],) if job else ())
    files = filing.at(f"/bookings/jobs/{record['job_id']}") if job else []
    return page(
        "booking.html",
        nav="/bookings",
        booking=record,
        offers=offers,
        menu=offers.several(*(key for key in SELDOM if record["state"] not in OVER)),
        sales=[(one, Offers(one, (one["acceptance_id"],))) for one in sales if one],
        job=job,
        its_job=its_job,
        files=files,
        taken=filing.taken(files, its_job, "job.file-remove", "jobs"),
        card=card,
        who=who,
        teams=teams,
        steps=_steps(record),
        over=record["state"] in OVER,
        next=of_booking(record, offers, who, teams),
    )


@bp.get("/bookings/<uuid:booking_id>/booking.pdf")
@screen(may="booking.read")
def paper(booking_id: UUID) -> Response:
    """The order on paper."""
    return printed(f"/bookings/{booking_id}/booking.pdf")


def _sale(asking: Doors, acceptance_id: str) -> dict[str, Any] | None:
    sale: dict[str, Any] | None = asking.maybe(f"/bookings/sales/{acceptance_id}", None)
    return sale


@bp.post("/bookings/<uuid:booking_id>/checklist")
@screen(may="booking.prepare")
def tick(booking_id: UUID) -> Response:
    """Ticks what was ticked and takes back what was taken back; what somebody else ticked meanwhile stays."""
    here = f"/bookings/{booking_id}"
    before, now = set(request.form.getlist("was")), set(request.form.getlist("done"))
    changed = {key: key in now for key in before ^ now}
    if not changed:
        return go(f"{here}#checklist", words.said("Nothing was changed."))
    said = _ticked(here, changed)
    if said.status == 412:  # who ticks quickly overtakes their own last one
        said = _ticked(here, changed)
    if said.ok:
        return go(f"{here}#checklist")
    if said.status == 412:
        return go(f"{here}#checklist", words.said("Somebody was quicker. Here is what it is now; tick it again."))
    return go(here, str(said.problem.get("detail") or words.said("That was refused.")))


def _ticked(here: str, changed: dict[str, bool]) -> Said:
    read = doors().look(here)
    return doors().ask("PATCH", here, {"checklist": changed}, headers={"If-Match": read.tag})


ALONG = (
    ("draft", words.said("Draft")),
    ("ready", words.said("Ready")),
    ("assigned", words.said("Assigned")),
    ("accepted", words.said("Accepted")),
    ("in_progress", words.said("In progress")),
    ("completed", words.said("Completed")),
)


def _steps(record: Mapping[str, Any]) -> list[steps.Step]:
    """One that is on hold was ready; one that came back is to be made ready again."""
    state = {"on_hold": "ready", "returned": "draft"}.get(record["state"], str(record["state"]))
    links = record["assignments"]
    times = {
        "draft": record["created_at"],
        "assigned": links[-1]["assigned_at"] if links else None,
        "accepted": record["accepted_at"],
        "in_progress": record["started_at"],
        "completed": record["completed_at"],
    }
    return [] if state == "cancelled" else steps.along(ALONG, state, times)
