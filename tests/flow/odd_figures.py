"""Every figure of every report, worked out anew from what the services' doors and their facts say, in plain Python.

A count is the enquiries that it counts, each as often as it is counted.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from embedded.testing import CAST, Bench
from libs.common.contracts.base import facts
from tests.flow.funnel import API

LIVE = ("sent", "viewed", "changes_requested")
AGES = (
    ("up to 3 days", 3),
    ("4 to 7 days", 7),
    ("8 to 14 days", 14),
    ("15 to 30 days", 30),
    ("more than 30 days", 9999),
)
TEAM = ("salesperson", "colleague", "manager")


@dataclass
class Figures:
    """A row: enquiries by column, and whatever is no count."""

    counts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    other: dict[str, Any] = field(default_factory=dict)


Rows = dict[Any, Figures]


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def share(part: int | Decimal, whole: int | Decimal) -> str | None:
    return str((Decimal(100) * part / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)) if whole else None


def mean(spans: list[timedelta], unit: timedelta) -> str | None:
    if not spans:
        return None
    mean = Decimal(sum(spans, timedelta()).total_seconds() / len(spans) / unit.total_seconds())
    return str(mean.quantize(Decimal("0.1"), ROUND_HALF_UP))


class Company:
    """What the doors of the services and their facts say, by lead."""

    def __init__(self, bench: Bench) -> None:
        see = bench.as_("auditor")
        self.now = bench.clock()
        self.leads = {one["id"]: one for one in see.items(f"{API}/leads?limit=200")}
        self.opportunities = {one["lead_id"]: one for one in see.items(f"{API}/opportunities?limit=200")}
        self.estimates = see.items(f"{API}/estimates?limit=200")
        self.bookings = see.items(f"{API}/bookings?limit=200")
        self.sales = see.items(f"{API}/bookings/sales?limit=200")
        self.bench = bench

    def facts(self, service: str, *names: str) -> list[Any]:
        return [one for kind in facts() if kind.name in {f"plumbline.{name}.v1" for name in names}
                for one in self.bench.told(service, kind)]  # fmt: skip

    # -- whose, where and worth what an enquiry is

    def owner(self, lead: str) -> str | None:
        opportunity = self.opportunities.get(lead)
        return (opportunity and opportunity["salesperson_id"]) or self.leads[lead]["owner_id"]

    def order(self, lead: str) -> Any:
        """The latest order that is not cancelled."""
        going = [one for one in self.bookings if one["lead_id"] == lead and one["state"] != "cancelled"]
        return max(going, key=lambda one: one["created_at"], default=None)

    def value(self, lead: str) -> Decimal | None:
        sold = [one for one in self.sales if one["lead_id"] == lead and one["state"] != "undone"]
        if self.order(lead) is not None:
            return sum((Decimal(one["total"]) for one in sold), Decimal(0))
        opportunity = self.opportunities.get(lead)
        chosen = [one for one in self.estimates if opportunity and one["id"] == opportunity["selected_estimate_id"]]
        if chosen and Decimal(chosen[0]["total"]) > 0:
            return Decimal(chosen[0]["total"])
        return Decimal(opportunity["expected_value"]) if opportunity and opportunity["expected_value"] else None

    def group(self, lead: str, by: str) -> str | None:
        record, opportunity = self.leads[lead], self.opportunities.get(lead) or {}
        if by == "person":
            return self.owner(lead)
        if by in ("source", "campaign", "branch"):
            return opportunity.get(by) or record[by] or None
        return record[by] or None

    def seen(self, who: str) -> set[str]:
        """What a reader of reports sees."""
        ident, role, branch, _ = CAST[who]
        if role in ("admin", "auditor", "csr", "office"):  # these are of the whole company here
            return set(self.leads)
        if role == "marketing":
            return {one for one in self.leads if self.group(one, "branch") in (None, str(branch))}
        whose = {str(CAST[one][0]) for one in TEAM} if role == "manager" else {str(ident)}
        return {one for one in self.leads if whose & self.people(one)}

    def people(self, lead: str) -> set[str]:
        record, opportunity = self.leads[lead], self.opportunities.get(lead) or {}
        names = (record["owner_id"], record["generated_by"])
        more = (opportunity.get("salesperson_id"), opportunity.get("inside_rep_id"))
        return {one for one in (*names, *more) if one}

    def chosen(self, who: str, asked: dict[str, Any]) -> set[str]:
        """Those that a reader sees and that the filters let through."""
        by = {name: str(asked[name]) for name in ("branch", "source", "person", "trade", "campaign") if name in asked}
        return {one for one in self.seen(who) if all(self.group(one, name) == value for name, value in by.items())}


def within(asked: dict[str, Any], moment: datetime | None) -> bool:
    if moment is None:
        return False
    since, until = asked.get("since"), asked.get("until")
    return (since is None or moment >= since) and (until is None or moment < until)


def funnel(all_: Company, ids: set[str], asked: dict[str, Any], by: str) -> Rows:
    rows: Rows = defaultdict(Figures)
    for lead in ids:
        record, opportunity, order = all_.leads[lead], all_.opportunities.get(lead), all_.order(lead)
        if record["state"] == "merged" or not within(asked, instant(record["received_at"])):
            continue
        reached = {
            "leads": True,
            "invalid": record["state"] == "invalid",
            "opportunities": opportunity is not None,
            "priced": bool(opportunity and opportunity["converted_at"]),
            "won": bool(opportunity and opportunity["won_at"]),
            "booked": order is not None,
            "handed_over": order is not None and order["assigned_by"] is not None,
        }
        row = rows[all_.group(lead, by)]
        for name, there in reached.items():
            row.counts[name] += [lead] if there else []
        value = all_.value(lead) if reached["won"] else None
        row.other["value"] = row.other.get("value", Decimal(0)) + (value or 0)
    for row in rows.values():
        row.other["rate"] = share(len(row.counts["won"]), len(row.counts["leads"]))
    return rows


def campaign_return(all_: Company, ids: set[str], asked: dict[str, Any], by: str) -> Rows:
    rows = funnel(all_, ids, asked, by)
    for row in rows.values():
        each = row.other["value"] / len(row.counts["leads"])
        row.other["each"] = each.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return rows


def close_rate(all_: Company, ids: set[str], asked: dict[str, Any], by: str) -> Rows:
    rows: Rows = defaultdict(Figures)
    for lead in ids & set(all_.opportunities):
        one = all_.opportunities[lead]
        at = instant(one["won_at"]) if one["stage_type"] == "won" else instant((one["lost"] or {}).get("at"))
        if one["stage_type"] == "open" or not within(asked, at):
            continue
        row = rows[all_.group(lead, by)]
        row.counts[one["stage_type"]].append(lead)
        value = all_.value(lead) if one["stage_type"] == "won" else None
        row.other["value"] = row.other.get("value", Decimal(0)) + (value or 0)
    for row in rows.values():
        row.other["rate"] = share(len(row.counts["won"]), len(row.counts["won"]) + len(row.counts["lost"]))
    return rows


def response_time(all_: Company, ids: set[str], asked: dict[str, Any], by: str) -> Rows:
    rows: Rows = defaultdict(Figures)
    taken: dict[Any, list[timedelta]] = defaultdict(list)
    for lead in ids:
        one = all_.leads[lead]
        received, due = instant(one["received_at"]), instant(one["first_response_due_at"])
        at = instant(one["first_responded_at"])
        if one["state"] == "merged" or due is None or not within(asked, received):
            continue
        row = rows[all_.group(lead, by)]
        row.counts["leads"].append(lead)
        if at is not None and received is not None:
            row.counts["answered"].append(lead)
            row.counts["in_time" if at <= due else "late"].append(lead)
            taken[all_.group(lead, by)].append(at - received)
    for key, row in rows.items():
        row.other["rate"] = share(len(row.counts["in_time"]), len(row.counts["answered"]))
        row.other["average"] = mean(taken[key], timedelta(minutes=1))
    return rows


def lost_reasons(all_: Company, ids: set[str], asked: dict[str, Any], _by: str) -> Rows:
    rows: Rows = defaultdict(Figures)
    for lead in ids & set(all_.opportunities):
        one = all_.opportunities[lead]
        if one["stage_type"] == "lost" and within(asked, instant(one["lost"]["at"])):
            row = rows[one["lost"]["stage"], one["lost"]["reason"]]
            row.counts["lost"].append(lead)
            row.other["value"] = row.other.get("value", Decimal(0)) + (all_.value(lead) or 0)
    return rows


def time_in_stage(all_: Company, ids: set[str], asked: dict[str, Any], _by: str) -> Rows:
    rows: Rows = defaultdict(Figures)
    ended: dict[str, list[timedelta]] = defaultdict(list)
    for lead, stays in _stays(all_).items():
        for stage, entered, left in stays:
            if lead in ids and within(asked, entered):
                rows[stage].counts["stays"].append(lead)
                rows[stage].counts["there"] += [lead] if left is None else []
                ended[stage] += [left - entered] if left is not None else []
    for stage, row in rows.items():
        row.other["average"] = mean(ended[stage], timedelta(days=1))
        row.other["longest"] = mean([max(ended[stage])], timedelta(days=1)) if ended[stage] else None
    return rows


def _stays(all_: Company) -> dict[str, list[tuple[str, datetime, datetime | None]]]:
    moves = ("opened", "stage_changed", "won", "lost", "reopened")
    told: dict[UUID, list[Any]] = defaultdict(list)
    for one in all_.facts("opportunities", *(f"opportunity.{name}" for name in moves)):
        told[one.subject].append(one)
    found = defaultdict(list)
    for some in told.values():
        some.sort(key=lambda one: int(one.sequence))
        for one, following in zip(some, [*some[1:], None], strict=True):
            if one.data["stage_type"] == "open":
                stay = (one.data["stage"], one.time, following.time if following else None)
                found[str(one.data["lead_id"])].append(stay)
    return found


def estimate_ageing(all_: Company, ids: set[str], _asked: dict[str, Any], _by: str) -> Rows:
    rows: Rows = {label: Figures(other={"value": Decimal(0)}) for label, _ in AGES}
    sent: dict[str, datetime] = {}
    for one in sorted(all_.facts("estimates", "estimate.sent"), key=lambda one: one.time):
        sent[str(one.subject)] = one.time
    for one in all_.estimates:
        if one["state"] in LIVE and one["lead_id"] in ids:
            age = all_.now - sent[one["id"]]
            row = rows[next(label for label, most in AGES if age <= timedelta(days=most))]
            row.counts["offers"].append(one["lead_id"])
            row.other["value"] += Decimal(one["total"])
    return rows


def discounts(all_: Company, ids: set[str], asked: dict[str, Any], _by: str) -> Rows:
    rows: Rows = defaultdict(lambda: Figures(other={"list_price": Decimal(0), "discount": Decimal(0)}))
    sellers = {one["id"]: one["salesperson_id"] for one in all_.estimates}
    for one in all_.facts("estimates", "estimate.accepted"):
        lead, lines = str(one.data["lead_id"]), one.data["lines"]
        if lead not in ids or not within(asked, one.time):
            continue
        row = rows[sellers[str(one.subject)], one.data["currency"]]
        whole = sum((round(Decimal(line["qty"]) * Decimal(line["unit_price"]), 2) for line in lines), Decimal(0))
        off = whole - sum((Decimal(line["amount"]) for line in lines), Decimal(0))
        off += Decimal(one.data["totals"]["discount"])
        row.counts["accepted"].append(lead)
        row.counts["given"] += [lead] if off > 0 else []
        row.other["list_price"] += whole
        row.other["discount"] += off
    for row in rows.values():
        row.other["rate"] = share(row.other["discount"], row.other["list_price"])
    return rows


def hand_over(all_: Company, ids: set[str], asked: dict[str, Any], _by: str) -> Rows:
    rows: Rows = defaultdict(lambda: Figures(other={}))
    until_handed: dict[Any, list[timedelta]] = defaultdict(list)
    until_taken: dict[Any, list[timedelta]] = defaultdict(list)
    said = sorted(
        all_.facts("bookings", *(f"booking.{name}" for name in ("created", "assigned", "accepted", "returned"))),
        key=lambda one: int(one.sequence),
    )
    yes = {str(one.data["acceptance_id"]): one.time for one in all_.facts("estimates", "estimate.accepted")}
    for order in all_.bookings:
        told = [(one.type.split(".")[2], one) for one in said if str(one.subject) == order["id"]]
        handed = [one.time for name, one in told if name == "assigned"]
        if not handed or order["lead_id"] not in ids or not within(asked, handed[0]):
            continue
        row = rows[order["team_id"]]
        row.counts["handed_over"].append(order["lead_id"])
        row.counts["returns"] += [order["lead_id"] for name, _ in told if name == "returned"]
        first = [str(one) for one in next(one for name, one in told if name == "created").data["acceptance_ids"]]
        until_handed[order["team_id"]].append(handed[0] - max(yes[one] for one in first))
        if taken := [one.time for name, one in told if name == "accepted"]:
            row.counts["accepted"].append(order["lead_id"])
            until_taken[order["team_id"]].append(taken[-1] - handed[-1])
    for key, row in rows.items():
        row.other["until_handed_over"] = mean(until_handed[key], timedelta(days=1))
        row.other["until_accepted"] = mean(until_taken[key], timedelta(days=1))
        row.other["rate"] = share(len(set(row.counts["returns"])), len(row.counts["handed_over"]))
    return rows


REPORTS = {
    "funnel": funnel, "close-rate": close_rate, "response-time": response_time, "lost-reasons": lost_reasons,
    "time-in-stage": time_in_stage, "estimate-ageing": estimate_ageing, "discounts": discounts, "hand-over": hand_over,
    "campaign-return": campaign_return,
}  # fmt: skip


def key_of(name: str, row: dict[str, Any]) -> Any:
    """By what a row is found among those that were worked out."""
    if name == "lost-reasons":
        return row["stage"], row["reason"]
    if name == "discounts":
        return row["by"], row["currency"]
    return row["stage" if name == "time-in-stage" else "age" if name == "estimate-ageing" else "by"]


def plain(value: Any) -> Any:
    """A money cell as one number: all of it is in dollars here."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return sum((Decimal(one["amount"]) for one in value), Decimal(0))
    return value
