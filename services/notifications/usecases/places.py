"""Where whoever is told of something finds it: the first of its places that they open. Who opens none is not told."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from libs.common.auth import Caller, Role
from services.notifications.states import Kind
from services.notifications.usecases import catalogue
from services.notifications.usecases.recipients import Colleague, named

READS = {
    "lead": "lead.read", "opportunity": "opportunity.read", "estimate": "estimate.read", "booking": "booking.read",
    "webhook": "webhook.read",
}  # fmt: skip
OWNERS = ("owner_id", "salesperson_id", "inside_rep_id")


@dataclass(frozen=True)
class Place:
    link: str
    may: str | None = None  #: None of a list, which shows everybody what they have
    owners: tuple[UUID | None, ...] = ()

    def opens(self, who: Caller, branch: UUID | None) -> bool:
        return self.may is None or who.reaches(self.may, branch, self.owners)


@dataclass(frozen=True)
class Places:
    """Of one notice, best first."""

    case: Any
    found: tuple[Place, ...]

    def opened_by(self, person: Colleague) -> bool:
        return self.of(person) is not None

    def of(self, person: Colleague) -> str | None:
        """The link that leads this person to it."""
        return next((one.link for one in self.found if one.opens(self._seen_by(person), self.case.branch)), None)

    def _seen_by(self, person: Colleague) -> Caller:
        """Operations see what was sold, and no estimate that is still being haggled over."""
        haggled = self.found[0].may == "estimate.read" and self.case.state != "accepted"
        return replace(person.caller, roles=person.caller.roles - {Role.OPERATIONS}) if haggled else person.caller


def places(kind: Kind, record: str, case: Any) -> Places:
    """An appointment stands in the calendar too, a lead with an opportunity is answered there."""
    if kind in catalogue.HANDED_OVER:
        return Places(case, (Place(catalogue.HANDED_OVER[kind]),))
    if record == "chat":
        return Places(case, (Place(catalogue.LINKS[record]),))
    opportunity = getattr(case, "opportunity_id", None)
    if record == "appointment":
        going = () if case.state == "cancelled" else named(case, "assignee_ids")
        there = _place("opportunity", opportunity, named(case, "salesperson_id") + list(going))
        days = named(case, "salesperson_id", "assignee_ids", "previous_assignee_ids")
        return Places(case, (there, Place(catalogue.CALENDAR, "pipeline.read", tuple(days))))
    if record == "lead" and opportunity is not None:
        there = _place("opportunity", opportunity, named(case, "salesperson_id"))
        return Places(case, (there, _place("lead", case.subject, named(case, "owner_id"))))
    return Places(case, (_place(record, case.subject, named(case, *OWNERS)),))


def _place(record: str, subject: UUID | None, owners: list[UUID]) -> Place:
    return Place(catalogue.LINKS[record].format(subject=subject), READS[record], tuple(owners))
