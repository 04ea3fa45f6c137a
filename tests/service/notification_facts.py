"""Facts for the tests of notifications: the contract's own samples, about the cast of the bench."""

import json
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from embedded.testing import CAST, HOME, OPERATIONS, Bench
from libs.common.contracts.base import Event

SAMPLES = Path(__file__).parents[1] / "contract" / "samples"
PUBLISHERS = {"lead": "leads", "estimate": "estimates", "booking": "bookings", "staff": "staff"}
Fact = TypeVar("Fact", bound=Event)


def who(name: str) -> UUID:
    return CAST[name][0]


US: dict[str, Any] = {
    "branch": HOME, "owner_id": who("salesperson"), "salesperson_id": who("salesperson"), "inside_rep_id": None,
    "assignee_ids": [who("salesperson")], "previous_assignee_ids": [], "team_id": OPERATIONS,
    "assignee_id": None, "assigned_by": who("manager"), "submitted_by": who("salesperson"),
    "decided_by": who("manager"), "returned_by": who("operations"), "accepted_by": who("operations"),
    "previous_team_id": None, "past_team_ids": [OPERATIONS], "past_assignee_ids": [], "previous_owner_id": None,
    "previous_salesperson_id": None, "previous_assignee_id": None,
}  # fmt: skip


def fact(kind: type[Fact], **more: Any) -> Fact:
    """The sample of this fact, told of our people, with these values instead."""
    sample = json.loads((SAMPLES / f"{kind.name}.json").read_text())
    data = sample["data"] | {name: value for name, value in US.items() if name in sample["data"]} | more
    subject = data.pop("subject", UUID(sample["subject"]))
    return kind.read(subject, json.loads(json.dumps(data, default=_plain)))


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def tell(bench: Bench, kind: type[Fact], *, actor: str = "system", **more: Any) -> Fact:
    """Lets it arrive, twice. ``actor`` is one of the cast, or ``customer``."""
    event = fact(kind, **more)
    by = PUBLISHERS.get(event.aggregate(), "opportunities")
    bench.tell(event, by=by, actor=str(who(actor)) if actor in CAST else actor)
    return event


def told(bench: Bench, name: str, **asked: str) -> list[str]:
    """The kinds of what this person was told and has not seen, newest first."""
    query = "&".join(f"{key}={value}" for key, value in {"unread": "true", "limit": "200", **asked}.items())
    return [one["kind"] for one in bench.as_(name).items(f"/api/v1/notifications?{query}")]


def everybody_told(bench: Bench, kind: str) -> set[str]:
    """Who of the cast was told this, by the log."""
    log = bench.as_("auditor").items(f"/api/v1/notifications/deliveries?kind={kind}&channel=in_app&limit=200")
    names = {str(ident): name for name, (ident, *_) in CAST.items()}
    return {names[one["person_id"]] for one in log}
