"""The one next step of an opportunity: a table, the first line that holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.adapters.words import said
from services.console.api.screens.offers import Offer, Offers

Records = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Next:
    """What the card says: what comes next, what to do for it, the acts it offers, and a page to open first."""

    eyebrow: str
    heading: str
    text: str = ""
    acts: tuple[Offer, ...] = ()
    link: str = ""
    link_label: str = ""


def of_opportunity(
    record: Mapping[str, Any], offers: Offers, estimates: Records, bookings: Records, happened: Records
) -> Next:
    """The first of these that fits where it stands; ``happened`` is newest first."""
    decided = (one["kind"] for one in happened if one["kind"] in ("estimate.accepted", "opportunity.won"))
    record = {**record, "was_won": next(decided, "") == "opportunity.won"}
    for fits, made in TABLE:
        if fits(record, estimates, bookings):
            return made(record, offers, estimates, bookings)
    raise AssertionError("the last line always fits")


def _live(estimates: Records) -> Mapping[str, Any] | None:
    """The estimate that it stands on."""
    return next((one for one in estimates if one["selected"]), estimates[0] if estimates else None)


def _acts(offers: Offers, *keys: str) -> tuple[Offer, ...]:
    return tuple(offers.several(*keys))


def _sold(*_: Any) -> Next:
    return Next(
        said("Won"), said("The sale is being turned into work"), said("Customer, job and booking appear in a moment.")
    )


#: an order that nobody works on any more; it is spoken of where no other is left
OVER_WITH = {"completed": said("The work is done"), "cancelled": said("The work is not done: it was cancelled")}


def _won(record: Any, _offers: Offers, _estimates: Records, bookings: Records) -> Next:
    if not bookings:
        return Next(said("Won"), said("It is work now")) if record["job_id"] else _sold()
    order = min(bookings, key=lambda one: [*OVER_WITH].index(one["state"]) + 1 if one["state"] in OVER_WITH else 0)
    return Next(
        said("Won"),
        OVER_WITH.get(order["state"], said("It is work now")),
        order["title"],
        link=f"/bookings/{order['id']}",
        link_label=said("Open the booking"),
    )


def _lost(record: Any, offers: Offers, _estimates: Records, _bookings: Records) -> Next:
    return Next(
        said("Lost"),
        said("It came to nothing"),
        (record["lost"] or {}).get("note") or "",
        _acts(offers, "opportunity.reopen"),
    )


def _nobody(_record: Any, offers: Offers, _estimates: Records, _bookings: Records) -> Next:
    return Next(
        said("Next: somebody takes it"),
        said("Give it to a salesperson"),
        said("They are alerted at once."),
        _acts(offers, "opportunity.assign"),
    )


def _call(record: Any, offers: Offers, _estimates: Records, _bookings: Records) -> Next:
    """Also of one that is past that stage by now, such as by an appointment, without anybody having logged a word."""
    ahead, silent = record["next_stage"] == "contacted", record["prospect"].get("do_not_contact")
    heading = said("Call them back") if ahead else said("Log how they were reached, or call them")
    return Next(
        said("Next: Contacted") if ahead else said("No contact is logged yet"),
        said("They do not want to be contacted: log it when they are in touch") if silent else heading,
        said("The first attempt stops the response clock."),
        _acts(offers, "opportunity.contact", "opportunity.appoint" if ahead else "opportunity.convert"),
    )


def _convert(record: Any, offers: Offers, _estimates: Records, _bookings: Records) -> Next:
    heading = (
        said("Set a time to see them")
        if record["stage"] in ("new", "contacted")
        else said("Ask what must be known, then convert")
    )
    acts = (
        ("opportunity.appoint", "opportunity.convert")
        if record["stage"] in ("new", "contacted")
        else ("opportunity.convert", "opportunity.appoint")
    )
    return Next(
        said("Next: Converted, ready for a price"),
        heading,
        said("Converting drafts an estimate by itself."),
        _acts(offers, *acts),
    )


def _draft(_record: Any, _offers: Offers, estimates: Records, _bookings: Records) -> Next:
    live = _live(estimates)
    if live is None:
        return Next(said("Next: an estimate"), said("An estimate is being drafted"), said("It is here in a moment."))
    text = said("Nothing has gone to the customer yet.")
    return Next(
        said("Next: the customer has a price"),
        said("Price it and send it"),
        text,
        link=f"/estimates/{live['id']}",
        link_label=said("Open the estimate"),
    )


def _waiting(_record: Any, _offers: Offers, estimates: Records, _bookings: Records) -> Next:
    live = _live(estimates) or {}
    heading = (
        said("They asked for a change") if live.get("state") == "changes_requested" else said("The customer has it")
    )
    return Next(
        said("Next: Won, when they accept a version"),
        heading,
        "",
        link=f"/estimates/{live.get('id')}",
        link_label=said("Open the estimate"),
    )


def _taken_back(record: Any, offers: Offers, _estimates: Records, _bookings: Records) -> Next:
    more = offers.get("estimate.create", opportunity_id=record["id"])
    return Next(
        said("Next: the customer has a price"),
        said("The sale was taken back"),
        said("Price another estimate, or close it as lost."),
        ((more,) if more else ()) + _acts(offers, "opportunity.lose"),
    )


def _over(_record: Any, _offers: Offers, estimates: Records, _bookings: Records) -> Next:
    return Next(
        said("Next: the customer has a price"),
        said("The price that was out holds no longer"),
        said("Begin its next version, or close it as lost."),
        link=f"/estimates/{(_live(estimates) or {}).get('id')}",
        link_label=said("Open the estimate"),
    )


def _state(estimates: Records) -> str:
    return str((_live(estimates) or {}).get("state"))


Fits = Callable[[Mapping[str, Any], Records, Records], bool]
Made = Callable[[Mapping[str, Any], Offers, Records, Records], Next]
OUT = ("sent", "viewed", "changes_requested")
OVER = ("declined", "expired", "withdrawn")
TABLE: tuple[tuple[Fits, Made], ...] = (
    (lambda record, *_: record["stage_type"] == "won", _won),
    (lambda record, *_: record["stage_type"] == "lost", _lost),
    (lambda record, *_: not record["salesperson_id"], _nobody),
    (lambda record, *_: not record["first_contacted_at"] and not record["converted_at"], _call),
    (lambda record, *_: not record["converted_at"], _convert),
    (lambda _, estimates, __: _state(estimates) in OUT, _waiting),
    (lambda _, estimates, __: _state(estimates) in OVER, _over),
    (lambda record, estimates, _: _state(estimates) == "accepted" and record["was_won"], _taken_back),
    (lambda _, estimates, __: _state(estimates) == "accepted", _sold),
    (lambda *_: True, _draft),
)
