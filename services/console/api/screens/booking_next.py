"""The one next step of a booking order, for who looks at it: a table by its state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.console.adapters.words import said
from services.console.api.screens.offers import Offer, Offers

Record = Mapping[str, Any]
Names = Mapping[str, str]


@dataclass(frozen=True)
class Next:
    """What the card says, the acts it offers in their order, and whether the whole form of the first stands in it."""

    eyebrow: str
    heading: str
    text: str = ""
    acts: tuple[Offer, ...] = ()
    form: Offer | None = None


def of_booking(record: Record, offers: Offers, who: Names, teams: Names) -> Next:
    return TABLE[record["state"]](record, offers, who, teams)


def _acts(offers: Offers, *keys: str) -> tuple[Offer, ...]:
    return tuple(offers.several(*keys))


def _assign(record: Record, offers: Offers, _who: Names, _teams: Names) -> Next:
    text = {
        "on_hold": said("It is on hold; it can go on when what stands in the way is gone."),
        "returned": said("The team gave it back. Put right what they said, then it is ready again."),
    }.get(record["state"], "")
    assign = offers["booking.assign-to-operation"]
    acts = _acts(offers, "booking.release", "booking.ready")
    if assign is None:
        return Next(said("Next: operations takes it over"), said("The office prepares it"), text, acts)
    return Next(
        said("Next: operations takes it over"), said("Assign to Operation"), text, () if assign.ok else acts, assign
    )


def _answer(record: Record, offers: Offers, who: Names, teams: Names) -> Next:
    acts = _acts(offers, "booking.accept", "booking.reassign", "booking.return")
    with_whom = teams.get(str(record["team_id"]), "")
    person = who.get(str(record["assignee_id"]), "")
    heading = f"{with_whom}, {person}" if person else with_whom
    mine = offers["booking.accept"] is not None
    return Next(
        said("Next: the team takes it over") if mine else said("Waits for an answer of operations"),
        said("Do you take this job?") if mine else heading,
        record["note"] or "",
        acts,
    )


def _work(eyebrow: str, heading: str, *keys: str) -> Callable[[Record, Offers, Names, Names], Next]:
    def made(_record: Record, offers: Offers, _who: Names, _teams: Names) -> Next:
        return Next(eyebrow, heading, "", _acts(offers, *keys))

    return made


def _cancelled(record: Record, _offers: Offers, _who: Names, _teams: Names) -> Next:
    return Next(said("Cancelled"), said("The work is not done"), (record["cancelled"] or {}).get("reason") or "")


TABLE: Mapping[str, Callable[[Record, Offers, Names, Names], Next]] = {
    "draft": _assign,
    "ready": _assign,
    "on_hold": _assign,
    "returned": _assign,
    "assigned": _answer,
    "accepted": _work(
        said("Next: the work begins"), said("Operations have taken it over"), "booking.start", "booking.schedule"
    ),
    "in_progress": _work(said("Next: the work is done"), said("The team is at work"), "booking.complete"),
    "completed": _work(said("Completed"), said("The work is done")),
    "cancelled": _cancelled,
}
