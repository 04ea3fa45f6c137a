"""The funnel as a table: how many came how far, what it was worth, how long it took, and whether the books balance."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from demo.client import Client
from demo.drive import Case


@dataclass(frozen=True)
class Stage:
    """How many records stand there, what they are worth together, and how long it took them, in the middle."""

    name: str
    count: int
    value: Decimal
    seconds: float


@dataclass
class Result:
    """All that the end of a run says."""

    seconds: float
    rows: int
    rejected: int
    stages: list["Stage"] = field(default_factory=list)
    notifications: int = 0
    facts: Mapping[str, int] = field(default_factory=dict)
    applied: int = 0
    faults: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


def funnel(auditor: Client) -> tuple[list[Stage], int, list[str]]:
    """Each stage and exit out of the services' own lists, how many notifications, and what does not add up."""
    leads = list(auditor.items("/api/v1/leads?limit=200"))
    opportunities = list(auditor.items("/api/v1/opportunities?limit=200"))
    estimates = list(auditor.items("/api/v1/estimates?limit=200"))
    bookings = list(auditor.items("/api/v1/bookings?limit=200"))
    jobs = list(auditor.items("/api/v1/bookings/jobs?limit=200"))
    stages = _stages("lead", leads, "state", _nothing) + _stages("opportunity", opportunities, "stage", _nothing)
    stages += _stages("estimate", estimates, "state", _worth)
    stages += _stages("booking", bookings, "state", lambda one: Decimal(one["contract_total"]))
    told = sum(1 for _ in auditor.items("/api/v1/notifications/deliveries?limit=200"))
    return stages, told, _unbalanced(estimates, bookings, jobs)


def _stages(what: str, records: Sequence[Any], name: str, worth: Callable[[Any], Decimal]) -> list[Stage]:
    found = []
    for state in sorted({one[name] for one in records}):
        mine = [one for one in records if one[name] == state]
        took = [_instant(one["updated_at"]) - _instant(one["created_at"]) for one in mine]
        value = sum((worth(one) for one in mine), Decimal(0))
        found.append(Stage(f"{what} {state}", len(mine), value, statistics.median(took)))
    return found


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _nothing(_record: Any) -> Decimal:
    return Decimal(0)


def _worth(estimate: dict[str, Any]) -> Decimal:
    return Decimal(estimate.get("total") or "0")


def _unbalanced(estimates: Sequence[Any], bookings: Sequence[Any], jobs: Sequence[Any]) -> list[str]:
    """Every accepted estimate has one customer, one job, one live booking, and no booking is without one."""
    faults = []
    accepted = {one["id"] for one in estimates if one["state"] == "accepted"}
    booked = Counter(estimate for one in bookings if one["state"] != "cancelled" for estimate in one["estimate_ids"])
    worked = Counter(one["estimate_id"] for one in jobs)
    for what, found in (("booking", booked), ("job", worked)):
        without = [one for one in accepted if found[one] != 1]
        beyond = [one for one in found if one not in accepted]
        if without or beyond:
            faults.append(f"{len(without)} accepted estimates without exactly one {what}, {len(beyond)} {what}s beyond")
    if any(not one["customer_id"] for one in bookings):
        faults.append("a booking has no customer")
    return faults


def troubles(cases: Sequence[Case]) -> list[str]:
    return [f"{case.lead['number']}: {text}" for case in cases for text in case.trouble]


def text(result: Result) -> str:
    """For people."""
    lines = [f"{'stage or exit':34}{'count':>8}{'value':>18}{'median time':>14}"]
    lines += [
        f"{one.name:34}{one.count:>8}{(f'{one.value:,.2f}' if one.value else ''):>18}{one.seconds:>12.1f} s"
        for one in result.stages
    ]
    lines += ["", f"{'fact':46}{'published':>10}"]
    lines += [f"{kind:46}{count:>10}" for kind, count in sorted(result.facts.items())]
    published = sum(result.facts.values())
    lines += [
        "",
        f"{result.rows} enquiries ({result.rejected} rejected) in {result.seconds:.0f} s",
        f"{result.rows / result.seconds:.1f} enquiries a second, {published / result.seconds:.0f} facts a second",
        f"{published} facts published, applied {result.applied} times by their subscribers",
        f"{result.notifications} notifications sent",
    ]
    lines += [f"could not be driven to its end: {one}" for one in result.trouble[:20]]
    lines += [f"does not balance: {one}" for one in result.faults]
    lines.append("The books balance." if not result.faults else "THE BOOKS DO NOT BALANCE.")
    return "\n".join(lines)
