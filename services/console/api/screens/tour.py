"""A short tour: the funnel in seven steps, who does what, each with the page on which it is done."""

from dataclasses import dataclass

from flask import Blueprint, Response

from libs.common.auth import May, Role
from services.console.adapters.words import said
from services.console.api.screens.frame import me, page, screen

bp = Blueprint("console_tour", __name__)


@dataclass(frozen=True)
class Stop:
    """``roles`` are those whose step it is; who may not open its page reads about it."""

    heading: str
    text: str
    who: str
    roles: tuple[Role, ...]
    href: str
    link: str
    may: May


STOPS = (
    Stop(
        said("Somebody calls"),
        said("Name, a number, what they want. Whoever is alike already shows up while you type."),
        said("CSR, or anybody who is asked"), (Role.CSR, Role.TECHNICIAN), "/new", said("Take a call"), "lead.create",
    ),
    Stop(
        said("Is it worth working?"),
        said("Say yes, and an opportunity opens by itself for a salesperson. A clock runs until the first answer."),
        said("CSR"), (Role.CSR, Role.OFFICE), "/leads", said("Leads"), "lead.read",
    ),
    Stop(
        said("Call, visit, ask"),
        said("Log the call, set an appointment, answer the questions. The page says what is still missing."),
        said("Salesperson"), (Role.SALESPERSON,), "/board", said("Board"), "opportunity.read",
    ),
    Stop(
        said("Price it"),
        said("Converting drafts an estimate. Lines from the price book, options side by side, then send it."),
        said("Salesperson; a manager approves what is below the limit"), (Role.SALESPERSON, Role.MANAGER),
        "/estimates", said("Estimates"), "estimate.read",
    ),
    Stop(
        said("The customer says yes"),
        said("On their own page, or at the table. Customer, job and booking are made from it by themselves."),
        said("The customer"), (), "/estimates", said("Estimates"), "estimate.read",
    ),
    Stop(
        said("Hand it to operations"),
        said("Tick the checklist, order, schedule. Then assign it; what is missing is listed until nothing is."),
        said("Office"), (Role.OFFICE, Role.MANAGER), "/bookings", said("Bookings"), "booking.read",
    ),
    Stop(
        said("Do the work"),
        said("Operations accept or give it back, start, and complete. Everybody who should know is told."),
        said("Operations"), (Role.OPERATIONS,), "/operations", said("Operations"), "booking.operate",
    ),
)  # fmt: skip


@bp.get("/tour")
@screen()
def tour() -> Response:
    """How does it work?"""
    mine = next((n for n, stop in enumerate(STOPS, 1) if me().roles & set(stop.roles)), 0)
    return page("tour.html", nav="/", stops=STOPS, mine=mine, my=lambda stop: bool(me().roles & set(stop.roles)))
