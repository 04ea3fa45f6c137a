"""Where an estimate stands with its customer: its state in two words, and the one next step."""

from collections.abc import Callable, Mapping
from typing import Any

from services.console.adapters.words import said
from services.console.api.screens.frame import allowed
from services.console.api.screens.next_step import Next
from services.console.api.screens.offers import Offers

#: how each state looks: the tag's colour and icon
TAGS: dict[str, tuple[str, str]] = {
    "draft": ("", "pen"),
    "pending_approval": ("warn", "lock"),
    "approved": ("good", "check"),
    "sent": ("on", "send"),
    "viewed": ("on", "eye"),
    "changes_requested": ("warn", "chat"),
    "accepted": ("good", "check"),
    "declined": ("bad", "x"),
    "expired": ("warn", "clock"),
    "withdrawn": ("", "undo"),
    "superseded": ("", "dash"),
}


def tag_of(state: str) -> tuple[str, str]:
    return TAGS.get(state, ("", "dash"))


Made = Callable[[Mapping[str, Any], Offers], Next]


def next_of(record: Mapping[str, Any], offers: Offers) -> Next | None:
    """What comes next; None while it is a draft, whose form says it all. ``taken_back``: its sale was undone."""
    made = TABLE.get(record["state"])
    return made(record, offers) if made else None


def _acts(offers: Offers, *keys: str) -> Any:
    return tuple(offers.several(*(f"estimate.{key}" for key in keys)))


def _pending(record: Mapping[str, Any], offers: Offers) -> Next:
    return Next(
        said("Waits for approval"),
        said("May it go out at this price?"),
        "; ".join(record["approval_reasons"] or ()),
        _acts(offers, "approve", "refuse"),
    )


def _approved(_record: Mapping[str, Any], _offers: Offers) -> Next:
    return Next(said("Approved"), said("Send it to the customer"))


def _out(record: Mapping[str, Any], offers: Offers) -> Next:
    seen = record["state"] == "viewed"
    return Next(
        said("With the customer"),
        said("They have read it: ask for the decision") if seen else said("Sent, and not opened yet"),
        acts=_acts(offers, "accept", "revise", "decline"),
    )


def _changes(record: Mapping[str, Any], offers: Offers) -> Next:
    return Next(
        said("The customer wants something else"),
        said("Revise it, or talk to them"),
        record["changes_requested"] or "",
        _acts(offers, "revise", "accept", "decline"),
    )


def _accepted(record: Mapping[str, Any], _offers: Offers) -> Next:
    if record["job_id"] and allowed("booking.read"):
        return Next(
            said("Accepted"), said("It is work now"), link=f"/jobs/{record['job_id']}", link_label=said("Open the job")
        )
    heading = said("It is work now") if record["job_id"] else said("The sale is being turned into work")
    if record["taken_back"]:
        heading = said("The sale was taken back")
    link = f"/opportunities/{record['opportunity_id']}" if allowed("opportunity.read") else ""
    return Next(said("Accepted"), heading, link=link, link_label=said("Open the opportunity"))


def _over(eyebrow: str) -> Made:
    def made(record: Mapping[str, Any], offers: Offers) -> Next:
        why = (record["decision"] or {}).get("reason") or ""
        return Next(eyebrow, said("Begin the next version, or leave it"), why, _acts(offers, "revise"))

    return made


TABLE: dict[str, Made] = {
    "pending_approval": _pending,
    "approved": _approved,
    "sent": _out,
    "viewed": _out,
    "changes_requested": _changes,
    "accepted": _accepted,
    "declined": _over(said("Declined")),
    "expired": _over(said("Its last day is over")),
    "withdrawn": _over(said("Withdrawn")),
}
